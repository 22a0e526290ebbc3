"""Steps of this machine that are not run again, because an equal earlier run is still there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.cli.main import main
from constructs_lib.local.execution import Execution
from constructs_lib.local.steps import Options
from tests.functional.local.assemblies import job, run_steps, write_assembly
from tests.functional.local.test_service_steps import processing

CACHED = {"CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}}
READ = "give(json.loads((base / 'input/data/in/results.json').read_text())['Result'] + 1)"


def cached(name: str, program: str = "give(1)", **more: Any) -> dict[str, Any]:
    return {**job(name, program, **more), **CACHED}


def result_file(step: str) -> dict[str, Any]:
    values = [
        {"Get": f"Steps.{step}.OutputDataConfig.S3OutputPath"},
        {"Get": f"Steps.{step}.TrainingJobName"},
        "output/model/results.json",
    ]
    return {"Std:Join": {"On": "/", "Values": values}}


def hits(execution: Execution) -> dict[str, bool]:
    """Return step name to whether it was a cache hit."""
    assert execution.status == "Succeeded", execution.reason
    return {record.name: record.cached_from is not None for record in execution.steps}


def test_equal_job_is_not_run_again_and_its_output_can_be_read(tmp_path: Path) -> None:
    """A chain of hits has the names, results and objects of the earlier run."""
    steps = [
        cached("one", "give(41)"),
        cached("two", READ, channels={"in": result_file("one")}),
        job("three", READ, channels={"in": result_file("two")}),
    ]
    first = run_steps(tmp_path, steps, run="first")
    second = run_steps(tmp_path, steps, run="second")
    assert hits(first) == {"one": False, "two": False, "three": False}
    assert hits(second) == {"one": True, "two": True, "three": False}
    assert second.step("two").cached_from == first.arn
    assert second.step("two").job_name == first.step("two").job_name
    assert [record.result for record in second.steps] == [41, 42, 43]
    third = run_steps(tmp_path, steps, run="third")
    assert third.step("two").cached_from == first.arn  # as the service names it, not the second


@pytest.mark.parametrize(
    "change",
    [
        {"values": {"depth": "2"}},
        {"Environment": {"MODE": "fast"}},
        {"channels": {"in": "s3://artifacts/other"}},
    ],
)
def test_changed_request_runs_again(tmp_path: Path, change: dict[str, Any]) -> None:
    """What the service compares of a training job is compared here."""
    bucket = tmp_path / "bucket"
    (bucket / "data").mkdir(parents=True)
    (bucket / "data" / "x").touch()
    (bucket / "other").mkdir()
    (bucket / "other" / "x").touch()
    before: dict[str, Any] = {"values": {"depth": "1"}, "channels": {"in": "s3://artifacts/data"}}
    more = {"buckets": {"artifacts": bucket}}
    run_steps(tmp_path, [cached("s", **before)], run="first", **more)
    same = run_steps(tmp_path, [cached("s", **before)], run="second", **more)
    other = run_steps(tmp_path, [cached("s", **{**before, **change})], run="third", **more)
    assert (hits(same), hits(other)) == ({"s": True}, {"s": False})


def test_miss_upstream_is_a_miss_downstream(tmp_path: Path) -> None:
    """A job that ran again has another name, so what reads it has another request."""
    steps = [job("one"), cached("two", READ, channels={"in": result_file("one")})]
    run_steps(tmp_path, steps, run="first")
    assert hits(run_steps(tmp_path, steps, run="second")) == {"one": False, "two": False}


def test_content_of_a_users_bucket_is_not_compared(tmp_path: Path) -> None:
    """The service compares the URI, not what lies there."""
    bucket = tmp_path / "raw"
    bucket.mkdir()
    program = "give((base / 'input/data/in/n').read_text())"
    step = cached("s", program, channels={"in": "s3://raw/n"})
    (bucket / "n").write_text("old")
    run_steps(tmp_path, [step], run="first", buckets={"raw": bucket})
    (bucket / "n").write_text("new")
    second = run_steps(tmp_path, [step], run="second", buckets={"raw": bucket})
    assert second.step("s").result == "old"


@pytest.mark.parametrize("gone", ["", "buckets"])
def test_run_whose_output_is_gone_is_no_hit(tmp_path: Path, gone: str) -> None:
    """A folder that the user has deleted, whole or in part, is not missed."""
    run_steps(tmp_path, [cached("s")], run="first")
    shutil.rmtree(tmp_path / "first" / gone)
    assert hits(run_steps(tmp_path, [cached("s")], run="second")) == {"s": False}


def test_only_runs_inside_the_window_of_enabled_steps_count(tmp_path: Path) -> None:
    """ExpireAfter bounds the age; without Enabled nothing is compared."""
    run_steps(tmp_path, [cached("s")], run="first")
    short = {**job("s"), "CacheConfig": {"Enabled": True, "ExpireAfter": "PT0S"}}
    off = {**job("s"), "CacheConfig": {"Enabled": False, "ExpireAfter": "P1D"}}
    for name, step in {"second": short, "third": off}.items():
        assert hits(run_steps(tmp_path, [step], run=name)) == {"s": False}


def test_invalid_window_fails_the_step(tmp_path: Path) -> None:
    """With the step's name."""
    step = {**job("s"), "CacheConfig": {"Enabled": True, "ExpireAfter": "soon"}}
    assert "step 's' has no valid ExpireAfter" in (run_steps(tmp_path, [step]).reason or "")


def test_failed_and_made_up_steps_are_no_hits(tmp_path: Path) -> None:
    """Only a job that has really run and succeeded is used again."""
    for name in ("raw", "artifacts"):
        (tmp_path / name).mkdir()
    # Something lies where the output belongs, whatever has become of the job.
    (tmp_path / "artifacts" / "sums").mkdir()
    (tmp_path / "artifacts" / "sums" / "old").touch()
    more = {"buckets": {name: tmp_path / name for name in ("raw", "artifacts")}}
    step = processing("sum", **CACHED)
    assert run_steps(tmp_path, [step], run="failed", **more).status == "Failed"
    run_steps(tmp_path, [step], run="stub", options=Options(stubs={"sum": {}}), **more)
    (tmp_path / "raw" / "n.json").write_text('{"n": 1}')
    assert hits(run_steps(tmp_path, [step], run="third", **more)) == {"sum": False}


def test_another_pipeline_is_no_hit(tmp_path: Path) -> None:
    """As on the service, only executions of the same pipeline are looked at."""
    run_steps(tmp_path, [cached("s")], run="first", PipelineName="other")
    assert hits(run_steps(tmp_path, [cached("s")], run="second")) == {"s": False}


def test_later_steps_do_not_change_the_earlier_run(tmp_path: Path) -> None:
    """The objects are copies."""
    write = "import sys;open(sys.argv[1],'w').write(sys.argv[2])"

    def steps(text: str) -> list[dict[str, Any]]:
        one, two = processing("one", **CACHED), processing("two", DependsOn=["one"])
        for step, content in ((one, "{}"), (two, text)):
            specification = step["Arguments"]["AppSpecification"]
            specification["ContainerEntrypoint"] = ["python3", "-c", write]
            specification["ContainerArguments"] = ["/opt/ml/processing/out/n.json", content]
            del step["Arguments"]["ProcessingInputs"]
        return [one, two]

    run_steps(tmp_path, steps("1"), run="first")
    second = run_steps(tmp_path, steps("2"), run="second")
    assert hits(second) == {"one": True, "two": False}
    stored = [tmp_path / run / "buckets/artifacts/sums/n.json" for run in ("first", "second")]
    assert [path.read_text() for path in stored] == ["1", "2"]


def test_processing_job_is_compared_by_its_own_members(tmp_path: Path) -> None:
    """Program, environment and inputs; its property files can be read after a hit."""
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "n.json").write_text('{"n": 41}')
    step = processing("sum", **CACHED)
    other = processing("sum", **CACHED)
    other["Arguments"]["AppSpecification"]["ContainerArguments"][0] = "2"
    value = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.sum.PropertyFiles.N"}, "Path": "n"}}
    last = job("last", "give(values['n'])", values={"n": value})
    more = {"buckets": {"raw": raw}}
    run_steps(tmp_path, [step, last], run="first", **more)
    same = run_steps(tmp_path, [step, last], run="second", **more)
    changed = run_steps(tmp_path, [other, last], run="third", **more)
    assert (hits(same)["sum"], same.step("last").result) == (True, 42)
    assert (hits(changed)["sum"], changed.step("last").result) == (False, 43)


def test_command_finds_earlier_runs_and_can_ignore_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its output names the steps that were not run; --no-cache runs them."""
    write_assembly(tmp_path / "cdk.out", [cached("s")])
    monkeypatch.chdir(tmp_path)
    shown = []
    for options in ([], [], ["--no-cache"]):
        assert main(["run", *options]) == 0
        shown.append("cache hit" in capsys.readouterr().out)
    assert shown == [False, True, False]
    records = [
        json.loads(p.read_text()) for p in tmp_path.glob(".constructs-lib/runs/p/*/run.json")
    ]
    assert sorted(bool(record["steps"][0]["cached_from"]) for record in records) == [
        False,
        False,
        True,
    ]
