"""How an execution stands: its steps in the definition's order."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from constructs_lib.deployed.account import Account
from constructs_lib.exceptions import RemoteError
from constructs_lib.local.definition import StepDefinition, parse_definition
from constructs_lib.local.execution import (
    COMPLETED_WITH_FAILURES,
    FAILED,
    NOT_RUN,
    STOPPED,
    SUCCEEDED,
    StepRecord,
)

ENDED = frozenset({SUCCEEDED, FAILED, STOPPED, COMPLETED_WITH_FAILURES})
_LONGEST_PAUSE = 5.0  # seconds; a short execution is looked at more often


@dataclass
class RemoteExecution:
    """An execution as it stood when it was read.

    Attributes:
        arn: Its ARN.
        pipeline: The pipeline's name.
        status: Executing, Stopping, Stopped, Failed, Succeeded or CompletedWithFailures.
        reason: Why it failed.
        steps: In the definition's order.
        jobs: ARN of the job of each step that has one.
    """

    arn: str
    pipeline: str
    status: str
    reason: str | None
    steps: list[StepRecord]
    jobs: dict[str, str] = field(default_factory=dict)

    @property
    def execution_id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition("/")[2]

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED

    def step(self, name: str) -> StepRecord:
        """Return a step.

        Raises:
            RemoteError: There is no such step.
        """
        for record in self.steps:
            if record.name == name:
                return record
        names = ", ".join(record.name for record in self.steps)
        raise RemoteError(f"pipeline {self.pipeline!r} has no step {name!r}; it has: {names}")


class ExecutionReader:
    """Reads an execution again and again.

    Args:
        account: Holds it.
        pipeline: The pipeline's name.
        arn: Of the execution.
    """

    def __init__(self, account: Account, pipeline: str, arn: str) -> None:
        self._sagemaker = account.client("sagemaker")
        self._pipeline = pipeline
        self.arn = arn
        answer = self._sagemaker.describe_pipeline_definition_for_execution(
            PipelineExecutionArn=arn
        )
        self._steps = parse_definition(json.loads(answer["PipelineDefinition"])).steps

    def read(self) -> RemoteExecution:
        """Return how it stands."""
        described = self._sagemaker.describe_pipeline_execution(PipelineExecutionArn=self.arn)
        pages = self._sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
            PipelineExecutionArn=self.arn
        )
        begun = {s["StepName"]: s for page in pages for s in page["PipelineExecutionSteps"]}
        execution = RemoteExecution(
            self.arn,
            self._pipeline,
            described["PipelineExecutionStatus"],
            described.get("FailureReason"),
            [],
        )
        for step in self._steps:
            for name, kind in [(step.name, step.type), *_iterations(step, begun)]:
                record = StepRecord(name, kind)
                if name in begun:
                    _fill(record, begun[name])
                    job = _job(begun[name])
                    if job is not None:
                        execution.jobs[name] = job
                elif execution.has_ended:
                    record.status = NOT_RUN
                execution.steps.append(record)
        return execution

    def wait(self, on_change: Callable[[RemoteExecution], None]) -> RemoteExecution:
        """Read until it has ended; returns how."""
        pause = 0.5
        while True:
            execution = self.read()
            on_change(execution)
            if execution.has_ended:
                return execution
            time.sleep(pause)
            pause = min(pause * 1.1, _LONGEST_PAUSE)

    def stop(self) -> None:
        """Stop it.

        Raises:
            RemoteError: It has ended.
        """
        status = self.read().status
        if status in ENDED:
            raise RemoteError(f"execution {self.arn} has ended: it is {status}")
        self._sagemaker.stop_pipeline_execution(PipelineExecutionArn=self.arn)

    def retry(self, most_at_once: int | None) -> None:
        """Run again what failed or was stopped.

        Args:
            most_at_once: Steps that run at once. Default: as before.

        Raises:
            RemoteError: It has neither failed nor been stopped.
        """
        status = self.read().status
        if status not in {FAILED, STOPPED}:
            raise RemoteError(
                f"execution {self.arn} is {status}; only one that failed or was stopped can be "
                f"retried"
            )
        settings = {}
        if most_at_once is not None:
            settings["ParallelismConfiguration"] = {"MaxParallelExecutionSteps": most_at_once}
        self._sagemaker.retry_pipeline_execution(PipelineExecutionArn=self.arn, **settings)


def _iterations(
    step: StepDefinition, begun: Mapping[str, dict[str, Any]]
) -> Iterator[tuple[str, str]]:
    """Yield name and type of the steps that run for the items of a ForEach step, in order."""
    turns = []
    for name, answer in begun.items():
        context = answer.get("IterationContext", {})
        for position, inner in enumerate(step.body):
            index = context.get("Index")
            if context.get("ParentStepName") == step.name and name == f"{inner.name}-{index}":
                turns.append((index, position, name, inner.type))
    yield from ((name, kind) for _, _, name, kind in sorted(turns))


def _fill(record: StepRecord, answer: dict[str, Any]) -> None:
    record.status = answer["StepStatus"]
    record.reason = answer.get("FailureReason")
    begin, end = answer.get("StartTime"), answer.get("EndTime")
    record.start_time, record.end_time = _text(begin), _text(end)
    if begin is not None and end is not None:
        record.seconds = (end - begin).total_seconds()
    context = answer.get("IterationContext", {})
    record.for_each, record.index = context.get("ParentStepName"), context.get("Index")
    record.item = context.get("Item")
    condition = answer.get("Metadata", {}).get("Condition")
    if condition is not None and "Outcome" in condition:
        record.outcome = condition["Outcome"] == "True"
    record.cached_from = answer.get("CacheHitResult", {}).get("SourcePipelineExecutionArn")
    reused = answer.get("SelectiveExecutionResult", {})
    record.reused_from = reused.get("SourcePipelineExecutionArn")


def _job(answer: dict[str, Any]) -> str | None:
    """Return the ARN in the metadata of a TrainingJob, ProcessingJob, TransformJob, ..."""
    arns = (value.get("Arn") for value in answer.get("Metadata", {}).values())
    return next((arn for arn in arns if arn), None)


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(timezone.utc).isoformat() if moment else None
