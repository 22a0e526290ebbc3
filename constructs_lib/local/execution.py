"""The record of one run: each step's status, times, outcome; kept on disk while it runs."""

from __future__ import annotations

import json
import secrets
import string
import threading
from dataclasses import dataclass, field, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from constructs_lib.service.step_types import step_type_of

# Statuses of the service, and NotRun for steps that an execution did not get to.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_PipelineExecutionStep.html
WAITING, EXECUTING, SUCCEEDED, FAILED = "Waiting", "Executing", "Succeeded", "Failed"
STOPPED, NOT_RUN = "Stopped", "NotRun"
# Of an execution in which steps ran because others had failed.
COMPLETED_WITH_FAILURES = "CompletedWithFailures"


@dataclass
class StepRecord:
    """What became of a step.

    Attributes:
        name: The step's name.
        type: Training, Condition or Fail.
        status: Waiting, Executing, Succeeded, Failed, Stopped or NotRun.
        reason: Why it failed or did not run.
        outcome: Of a condition: true or false.
        result: The JSON view of what it returned, if there is one.
        job_name: Of its training job.
        output: S3 URI of its uploaded model folder.
        properties: What other steps read of it, as the service describes its job.
        cached_from: ARN of the execution whose output was used again because nothing had changed.
        reused_from: ARN of the execution whose output was used because the step was not selected.
        log: Path of its log.
        for_each: The ForEach step in whose body it ran.
        index: Of its iteration, from 0.
        item: Of its iteration, as text.
        attempts: How often it was tried again after a failure.
        failed_attempts: Those that were followed by another one: ``start_time``, ``end_time``,
            ``reason`` and ``log`` of each.
        attempt_start_time: When the latest attempt began. ISO 8601, UTC.
        is_stub: Whether it did not run: its properties are made up.
        start_time: ISO 8601, UTC.
        end_time: ISO 8601, UTC.
        seconds: How long it took.
    """

    name: str
    type: str
    status: str = WAITING
    reason: str | None = None
    outcome: bool | None = None
    result: Any = None
    job_name: str | None = None
    output: str | None = None
    properties: dict[str, Any] | None = None
    cached_from: str | None = None
    reused_from: str | None = None
    log: str | None = None
    for_each: str | None = None
    index: int | None = None
    item: str | None = None
    attempts: int = 0
    failed_attempts: list[dict[str, Any]] = field(default_factory=list)
    attempt_start_time: str | None = None
    is_stub: bool = False
    start_time: str | None = None
    end_time: str | None = None
    seconds: float | None = None


@dataclass
class Execution:
    """One run of a pipeline.

    Attributes:
        pipeline: The pipeline's name.
        pipeline_arn: Its ARN, in lower case as the service writes it.
        execution_id: 12 lower-case letters and digits, as the service makes them.
        folder: Holds record, logs, jobs and buckets.
        parameters: Name to value.
        steps: In the definition's order.
        status: Executing, Succeeded, Failed, Stopped or CompletedWithFailures.
        reason: Why it failed.
    """

    pipeline: str
    pipeline_arn: str
    execution_id: str
    folder: Path
    parameters: dict[str, Any]
    steps: list[StepRecord]
    status: str = EXECUTING
    reason: str | None = None
    start_time: str = field(default_factory=lambda: now().isoformat())
    end_time: str | None = None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._ended: dict[str, tuple[str, str]] = {}
        self._by_name: dict[str, StepRecord] = {}
        self._indexed: list[StepRecord] | None = None

    @property
    def arn(self) -> str:
        """ARN of the execution."""
        return f"{self.pipeline_arn}/execution/{self.execution_id}"

    def arn_of(self, resource: str, name: str) -> str:
        """Return the ARN of what a step has made.

        Args:
            resource: Such as ``training-job``.
            name: Of the job.
        """
        return f"{self.pipeline_arn.partition(':pipeline/')[0]}:{resource}/{name.lower()}"

    def job_of(self, record: StepRecord) -> tuple[str, str] | None:
        """Return kind, such as ``TrainingJob``, and ARN of a step's job; None if it has none."""
        kind = step_type_of(record.type)
        if record.job_name is None or kind.operation is None or kind.resource is None:
            return None
        return kind.operation.removeprefix("Create"), self.arn_of(kind.resource, record.job_name)

    def step(self, name: str) -> StepRecord:
        """Return the record of a step."""
        if self._indexed is not self.steps:
            self._by_name = {record.name: record for record in self.steps}
            self._indexed = self.steps
        return self._by_name[name]

    def save(self) -> None:
        """Write ``run.json`` so that a reader finds the old or the new record, never half."""
        with self._lock:
            content = {key: value for key, value in vars(self).items() if key in _HEAD}
            steps = ",\n".join(map(self._text, self.steps))
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = self.folder / "run.json.new"
            draft.write_text(f'{_json(content)[:-1]}, "steps": [\n{steps}\n]}}', encoding="utf-8")
            draft.replace(self.folder / "run.json")

    def _text(self, record: StepRecord) -> str:
        """Return a step's JSON; that of a step that has ended is made once."""
        if record.end_time is None:
            return _json(vars(record))
        end, text = self._ended.get(record.name, ("", ""))
        if end != record.end_time:
            text = _json(vars(record))
            self._ended[record.name] = (record.end_time, text)
        return text


_HEAD = frozenset(item.name for item in fields(Execution)) - {"steps"}


def _json(value: object) -> str:
    return json.dumps(value, default=str)


def load_execution(folder: Path) -> Execution:
    """Read the record that :meth:`Execution.save` wrote.

    Raises:
        OSError: There is none.
        ValueError: It is no such record.
    """
    try:
        content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        steps = [StepRecord(**record) for record in content.pop("steps")]
        return Execution(**{**content, "folder": folder}, steps=steps)
    except (AttributeError, KeyError, RecursionError, TypeError) as error:
        raise ValueError(f"{folder}: no record of an execution: {error}") from error


def new_execution_id() -> str:
    """Return 12 lower-case letters and digits, as the service makes them."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(12))


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(timezone.utc)
