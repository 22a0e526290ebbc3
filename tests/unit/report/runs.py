"""Executions that nobody has run, for the page."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from constructs_lib.local.definition import parse_definition
from constructs_lib.report.record import Data, Item, Log, Phase, Preview, Run, StepRun, Table

START = datetime(2025, 3, 1, 12, 0, tzinfo=timezone.utc)
_STATES = ("Succeeded",) * 12 + ("Cached", "Failed", "Stopped", "Executing", "NotRun")
_TABLE = Table(
    ("age", "mean radius", "label"), (("61", "17.99", "malignant"), ("44", "11.4", "benign")), 28
)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def make_step(name: str, start: float = 0, end: float | None = 10, **settings: Any) -> StepRun:
    """A step with times in seconds after the start of its execution."""
    given: dict[str, Any] = {"type": "Training", "status": "Succeeded", "start": at(start)}
    given["end"] = None if end is None else at(end)
    return StepRun(name, **{**given, **settings})


def make_run(*steps: StepRun, **settings: Any) -> Run:
    """An execution that has ended with the last of its steps."""
    given: dict[str, Any] = {
        "pipeline": "shop",
        "execution_id": "abcdefghijkl",
        "arn": "arn:aws:sagemaker:us-east-1:000000000000:pipeline/shop/execution/abcdefghijkl",
        "place": "in account 000000000000, us-east-1",
        "is_local": False,
        "status": "Succeeded",
        "start": START,
        "read": at(100_000),
        "end": max((step.end for step in steps if step.end), default=START),
        "steps": steps,
        "definition": make_definition(*steps),
    }
    return Run(**{**given, **settings})


def make_definition(*steps: StepRun) -> Any:
    entries = [
        {"Name": step.name, "Type": step.type, "DependsOn": list(step.depends_on)}
        for step in steps
        if not step.for_each
    ]
    return parse_definition({"Steps": entries})


def large_run(count: int) -> Run:
    """An execution with steps of every state, each with all that can be told of a step."""
    width = max(1, min(40, count // 8))
    return make_run(
        *(_large_step(index, width) for index in range(count)),
        status="Failed" if count > 13 else "Succeeded",
        parameters={"Depth": 6, "Rows": "all", "Threshold": 0.97},
    )


def _large_step(index: int, width: int) -> StepRun:
    status = _STATES[index % len(_STATES)]
    begin = index // width * 300 + index % width * 4
    took = 180 + index * 37 % 150
    begun = status != "NotRun"
    return StepRun(
        name=f"step-{index:03}-of-the-pipeline",
        type="Processing" if index % 7 == 3 else "Training",
        status="Succeeded" if status == "Cached" else status,
        start=at(begin) if begun else None,
        end=at(begin + took) if begun and status != "Executing" else None,
        reason="ValueError: no rows are left\nTraceback (most recent call last): …"
        if status == "Failed"
        else "",
        retries=int(index % 11 == 5),
        phases=(
            Phase("Queued", at(begin), at(begin + 12)),
            Phase("Starting", at(begin + 12), at(begin + 70)),
            Phase("Training", at(begin + 70), at(begin + took - 9)),
            Phase("Uploading", at(begin + took - 9), at(begin + took)),
        )
        if status == "Succeeded"
        else (),
        instance_type="ml.m5.xlarge" if index % 3 else "ml.g5.2xlarge",
        instance_count=1 + index % 2,
        billable_seconds=float(took) if begun else None,
        arguments={"depth": str(index), "label": f"batch {index}"},
        settings={"VolumeSizeInGB": "30", "RoleArn": "arn:aws:iam::000000000000:role/x" * 2},
        inputs=(Data("raw", "s3://data/raw.csv"),),
        outputs=(
            Data(
                "result",
                f"s3://artifacts/{index}/",
                items=(Item("value", 91_234, "pandas.DataFrame, arrow", Preview("", _TABLE)),),
            ),
        ),
        result={"auc": 0.9 + index % 90 / 1000},
        metrics={"auc": 0.9 + index % 90 / 1000},
        log=Log("epoch 1: loss 0.7\n" * 40, "done\n" * 20, 99_000, "logs/step.log"),
        code=f"{index:064x}",
        job=f"shop-step-{index}",
        cached_from="arn:earlier" if status == "Cached" else "",
        depends_on=(f"step-{index - width:03}-of-the-pipeline",) if index >= width else (),
    )
