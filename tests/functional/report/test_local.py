"""Reports of what the local engine has run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constructs_lib.cli.main import main
from constructs_lib.report.local_run import read_local
from constructs_lib.report.page import page
from tests.functional.local.assemblies import condition, equals, job, result_of, run_steps

# Leaves a table and a picture beside its result.
LEAVES = """
print("<i>fitted</i>")
(base / "model" / "points.csv").write_text("x,y\\n1,2\\n3,4\\n")
(base / "model" / "plot.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
give({"auc": 0.75, "predictions": {str(i): i for i in range(99)}})
"""
# Dies as if the machine were out of memory, once.
DIES_ONCE = """
import signal
print("begin")
if not pathlib.Path(values["trace"]).exists():
    pathlib.Path(values["trace"]).touch()
    os.kill(os.getpid(), signal.SIGKILL)
give(1)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a run with a result, a retry, a decision and a failure."""
    model = {
        "Std:Join": {
            "On": "/",
            "Values": [
                {"Get": "Steps.fit.OutputDataConfig.S3OutputPath"},
                {"Get": "Steps.fit.TrainingJobName"},
                "output/model/",
            ],
        }
    }
    retries = [
        {
            "ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"],
            "IntervalSeconds": 0.01,
            "BackoffRate": 1.0,
        }
    ]
    execution = run_steps(
        tmp_path,
        [
            job("fit", LEAVES, values={"depth": "6"}),
            job("use", "raise ValueError('<b>no rows</b>')", channels={"model": model}),
            {
                **job("tries", DIES_ONCE, values={"trace": str(tmp_path / "t")}),
                "RetryPolicies": retries,
            },
            condition(
                "gate", [equals(result_of("fit", "Result.auc"), 0.75)], [job("yes")], [job("no")]
            ),
        ],
    )
    assert execution.status == "Failed"
    return execution.folder


def test_tells_what_every_step_did(folder: Path) -> None:
    """Statuses, arguments, metrics, outputs with previews, and what each waited for."""
    run = read_local(folder)
    steps = {step.name: step for step in run.steps}
    assert {name: step.state for name, step in steps.items()} == {
        "fit": "Succeeded",
        "use": "Failed",
        "tries": "Succeeded",
        "gate": "Succeeded",
        "yes": "Succeeded",
        "no": "NotRun",
    }
    fit = steps["fit"]
    assert fit.arguments == {"depth": "6"}
    assert fit.metrics == {"auc": 0.75}
    assert fit.log.head == "<i>fitted</i>\n"
    (output,) = fit.outputs
    previews = {item.name: item.preview for item in output.items}
    assert previews["points.csv"] is not None
    assert previews["points.csv"].note == "2 rows, 2 columns"
    assert previews["plot.svg"] is not None
    assert str(previews["plot.svg"].image).startswith("data:image/svg+xml;base64,")
    assert [(data.name, data.source) for data in steps["use"].inputs] == [("model", "fit")]
    assert steps["yes"].depends_on == ("gate",)


def test_attempts_have_their_times(folder: Path) -> None:
    """An attempt that failed is a phase of its step, before the last one."""
    step = next(step for step in read_local(folder).steps if step.name == "tries")
    assert step.retries == 1
    failed, last = step.phases
    assert (failed.failed, last.failed) == (True, False)
    assert step.start is not None
    assert failed.end is not None
    assert step.start <= failed.start < failed.end <= last.start
    assert last.end == step.end


def test_an_older_record_is_read(folder: Path) -> None:
    """A run without definition and times of attempts has a report without graph and path."""
    (folder / "definition.json").unlink()
    content = json.loads((folder / "run.json").read_text())
    for step in content["steps"]:
        del step["failed_attempts"], step["attempt_start_time"]
    (folder / "run.json").write_text(json.dumps(content))
    text = page(read_local(folder), {})
    assert "has not kept its definition" in text
    assert "Critical path" not in text


def test_command_writes_the_page(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Into the folder of the run, or where it is told to; its place is printed."""
    assert main(["report", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder / 'report.html'}\n"
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;no rows&lt;/b&gt;" in text
    assert "<b>no rows</b>" not in text
    assert main(["report", str(folder), "--output", str(tmp_path / "a" / "b.html")]) == 0
    assert (tmp_path / "a" / "b.html").is_file()


def test_command_says_what_is_wrong(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No such run, price table or place to write to: exit code 2 and a sentence."""
    for arguments, message in [
        (["nothere", "--runs", str(tmp_path / "runs")], "there is no run 'nothere'"),
        ([str(folder), "--prices", str(tmp_path / "p")], "--prices"),
        ([str(folder), "--against", "nothere"], "there is no run 'nothere'"),
        ([str(folder), "--output", str(folder)], "cannot be written"),
        ([":x"], "neither PIPELINE:EXECUTION nor"),
    ]:
        assert main(["report", *arguments]) == 2
        assert message in capsys.readouterr().err
