"""Pipelines made by hand, compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from constructs_lib.review.changes import PipelineChange
from constructs_lib.review.comparison import compare
from constructs_lib.review.snapshot import Snapshot, read_snapshots
from tests.functional.local.assemblies import write_assembly

OWN = "arn:aws:iam::123456789012:role/own"


def made(folder: Path, steps: Sequence[dict[str, Any]], **more: Any) -> list[Snapshot]:
    """Return the pipelines of an assembly with one pipeline."""
    return read_snapshots(write_assembly(folder, steps, **{"RoleArn": OWN, **more}))


def compared(
    folder: Path,
    old: Sequence[dict[str, Any]],
    new: Sequence[dict[str, Any]],
    before: dict[str, Any] | None = None,
    now: dict[str, Any] | None = None,
) -> PipelineChange:
    """Return the only change."""
    sides = made(folder / "old", old, **(before or {})), made(folder / "new", new, **(now or {}))
    (change,) = compare(*sides)
    return change


def training(name: str, *, waits: Sequence[str] = (), **arguments: Any) -> dict[str, Any]:
    """Return a Training step."""
    given = {"TrainingJobName": f"p-{name.lower()}", **arguments}
    return {"Name": name, "Type": "Training", "DependsOn": [*waits], "Arguments": given}


def role(*statements: dict[str, Any], name: str = "own", **more: Any) -> dict[str, Any]:
    """Return a role that may do what statements say."""
    policy = {"PolicyName": "p", "PolicyDocument": {"Statement": [*statements]}}
    properties = {"RoleName": name, "Policies": [policy], **more}
    path = {"aws:cdk:path": f"Stack/{name.title()}/Resource"}
    return {"Type": "AWS::IAM::Role", "Properties": properties, "Metadata": path}


def allow(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    """Return a statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}
