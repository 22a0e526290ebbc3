"""Cleanup steps on this machine: what is deleted, what stays, what is recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from constructs_lib.local.execution import FAILED, SUCCEEDED
from constructs_lib.local.steps import Options
from tests.functional.local.assemblies import job, run_steps
from tests.functional.local.test_service_steps import processing

SUM = "s3://artifacts/sums/n.json"


def cleanup(*sources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a Cleanup step that waits for its sources."""
    return {
        "Name": "clean",
        "Type": "Cleanup",
        "DependsOn": [source["StepName"] for source in sources],
        **more,
        "Arguments": {"Resources": {"S3": list(sources)}},
    }


def source(name: str, *uris: Any) -> dict[str, Any]:
    """Return a source; all of it unless URIs are named."""
    return {"StepName": name, **({"S3Uris": list(uris)} if uris else {})}


@pytest.fixture
def buckets(tmp_path: Path) -> dict[str, Path]:
    folders = {"raw": tmp_path / "raw", "artifacts": tmp_path / "artifacts"}
    for folder in folders.values():
        folder.mkdir()
    (folders["raw"] / "n.json").write_text('{"n": 41}')
    return folders


def files(bucket: Path) -> list[str]:
    """Return the keys of a bucket."""
    return sorted(p.relative_to(bucket).as_posix() for p in bucket.rglob("*") if p.is_file())


def test_own_output_of_a_job_is_deleted(tmp_path: Path, buckets: dict[str, Path]) -> None:
    """What the step's other jobs have stored, of earlier executions, stays."""
    other = buckets["artifacts"] / "p" / "load" / "p-load-earlier" / "output" / "model"
    other.mkdir(parents=True)
    (other / "results.json").write_text("{}")
    steps = [job("load"), job("keep"), cleanup(source("load"))]
    execution = run_steps(tmp_path, steps, buckets=buckets)
    assert execution.status == SUCCEEDED, execution.reason
    kept = f"p/keep/{execution.step('keep').job_name}/output/model/results.json"
    assert files(buckets["artifacts"]) == sorted(
        [kept, "p/load/p-load-earlier/output/model/results.json"]
    )
    assert execution.step("clean").properties == {"CleanedSteps": ["load"]}


def test_named_objects_are_deleted(tmp_path: Path, buckets: dict[str, Path]) -> None:
    """One by one; the key of another object may begin with a key that is deleted."""
    folder = buckets["artifacts"] / "sums"
    folder.mkdir()
    (folder / "n.json.old").write_text("stays")
    out = {"Get": "Steps.sum.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"}
    uri = {"Std:Join": {"On": "", "Values": [out, "n.json"]}}
    execution = run_steps(
        tmp_path, [processing("sum"), cleanup(source("sum", uri))], buckets=buckets
    )
    assert execution.status == SUCCEEDED, execution.reason
    assert files(buckets["artifacts"]) == ["sums/n.json.old"]


def test_object_that_is_not_there_is_clean(tmp_path: Path, buckets: dict[str, Path]) -> None:
    """As in S3."""
    steps = [processing("sum"), cleanup(source("sum", "s3://artifacts/sums/none"))]
    execution = run_steps(tmp_path, steps, buckets=buckets)
    assert execution.step("clean").properties == {"CleanedSteps": ["sum"]}


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("s3://artifacts/sums/", "is not the URI of one object"),
        ("s3://artifacts/other/n.json", "is not below an output of step sum"),
        ("s3://artifacts/sums/../../raw/n.json", "has '..'"),
    ],
)
def test_what_is_no_output_is_not_deleted(
    tmp_path: Path, buckets: dict[str, Path], uri: str, message: str
) -> None:
    """The step fails and says so; what the other sources have stored is deleted."""
    steps = [processing("sum"), job("load"), cleanup(source("sum", uri), source("load"))]
    execution = run_steps(tmp_path, steps, buckets=buckets)
    record = execution.step("clean")
    assert record.status == FAILED
    assert message in str(record.reason)
    properties = record.properties or {}
    assert properties["CleanedSteps"] == ["load"]
    (failure,) = properties["FailedSteps"]
    assert (failure["StepName"], failure["ErrorCode"]) == ("sum", "ClientError")
    assert message in failure["ErrorMessage"]
    assert files(buckets["artifacts"]) == ["sums/n.json"]
    assert files(buckets["raw"]) == ["n.json"]


def test_step_that_stored_nothing_is_skipped(tmp_path: Path, buckets: dict[str, Path]) -> None:
    """A stub has made nothing."""
    options = Options(stubs={"load": {}})
    steps = [job("load"), cleanup(source("load"))]
    execution = run_steps(tmp_path, steps, buckets=buckets, options=options)
    assert execution.step("clean").properties == {"SkippedSteps": ["load"]}
    assert execution.step("clean").status == SUCCEEDED


def test_failed_step_can_be_cleaned_up(tmp_path: Path, buckets: dict[str, Path]) -> None:
    """If the cleanup waits for any outcome."""
    waits = {"DependsOn": [{"Step": "load", "Trigger": "Any"}]}
    steps = [job("load", "1 / 0"), cleanup(source("load"), **waits)]
    execution = run_steps(tmp_path, steps, buckets=buckets)
    assert execution.step("clean").properties == {"CleanedSteps": ["load"]}


def test_cleanup_can_be_left_out(tmp_path: Path, buckets: dict[str, Path]) -> None:
    """With --stub, to look at what would have been deleted."""
    options = Options(stubs={"clean": {}})
    steps = [job("load"), cleanup(source("load"))]
    execution = run_steps(tmp_path, steps, buckets=buckets, options=options)
    assert execution.status == SUCCEEDED
    assert len(files(buckets["artifacts"])) == 1
