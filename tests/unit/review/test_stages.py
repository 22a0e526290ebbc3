"""An app with the same pipeline in several stacks."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from constructs_lib import Pipeline, S3Input, step
from constructs_lib.review.changes import PipelineChange
from constructs_lib.review.comparison import compare
from constructs_lib.review.snapshot import Snapshot, read_snapshots


@step
def load(raw):
    return raw


@step
def train(frame):
    return frame


def summarize(frame):
    return len(frame)


def describe(frame):
    return len(frame)


def snapshots(folder: Path, last: object, stages: tuple[str, ...]) -> list[Snapshot]:
    """Return the pipelines of an app: one in each stage, and what they share in a stack."""
    app = cdk.App(outdir=str(folder))
    raw = s3.Bucket(cdk.Stack(app, "Shared"), "Raw")
    for name in stages:
        stack = cdk.Stack(app, name)
        frame = load(S3Input(raw, "rows.csv"))
        s3.Bucket(stack, "Raw").grant_read(
            Pipeline(stack, "P", steps=[last(frame)], pipeline_name=name).step("load")  # type: ignore[operator]
        )
    app.synth()
    return read_snapshots(folder)


def changes(
    folder: Path, old: object, new: object, stages: tuple[str, ...] = ("Dev", "Prod")
) -> list[PipelineChange]:
    sides = (
        snapshots(folder / "old", old, ("Dev", "Prod")),
        snapshots(folder / "new", new, stages),
    )
    return compare(*sides)


def test_what_a_step_may_is_said_of_its_own_pipeline(tmp_path: Path) -> None:
    """Roles and buckets of other stacks with the same construct paths are others."""
    found = changes(tmp_path, load.with_options(name="last"), train)
    assert [change.name for change in found] == ["Dev", "Prod"]
    for change, other in zip(found, ("Prod", "Dev"), strict=True):
        granted = [*change.granted, *change.revoked]
        assert {one.who for one in granted} == {"pipeline", "step train", "step last"}
        assert not [one for one in granted if other.lower() in one.resource.lower()]


def test_a_new_stage_changes_nothing_of_the_others(tmp_path: Path) -> None:
    """It is new itself."""
    found = changes(tmp_path, train, train, ("Dev", "Prod", "Test"))
    assert [(change.name, change.kind) for change in found] == [("Test", "added")]


def test_resources_of_other_stacks_are_named_with_them(tmp_path: Path) -> None:
    """The stack's own bucket has the same path in it."""
    dev, _ = snapshots(tmp_path, train, ("Dev", "Prod"))
    read = {one.resource for one in dev.permissions if one.action.startswith("s3:GetObject")}
    assert {one for one in read if "Raw" in one} == {
        "arn:aws:s3:::<Raw>",
        "arn:aws:s3:::<Raw>/*",
        "arn:aws:s3:::<Shared/Raw>/rows.csv*",
    }


def test_a_function_with_a_new_name_is_the_same_step(tmp_path: Path) -> None:
    """However short it is: the name of the step is mostly that of the function."""
    first, _ = changes(tmp_path, step(summarize), step(describe))
    (change,) = first.steps
    assert (change.name, change.old_name) == ("describe", "summarize")
