"""The record of one run: each step's status, times, outcome; kept on disk while it runs."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

# Statuses of the service, and NotRun for steps that an execution did not get to.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_PipelineExecutionStep.html
WAITING, EXECUTING, SUCCEEDED, FAILED = "Waiting", "Executing", "Succeeded", "Failed"
STOPPED, NOT_RUN = "Stopped", "NotRun"


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
        log: Path of its log.
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
    log: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    seconds: float | None = None


@dataclass
class Execution:
    """One run of a pipeline.

    Attributes:
        pipeline: The pipeline's name.
        execution_id: 12 lower-case letters and digits, as the service makes them.
        folder: Holds record, logs, jobs and buckets.
        parameters: Name to value.
        steps: In the definition's order.
        status: Executing, Succeeded, Failed or Stopped.
        reason: Why it failed.
    """

    pipeline: str
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

    def step(self, name: str) -> StepRecord:
        """Return the record of a step."""
        return next(record for record in self.steps if record.name == name)

    def save(self) -> None:
        """Write ``run.json`` so that a reader finds the old or the new record, never half."""
        with self._lock:
            content = {**asdict(self), "folder": str(self.folder)}
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = self.folder / "run.json.new"
            draft.write_text(json.dumps(content, indent=1, default=str), encoding="utf-8")
            draft.replace(self.folder / "run.json")


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(timezone.utc)
