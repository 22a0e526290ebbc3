"""The order, the branches and the failures of an execution, with real processes."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from constructs_lib.local.engine import Options
from tests.functional.local.assemblies import (
    condition,
    equals,
    job,
    make_engine,
    result_of,
    run_steps,
    statuses,
)

# Waits until another job has written a file of that name.
MEET = """
place = pathlib.Path(values["place"])
(place / values["me"]).touch()
while not (place / values["other"]).exists():
    time.sleep(0.01)
"""


def test_steps_run_after_what_they_depend_on(tmp_path: Path) -> None:
    """A step sees the results of those before it; the record has times and results."""
    steps = [
        job(
            "second",
            "give(int(values['x']) + 1)",
            depends_on=["first"],
            values={"x": {"Std:Join": {"On": "", "Values": [result_of("first")]}}},
        ),
        job("first", "give(41)"),
    ]
    execution = run_steps(tmp_path, steps)
    assert execution.status == "Succeeded"
    second = execution.step("second")
    assert second.result == 42
    assert execution.step("first").end_time <= second.start_time
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["status"] == "Succeeded"
    assert [step["status"] for step in record["steps"]] == ["Succeeded", "Succeeded"]


def test_independent_steps_run_at_the_same_time(tmp_path: Path) -> None:
    """Two jobs that wait for each other both end."""
    names = {"a": "b", "b": "a"}
    steps = [
        job(me, MEET, values={"place": str(tmp_path), "me": f"{me}.here", "other": f"{other}.here"})
        for me, other in names.items()
    ]
    assert run_steps(tmp_path, steps).status == "Succeeded"


@pytest.mark.parametrize("limit", ["option", "pipeline"])
def test_parallelism_is_limited(tmp_path: Path, limit: str) -> None:
    """No more jobs than allowed run at once, by option or by the pipeline's own limit."""
    program = (
        "lock = pathlib.Path(values['place']) / 'running'\n"
        "lock.touch(exist_ok=False)\ntime.sleep(0.1)\nlock.unlink()\n"
    )
    steps = [job(f"s{i}", program, values={"place": str(tmp_path)}) for i in range(3)]
    if limit == "option":
        execution = run_steps(tmp_path, steps, options=Options(parallel=1))
    else:
        parallelism = {"MaxParallelExecutionSteps": 1}
        execution = run_steps(tmp_path, steps, ParallelismConfiguration=parallelism)
    assert execution.status == "Succeeded", execution.reason


def test_dependents_of_a_failed_step_never_run_and_others_finish(tmp_path: Path) -> None:
    """A failure stops what needs it, and nothing else."""
    steps = [
        job("bad", "sys.exit(3)"),
        job("after", depends_on=["bad"]),
        job("after-that", depends_on=["after"]),
        job("slow", "time.sleep(0.3); give(1)"),
        job("free", depends_on=["slow"]),
    ]
    execution = run_steps(tmp_path, steps)
    assert execution.status == "Failed"
    assert statuses(execution) == {
        "bad": "Failed",
        "after": "NotRun",
        "after-that": "NotRun",
        "slow": "Succeeded",
        "free": "Succeeded",
    }
    assert execution.step("after").reason == "bad did not succeed"
    assert "exit code 3" in execution.step("bad").reason


def test_failure_reason_is_the_failure_file_or_the_end_of_the_log(tmp_path: Path) -> None:
    """What the job wrote for SageMaker is shown; else what it printed last."""
    told = "(base / 'output').mkdir(exist_ok=True); (base / 'output/failure').write_text('ValueError: no'); sys.exit(1)"
    steps = [job("told", told), job("silent", "print('last words'); raise SystemExit(9)")]
    execution = run_steps(tmp_path, steps)
    assert execution.step("told").reason == "ValueError: no"
    assert execution.step("silent").reason == "exit code 9\nlast words"


@pytest.mark.parametrize(("auc", "taken"), [(0.95, "keep"), (0.5, "stop")])
def test_condition_takes_one_branch(tmp_path: Path, auc: float, taken: str) -> None:
    """The other branch, and what depends on it, does not run."""
    gate = condition(
        "gate",
        [
            {
                "Type": "GreaterThan",
                "LeftValue": result_of("m", "Result['auc'][0]"),
                "RightValue": 0.9,
            }
        ],
        [job("keep"), job("kept", depends_on=["keep"])],
        [job("stop")],
        DependsOn=["m"],
    )
    execution = run_steps(tmp_path, [job("m", f"give({{'auc': [{auc}]}})"), gate])
    ran = {name for name, status in statuses(execution).items() if status == "Succeeded"}
    assert ran == {"m", "gate"} | ({"keep", "kept"} if taken == "keep" else {"stop"})
    assert execution.status == "Succeeded"
    assert execution.step("gate").outcome is (taken == "keep")


def test_nested_condition(tmp_path: Path) -> None:
    """A condition inside a branch decides only when its branch is taken."""
    inner = condition("inner", [equals(1, 1)], [job("yes")], [job("no")])
    other = condition("other", [equals(1, 1)], [job("never")])
    execution = run_steps(tmp_path, [condition("outer", [equals(1, 1)], [inner], [other])])
    assert statuses(execution) == {
        "outer": "Succeeded",
        "inner": "Succeeded",
        "yes": "Succeeded",
        "no": "NotRun",
        "other": "NotRun",
        "never": "NotRun",
    }


def test_condition_on_a_missing_value_fails(tmp_path: Path) -> None:
    """A path that the result does not have names what it has."""
    gate = condition(
        "gate", [equals(result_of("m", "Result['auc']"), 1)], [job("x")], DependsOn=["m"]
    )
    execution = run_steps(tmp_path, [job("m", "give({'f1': 2})"), gate])
    assert execution.status == "Failed"
    assert "no 'auc' in ['f1']" in execution.step("gate").reason
    assert execution.step("x").status == "NotRun"


def test_condition_on_a_result_without_json_form_fails(tmp_path: Path) -> None:
    """A result that JSON cannot hold cannot be compared; the reason says so."""
    gate = condition("gate", [equals(result_of("m"), 1)], DependsOn=["m"])
    execution = run_steps(tmp_path, [job("m", "pass"), gate])
    assert "has no JSON form" in execution.step("gate").reason


def test_mixed_types_are_not_compared(tmp_path: Path) -> None:
    """A number and a text are neither equal nor unequal: the step fails with both."""
    gate = condition("gate", [equals(result_of("m"), "1")], DependsOn=["m"])
    execution = run_steps(tmp_path, [job("m", "give(1)"), gate])
    assert "compares 1 (number) with '1' (text)" in execution.step("gate").reason


def test_fail_step_ends_the_execution_with_its_message(tmp_path: Path) -> None:
    """Steps under way finish, no other starts, and the message is the reason."""
    message = {"Std:Join": {"On": "", "Values": ["depth is ", {"Get": "Parameters.Depth"}]}}
    steps = [
        job("slow", "time.sleep(0.4); give(1)"),
        job("later", depends_on=["slow"]),
        job("quick"),
        {
            "Name": "stop",
            "Type": "Fail",
            "Arguments": {"ErrorMessage": message},
            "DependsOn": ["quick"],
        },
    ]
    depth = {"Name": "Depth", "Type": "Integer", "DefaultValue": 3}
    execution = run_steps(tmp_path, steps, parameters=[depth])
    assert execution.status == "Failed"
    assert execution.reason == "stop: depth is 3"
    assert statuses(execution) == {
        "slow": "Succeeded",
        "later": "NotRun",
        "quick": "Succeeded",
        "stop": "Failed",
    }


def test_job_sees_what_a_container_sees(tmp_path: Path) -> None:
    """Configuration files, folders and variables are laid out; nothing else is inherited."""
    program = (
        "config = base / 'input/config'\n"
        "give({'resources': json.loads((config / 'resourceconfig.json').read_text()),\n"
        "      'inputs': list(json.loads((config / 'inputdataconfig.json').read_text())),\n"
        "      'name': os.environ['TRAINING_JOB_NAME'], 'own': os.environ['OWN'],\n"
        "      'leaked': 'PYTHONPATH' in os.environ,\n"
        "      'file': (base / 'input/data/raw/t.csv').read_text()})\n"
    )
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "t.csv").write_text("1,2")
    steps = [
        job(
            "s",
            program,
            channels={"raw": "s3://raw/t.csv"},
            Environment={"OWN": "x"},
            ResourceConfig={"InstanceType": "ml.m5.large"},
        )
    ]
    execution = run_steps(tmp_path, steps, buckets={"raw": raw})
    result = execution.step("s").result
    assert result["resources"]["current_instance_type"] == "ml.m5.large"
    assert result["resources"]["hosts"] == ["algo-1"]
    assert result["inputs"] == ["raw"]
    assert result["name"].startswith(f"p-s-{execution.execution_id}-")
    assert (result["own"], result["leaked"], result["file"]) == ("x", False, "1,2")


def test_missing_input_names_bucket_and_option(tmp_path: Path) -> None:
    """An object that is not there is told with the folder to put it in."""
    execution = run_steps(tmp_path, [job("s", channels={"raw": "s3://raw/t.csv"})])
    reason = execution.step("s").reason
    assert "channel 'raw'" in reason
    assert "--bucket raw=FOLDER" in reason


def test_job_that_runs_too_long_is_ended(tmp_path: Path) -> None:
    """MaxRuntimeInSeconds ends a job and the step fails."""
    limit = {"MaxRuntimeInSeconds": 1}
    started = time.monotonic()
    execution = run_steps(tmp_path, [job("s", "time.sleep(60)", StoppingCondition=limit)])
    assert "longer than MaxRuntimeInSeconds, 1" in execution.step("s").reason
    assert time.monotonic() - started < 20


def test_stopping_ends_jobs_and_starts_no_other(tmp_path: Path) -> None:
    """A stop reaches the job as SIGTERM; the record says Stopped."""
    program = (
        "import signal\n"
        "signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path(values['place'], 'cleaned').touch(), sys.exit(1)))\n"
        "pathlib.Path(values['place'], 'started').touch()\ntime.sleep(60)\n"
    )
    steps = [job("s", program, values={"place": str(tmp_path)}), job("t", depends_on=["s"])]
    engine = make_engine(tmp_path, steps)

    def stop_when_started() -> None:
        while not (tmp_path / "started").exists():
            time.sleep(0.01)
        engine.stop()

    threading.Thread(target=stop_when_started).start()
    execution = engine.run()
    assert execution.status == "Stopped"
    assert statuses(execution) == {"s": "Stopped", "t": "NotRun"}
    assert (tmp_path / "cleaned").exists()


def test_large_logs_are_kept_whole(tmp_path: Path) -> None:
    """A megabyte of output is in the step's log."""
    execution = run_steps(tmp_path, [job("s", "sys.stderr.write('x' * 10**6); give(1)")])
    assert execution.status == "Succeeded"
    assert Path(execution.step("s").log).stat().st_size == 10**6


def test_outputs_lie_under_the_keys_they_have_on_s3(tmp_path: Path) -> None:
    """The folder that plays a bucket holds the uploaded model under its key."""
    mine = tmp_path / "mine"
    mine.mkdir()
    execution = run_steps(tmp_path, [job("s", "give(5)")], buckets={"artifacts": mine})
    name = execution.step("s").job_name
    path = mine / "p" / "s" / name / "output" / "model" / "results.json"
    assert json.loads(path.read_text()) == {"Result": 5}
    assert execution.step("s").output == f"s3://artifacts/p/s/{name}/output/model"


def test_unused_variable_of_nothing_is_a_clear_failure(tmp_path: Path) -> None:
    """A definition that reads what does not exist fails that step with the path."""
    execution = run_steps(tmp_path, [job("s", values={"x": {"Get": "Parameters.Missing"}})])
    assert "Parameters.Missing, which does not exist" in execution.step("s").reason
