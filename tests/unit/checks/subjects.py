"""Pipelines to check, made by hand or of a CDK app."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from constructs_lib.checks.reach import reach_findings
from constructs_lib.checks.subject import Subject, read_subject
from constructs_lib.local.assembly import Assembly
from tests.functional.local.assemblies import job, write_assembly


def subject_of(folder: Path, steps: Sequence[dict[str, Any]], **properties: Any) -> Subject:
    """Return the pipeline of a hand-made assembly."""
    assembly = Assembly(write_assembly(folder / "cdk.out", steps, **properties))
    return read_subject(assembly, assembly.find(None))


def sized(
    name: str, kind: str = "ml.m5.large", count: Any = 1, hours: float = 1, **more: Any
) -> dict[str, Any]:
    """Return a Training step with instances and a limit of time."""
    resources = {"InstanceType": kind, "InstanceCount": count, **more.pop("resources", {})}
    stopping = {"MaxRuntimeInSeconds": int(hours * 3600)}
    return job(name, ResourceConfig=resources, StoppingCondition=stopping, **more)


def for_each(
    name: str, items: Any, body: Sequence[dict[str, Any]], at_once: int = 1
) -> dict[str, Any]:
    """Return a ForEach step."""
    arguments = {"IterableItems": items, "MaxConcurrency": at_once, "ForEachBody": [*body]}
    return {"Name": name, "Type": "ForEach", "Arguments": arguments}


def app_in(folder: Path) -> tuple[cdk.App, cdk.Stack]:
    """Return an app with a stack ``Dev``."""
    app = cdk.App(outdir=str(folder / "cdk.out"), analytics_reporting=False)
    return app, cdk.Stack(app, "Dev")


def said(app: cdk.App) -> list[tuple[str, str, str, str]]:
    """Return rule, level, text and mend of what an app's steps do not reach."""
    assembly = Assembly(Path(app.synth().directory))
    return [
        (one.rule, one.level, one.text, one.mend)
        for pipeline in assembly.pipelines
        for one in reach_findings(assembly, read_subject(assembly, pipeline))
    ]
