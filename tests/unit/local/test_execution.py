"""The record of a run, in memory and on disk."""

from __future__ import annotations

from pathlib import Path

from constructs_lib.local.execution import Execution, StepRecord, load_execution


def execution(folder: Path, *names: str) -> Execution:
    records = [StepRecord(name, "Training") for name in names]
    return Execution("p", "arn:aws:sagemaker:r:1:pipeline/p", "abc", folder, {"N": 1}, records)


def test_reads_what_was_saved(tmp_path: Path) -> None:
    """A record that is saved and loaded is equal to itself, with the results of its steps."""
    saved = execution(tmp_path, "a", "b")
    saved.step("a").result = {"auc": [0.5, None, "é"]}
    saved.step("a").end_time = "2025-01-01T00:00:00+00:00"
    saved.save()
    assert load_execution(tmp_path) == saved


def test_saves_what_has_changed(tmp_path: Path) -> None:
    """Each save writes every step as it is then: running, ended, and reset for another try."""
    saved = execution(tmp_path, "a")
    for status, end in [
        ("Executing", None),
        ("Failed", "t1"),
        ("Waiting", None),
        ("Succeeded", "t2"),
    ]:
        saved.steps[0].status, saved.steps[0].end_time = status, end
        saved.save()
        assert load_execution(tmp_path).steps[0].status == status


def test_finds_steps_that_were_added(tmp_path: Path) -> None:
    """A step is found by its name also after the steps were replaced by others."""
    found = execution(tmp_path, "a")
    assert found.step("a").name == "a"
    found.steps = [*found.steps, StepRecord("b", "Training")]
    assert found.step("b").name == "b"
