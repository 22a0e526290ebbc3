"""Jobs as processes: how they start, how they end, what is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import pytest

from constructs_lib.local.engine import Engine
from constructs_lib.local.execution import Execution
from constructs_lib.local.steps import Options
from tests.functional.local.assemblies import (
    PRELUDE,
    condition,
    equals,
    job,
    make_engine,
    run_steps,
    statuses,
    write_assembly,
)

ROOT = Path(__file__).resolve().parents[3]

# Says that it has started and does not end by itself, nor by SIGTERM.
STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(values["place"], values["me"]).touch()
time.sleep(20)
"""


def stubborn(folder: Path, name: str) -> dict:
    return job(name, STUBBORN, values={"place": str(folder), "me": name})


def stop_when_started(engine: Engine, files: list[Path], times: int = 1) -> None:
    def wait_and_stop() -> None:
        while not all(file.exists() for file in files):
            time.sleep(0.01)
        for _ in range(times):
            engine.stop()

    threading.Thread(target=wait_and_stop).start()


def test_jobs_are_stopped_together(tmp_path: Path) -> None:
    """Jobs that ignore SIGTERM are killed after one time of grace, not one after the other."""
    names = ["a", "b", "c"]
    options = Options(parallel=3, grace_seconds=1)
    engine = make_engine(tmp_path, [stubborn(tmp_path, n) for n in names], options=options)
    stop_when_started(engine, [tmp_path / n for n in names])
    started = time.monotonic()
    execution = engine.run()
    assert statuses(execution) == dict.fromkeys(names, "Stopped")
    assert time.monotonic() - started < 2.9


def test_second_stop_kills(tmp_path: Path) -> None:
    """Who stops twice does not want to wait."""
    engine = make_engine(tmp_path, [stubborn(tmp_path, "a")], options=Options(grace_seconds=50))
    stop_when_started(engine, [tmp_path / "a"], times=2)
    started = time.monotonic()
    assert engine.run().status == "Stopped"
    assert time.monotonic() - started < 10


def test_time_limit_kills_who_ignores_sigterm(tmp_path: Path) -> None:
    """After MaxRuntimeInSeconds and the grace, nothing survives."""
    step = stubborn(tmp_path, "a")
    step["Arguments"]["StoppingCondition"] = {"MaxRuntimeInSeconds": 1}
    execution = run_steps(tmp_path, [step], options=Options(grace_seconds=0.3))
    assert execution.status == "Failed"
    assert "longer than MaxRuntimeInSeconds, 1" in (execution.step("a").reason or "")


def test_what_a_job_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    """As in a container, a background process does not outlive the entry point."""
    program = (
        "import subprocess\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "give(child.pid)\n"
    )
    execution = run_steps(tmp_path, [job("s", program)])
    child = execution.step("s").result
    for _ in range(200):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.01)
    pytest.fail("it still runs")


def test_error_of_the_engine_leaves_no_job(tmp_path: Path) -> None:
    """If showing progress fails, jobs are stopped before the error goes on."""

    def fail(execution: Execution) -> None:
        if execution.step("b").status == "Succeeded":
            raise RuntimeError("no terminal")

    steps = [stubborn(tmp_path, "a"), job("b")]
    options = Options(parallel=2, grace_seconds=0.2)
    engine = make_engine(tmp_path, steps, options=options, on_change=fail)
    started = time.monotonic()
    with pytest.raises(RuntimeError, match="no terminal"):
        engine.run()
    assert time.monotonic() - started < 10


def test_step_that_waits_for_a_free_place_is_not_executing(tmp_path: Path) -> None:
    """At no time more steps are executing than allowed."""
    most = 0

    def count(execution: Execution) -> None:
        nonlocal most
        most = max(most, list(statuses(execution).values()).count("Executing"))

    steps = [job(f"s{i}") for i in range(3)]
    engine = make_engine(tmp_path, steps, options=Options(parallel=1), on_change=count)
    assert engine.run().status == "Succeeded"
    assert most == 1


def test_output_is_stored_as_the_service_packs_it(tmp_path: Path) -> None:
    """Output data becomes output.tar.gz, and the model model.tar.gz unless it asks for files."""
    program = "give(1); (base / 'output/data').joinpath('plot.txt').write_text('p')"
    mine = tmp_path / "mine"
    mine.mkdir()
    packed = {"OutputDataConfig": {"S3OutputPath": "s3://artifacts/packed"}}
    steps = [job("plain", program), job("packed", program, **packed)]
    execution = run_steps(tmp_path, steps, buckets={"artifacts": mine})
    plain = mine / "p" / "plain" / (execution.step("plain").job_name or "") / "output"
    assert sorted(path.name for path in plain.iterdir()) == ["model", "output.tar.gz"]
    with tarfile.open(plain / "output.tar.gz") as archive:
        assert "./plot.txt" in archive.getnames()
    archives = mine / "packed" / (execution.step("packed").job_name or "") / "output"
    assert sorted(path.name for path in archives.iterdir()) == ["model.tar.gz", "output.tar.gz"]
    described = (execution.step("packed").properties or {})["ModelArtifacts"]
    assert described["S3ModelArtifacts"].endswith("/output/model.tar.gz")


def test_metrics_are_read_from_the_log(tmp_path: Path) -> None:
    """The last match of a metric's expression is its final value, for other steps to read."""
    algorithm = job("m", "print('auc=0.5'); print('auc=0.75')")["Arguments"][
        "AlgorithmSpecification"
    ]
    metrics = [{"Name": "auc", "Regex": "auc=(\\S+)"}, {"Name": "none", "Regex": "x=(\\d)"}]
    measure = job("m", AlgorithmSpecification={**algorithm, "MetricDefinitions": metrics})
    auc = {"Get": "Steps.m.FinalMetricDataList['auc'].Value"}
    steps = [measure, condition("gate", [equals(auc, 0.75)], [job("kept")])]
    execution = run_steps(tmp_path, steps)
    assert execution.step("kept").status == "Succeeded", execution.reason
    (found,) = (execution.step("m").properties or {})["FinalMetricDataList"]
    assert (found["MetricName"], found["Value"]) == ("auc", 0.75)


def test_platform_variables_cannot_be_replaced(tmp_path: Path) -> None:
    """A definition's Environment does not move the job out of its folder."""
    program = "give([os.environ['CONSTRUCTS_LIB_INSTALL'], os.environ['OWN'], str(base)])"
    own = {"SAGEMAKER_BASE_DIR": "/tmp", "CONSTRUCTS_LIB_INSTALL": "always", "OWN": "1"}
    execution = run_steps(tmp_path, [job("s", program, Environment=own)])
    base = tmp_path / "run" / "jobs" / "s" / "opt" / "ml"
    assert execution.step("s").result == ["never", "1", str(base)]


def test_program_that_does_not_exist_fails_its_step(tmp_path: Path) -> None:
    """The step fails with the program's name; others go on."""
    missing = job("s", AlgorithmSpecification={"ContainerEntrypoint": ["no-such-program"]})
    execution = run_steps(tmp_path, [missing, job("other")])
    assert statuses(execution) == {"s": "Failed", "other": "Succeeded"}
    assert "no-such-program" in (execution.step("s").reason or "")


def test_killed_job_names_the_signal(tmp_path: Path) -> None:
    """A job that is out of memory ends by SIGKILL."""
    execution = run_steps(tmp_path, [job("s", "os.kill(os.getpid(), 9)")])
    assert (execution.step("s").reason or "").startswith("ended by SIGKILL")


def test_default_job_name(tmp_path: Path) -> None:
    """Without TrainingJobName the service's own pattern is used; it allows no underscore."""
    step = job("split_the_data_into_two_parts")
    del step["Arguments"]["TrainingJobName"]
    execution = run_steps(tmp_path, [step])
    name = execution.steps[0].job_name or ""
    assert name.startswith(f"pipelines-{execution.execution_id}-split-the-data-into-")
    assert len(name) <= 63


def test_entry_point_runs_as_it_is(tmp_path: Path) -> None:
    """Arguments follow the entry point; another program than Python is not replaced."""
    specification = {
        "ContainerEntrypoint": ["sh", "-c", 'echo "$1" > "$SAGEMAKER_BASE_DIR/model/said"', "sh"],
        "ContainerArguments": ["two words"],
    }
    execution = run_steps(tmp_path, [job("s", AlgorithmSpecification=specification)])
    assert execution.status == "Succeeded"
    (said,) = (tmp_path / "run" / "buckets").rglob("said")
    assert said.read_text() == "two words\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_to_the_command_stops_the_jobs(tmp_path: Path, number: int) -> None:
    """Ctrl-C and SIGTERM end the jobs cleanly; the record says Stopped."""
    program = (
        "import signal\n"
        "def end(*_):\n    (base / 'cleaned').touch()\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "(base / 'started').touch()\ntime.sleep(60)\n"
    )
    write_assembly(tmp_path / "cdk.out", [job("s", program), job("t", depends_on=["s"])])
    process = subprocess.Popen(
        [sys.executable, "-m", "constructs_lib.cli.main", "run", "--output", "out"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    base = tmp_path / "out" / "jobs" / "s" / "opt" / "ml"
    while not (base / "started").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "p was stopped" in errors
    assert "Traceback" not in errors
    assert (base / "cleaned").exists()
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["status"] == "Stopped"
    assert [step["status"] for step in record["steps"]] == ["Stopped", "NotRun"]


def test_other_interpreter_runs_the_steps(tmp_path: Path) -> None:
    """``python3`` of an entry point is the chosen interpreter; arguments stay in order."""
    wrapper = tmp_path / "my-python"
    wrapper.write_text(f'#!/bin/sh\nMINE=yes exec "{sys.executable}" "$@"\n')
    wrapper.chmod(0o755)
    specification = {
        "ContainerEntrypoint": ["python3", "-c", PRELUDE + "give([os.environ['MINE'], *sys.argv])"],
        "ContainerArguments": ["x"],
    }
    step = job("s", AlgorithmSpecification=specification)
    execution = run_steps(tmp_path, [step], options=Options(python=str(wrapper)))
    assert execution.step("s").result == ["yes", "-c", "x"]


@pytest.mark.parametrize("program", ["python", "/opt/conda/bin/python", "/usr/bin/python3.9"])
def test_python_of_the_image_is_that_of_this_machine(tmp_path: Path, program: str) -> None:
    """Whatever the image calls it, and wherever it has it."""
    step = job("a", "give(sys.executable)")
    step["Arguments"]["AlgorithmSpecification"]["ContainerEntrypoint"][0] = program
    engine = make_engine(tmp_path, [step])
    execution = engine.run()
    assert statuses(execution) == {"a": "Succeeded"}


def test_other_programs_of_the_image_are_not(tmp_path: Path) -> None:
    """They are looked for by their own name."""
    step = job("a")
    step["Arguments"]["AlgorithmSpecification"]["ContainerEntrypoint"][0] = "/opt/pythonic"
    execution = make_engine(tmp_path, [step]).run()
    assert statuses(execution) == {"a": "Failed"}


def channel(name: str, uri: str, mode: str = "File", **source: str) -> dict:
    """Return a channel with more members than ``job`` gives one."""
    data = {"S3DataSource": {"S3Uri": uri, **source}}
    return {"ChannelName": name, "InputMode": mode, "DataSource": data}


def run_with(tmp_path: Path, one: dict, files: dict[str, str]) -> Execution:
    """Run a job with one channel, whose result is what is in it, and the description of it."""
    for name, text in files.items():
        path = tmp_path / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    program = (
        "folder = base / 'input/data/x'\n"
        "about = json.loads((base / 'input/config/inputdataconfig.json').read_text())\n"
        "give([sorted(p.relative_to(folder).as_posix() for p in folder.rglob('*') if p.is_file()), about])\n"
    )
    step = job("a", program, InputDataConfig=[one])
    return run_steps(tmp_path, [step], buckets={"raw": tmp_path / "raw"})


def found_by(execution: Execution) -> list:
    (path,) = Path(execution.folder).rglob("opt/ml/model/results.json")
    return json.loads(path.read_text())["Result"]


MANIFEST = '[{"prefix": "s3://raw/images/"}, "a.png", "more/b.png"]'


def test_manifest_brings_what_it_names(tmp_path: Path) -> None:
    """Neither its neighbours nor what begins with the same letters."""
    one = channel("x", "s3://raw/new.json", S3DataType="ManifestFile")
    files = dict.fromkeys(["images/a.png", "images/a.png2", "images/more/b.png", "c"], "data")
    execution = run_with(tmp_path, one, {**files, "new.json": MANIFEST})
    assert statuses(execution) == {"a": "Succeeded"}
    assert found_by(execution)[0] == ["a.png", "more/b.png"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (MANIFEST, "there is no s3://raw/images/a.png"),
        ("{}", "is no manifest"),
        ('["a"]', "is no manifest"),
        ('[{"prefix": "s3://raw/"}, "../../x"]', "names a file outside of it"),
    ],
)
def test_manifest_that_cannot_be_followed(tmp_path: Path, text: str, reason: str) -> None:
    """The step fails, and says why."""
    one = channel("x", "s3://raw/new.json", S3DataType="ManifestFile")
    execution = run_with(tmp_path, one, {"new.json": text})
    assert reason in str(execution.steps[0].reason)


def test_one_instance_gets_all_of_what_is_sharded(tmp_path: Path) -> None:
    """And the job is told of the sharding, as on the service."""
    one = channel("x", "s3://raw/in/", S3DataDistributionType="ShardedByS3Key")
    execution = run_with(tmp_path, {**one, "ContentType": "text/csv"}, {"in/a": "", "in/b": ""})
    names, about = found_by(execution)
    assert names == ["a", "b"]
    assert about["x"] == {
        "ContentType": "text/csv",
        "TrainingInputMode": "File",
        "S3DistributionType": "ShardedByS3Key",
        "RecordWrapperType": "None",
    }


def test_pipes_are_refused(tmp_path: Path) -> None:
    """There is nothing here that would write into them."""
    execution = run_with(tmp_path, channel("x", "s3://raw/in/", "Pipe"), {"in/a": ""})
    assert "is streamed through a pipe" in str(execution.steps[0].reason)
