"""Checkpoints outlive the job that wrote them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from constructs_lib import CheckpointLocation, Pipeline, step
from constructs_lib.local.assembly import Assembly
from constructs_lib.local.execution import Execution
from constructs_lib.local.folders import FolderStore
from constructs_lib.local.machine import engine_for
from constructs_lib.local.steps import Options
from tests.functional.local.assemblies import job, run_steps

COUNT = (
    "file = base / 'checkpoints' / 'deep' / 'n'\n"
    "n = int(file.read_text()) + 1 if file.exists() else 1\n"
    "file.parent.mkdir(exist_ok=True)\n"
    "file.write_text(str(n))\n"
)


@pytest.fixture
def points(tmp_path: Path) -> Path:
    """A folder for the bucket ``points``."""
    folder = tmp_path / "points"
    folder.mkdir()
    return folder


def run(folder: Path, program: str, points: Path, **arguments: Any) -> Execution:
    """Run a job that keeps checkpoints in ``s3://points/run``."""
    config = arguments.pop("CheckpointConfig", {"S3Uri": "s3://points/run"})
    step = job("count", program, CheckpointConfig=config, **arguments)
    return run_steps(folder, [step], buckets={"points": points})


def test_next_job_goes_on_with_what_the_last_one_left(tmp_path: Path, points: Path) -> None:
    """The folder is filled before the job, and stored after it."""
    for expected in (1, 2):
        execution = run(tmp_path, COUNT + "give(n)", points)
        assert execution.step("count").result == expected
    assert (points / "run" / "deep" / "n").read_text() == "2"


def test_other_keys_that_begin_alike_are_not_fetched(tmp_path: Path, points: Path) -> None:
    """The place is a folder."""
    (points / "runner").mkdir()
    (points / "runner" / "x").touch()
    program = "give(sorted(p.name for p in (base / 'checkpoints').iterdir()))"
    assert run(tmp_path, program, points).step("count").result == []


@pytest.mark.parametrize(
    ("end", "reason"),
    [("raise SystemExit(3)", "exit code 3"), ("time.sleep(60)", "MaxRuntimeInSeconds")],
)
def test_failed_job_leaves_its_checkpoints(
    tmp_path: Path, points: Path, end: str, reason: str
) -> None:
    """That is what they are for; the failure's reason is told."""
    limit = {"MaxRuntimeInSeconds": 2}
    execution = run(tmp_path, COUNT + end, points, StoppingCondition=limit)
    assert reason in execution.step("count").reason
    assert (points / "run" / "deep" / "n").read_text() == "1"


def test_folder_may_be_another_one_of_the_job(tmp_path: Path, points: Path) -> None:
    """Below ``/opt/ml``, as ``LocalPath`` says."""
    config = {"S3Uri": "s3://points/run/", "LocalPath": "/opt/ml/output/points"}
    program = "(base / 'output/points/a').touch();give(1)"
    run(tmp_path, program, points, CheckpointConfig=config)
    assert (points / "run" / "a").exists()


@pytest.mark.parametrize("path", ["/tmp/points", "/opt/ml/../points", "/opt/ml"])
def test_folder_outside_of_the_job_is_a_clear_failure(
    tmp_path: Path, points: Path, path: str
) -> None:
    """No folder of this machine is written to."""
    config = {"S3Uri": "s3://points/run/", "LocalPath": path}
    record = run(tmp_path, "give(1)", points, CheckpointConfig=config).step("count")
    assert record.status == "Failed"
    assert f"{path!r}; only one below /opt/ml" in record.reason


@step
def count(folder, fail):
    import os

    file = folder / "n"
    n = int(file.read_text()) + 1 if file.exists() else 1
    with open(os.path.join(folder, "n"), "w") as out:  # noqa: PTH118, PTH123 - it is a PathLike
        out.write(str(n))
    if fail:
        raise ValueError("interrupted")
    return n


def test_function_gets_the_folder_of_its_job(tmp_path: Path, points: Path) -> None:
    """Synthesized and run: the path it is called with is where the checkpoints are."""
    app = cdk.App(outdir=str(tmp_path / "cdk.out"))
    stack = cdk.Stack(app, "Training")
    place = CheckpointLocation("s3://points/run")
    Pipeline(stack, "Fails", steps=[count(place, fail=True)])
    Pipeline(stack, "Works", steps=[count(place, fail=False)])
    app.synth()
    assembly = Assembly(tmp_path / "cdk.out")
    results = {}
    for name in ("Fails", "Works"):
        engine = engine_for(
            assembly.find(name),
            {},
            lambda _, name=name: tmp_path / name,
            lambda root: FolderStore(root, assembly, {"points": points}),
            Options(),
            lambda _: None,
        )
        results[name] = engine.run().step("count")
    assert results["Fails"].reason.startswith("ValueError: interrupted")
    assert results["Works"].result == 2
