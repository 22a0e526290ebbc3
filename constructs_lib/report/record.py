"""What a report says of an execution, wherever it ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from constructs_lib.local.definition import Definition
from constructs_lib.local.execution import EXECUTING, NOT_RUN, STOPPED, SUCCEEDED, WAITING

# States of a step, beside those of the service: its output is that of another execution.
CACHED = "Cached"


@dataclass(frozen=True)
class Table:
    """The head of a table.

    Attributes:
        columns: Their names.
        rows: The first ones, as text.
        more_columns: How many columns are left out.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more_columns: int = 0


@dataclass(frozen=True)
class Preview:
    """What is shown of a file.

    Attributes:
        note: What it is, such as ``455 rows, 31 columns``, or why no more is shown.
        table: The head of a table.
        text: The beginning of a text.
        image: A ``data:`` URI.
    """

    note: str = ""
    table: Table | None = None
    text: str | None = None
    image: str | None = None


@dataclass(frozen=True)
class Item:
    """A file, or a part of a result.

    Attributes:
        name: Path below the input or output, or index or key of the part.
        size: Bytes.
        kind: How it is stored, such as ``pandas.DataFrame, arrow``; empty if nothing says so.
        preview: None if nothing is shown of it.
    """

    name: str
    size: int
    kind: str = ""
    preview: Preview | None = None


@dataclass(frozen=True)
class Data:
    """An input or output of a step.

    Attributes:
        name: Of the channel, input or output.
        uri: Where it is.
        source: Step that it comes from; empty for data from elsewhere.
        items: What is in it, as far as it is listed.
        note: What is left out, or why nothing is listed.
    """

    name: str
    uri: str
    source: str = ""
    items: tuple[Item, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Log:
    """What a step has written: the whole, or its beginning and end.

    Attributes:
        head: The beginning.
        tail: The end, if something in between is left out.
        left_out: Characters in between; None if some are, but nobody has counted them.
        place: Where the whole is, or the command that shows it.
    """

    head: str = ""
    tail: str = ""
    left_out: int | None = 0
    place: str = ""


@dataclass(frozen=True)
class Phase:
    """A part of a step's time, such as Queued, Starting or Training.

    Attributes:
        name: What happens in it.
        start: When it began.
        end: When it ended; None if it has not.
        failed: Whether it is an attempt that failed and was followed by another one.
    """

    name: str
    start: datetime
    end: datetime | None = None
    failed: bool = False


@dataclass(frozen=True)
class StepRun:
    """What became of a step.

    Attributes:
        name: Its name.
        type: Such as Training.
        status: Of the service, or NotRun, or Waiting.
        start: When it began.
        end: When it ended.
        reason: Why it failed or did not run.
        retries: How often it was tried again.
        phases: Of its time, as far as they are known, in order.
        instance_type: Such as ``ml.m5.large``; empty if it has no instances.
        instance_count: How many.
        billable_seconds: Of each instance; None if the service has told none.
        arguments: Of its function or program: name to text.
        settings: What else its job's request says: name to text.
        inputs: What it reads.
        outputs: What it leaves.
        result: The JSON view of what it returned, if there is one.
        metrics: Scalars that it reports.
        log: What it has written.
        code: Identifies the code that it ran; empty if it is not known.
        job: Name of its job.
        outcome: Of a condition.
        cached_from: Execution whose output was used because nothing had changed.
        reused_from: Execution whose output was used because the step was not selected.
        is_stub: Whether its output is made up.
        depends_on: Names of the steps that it waits for.
        for_each: The ForEach step that it is an iteration of.
        item: Of the iteration.
    """

    name: str
    type: str
    status: str = WAITING
    start: datetime | None = None
    end: datetime | None = None
    reason: str = ""
    retries: int = 0
    phases: tuple[Phase, ...] = ()
    instance_type: str = ""
    instance_count: int = 0
    billable_seconds: float | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Data, ...] = ()
    outputs: tuple[Data, ...] = ()
    result: Any = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    log: Log = Log()
    code: str = ""
    job: str = ""
    outcome: bool | None = None
    cached_from: str = ""
    reused_from: str = ""
    is_stub: bool = False
    depends_on: tuple[str, ...] = ()
    for_each: str = ""
    item: str = ""

    @property
    def state(self) -> str:
        """The status, with Cached for a step that did not run because its output was there."""
        taken_over = self.cached_from or self.reused_from
        return CACHED if taken_over and self.status == SUCCEEDED else self.status

    @property
    def has_run(self) -> bool:
        """Whether a job of its own was started."""
        return self.state not in {CACHED, NOT_RUN, WAITING} and not self.is_stub

    def seconds(self, until: datetime) -> float | None:
        """Return how long it took; until a moment if it has not ended; None if it has no start."""
        if self.start is None or (self.end is None and self.state == STOPPED):
            return None
        return max(0.0, ((self.end or until) - self.start).total_seconds())


@dataclass(frozen=True)
class Run:
    """An execution as it stood when it was read.

    Attributes:
        pipeline: The pipeline's name.
        execution_id: The last part of its ARN.
        arn: Its ARN.
        place: Where it ran, in words.
        is_local: Whether it ran on this machine.
        status: Executing, Stopping, Succeeded, Failed, Stopped or CompletedWithFailures.
        start: When it began.
        read: When it was read.
        end: When it ended.
        reason: Why it failed.
        parameters: Name to value.
        steps: In the definition's order.
        definition: What it ran; None if that was not kept.
    """

    pipeline: str
    execution_id: str
    arn: str
    place: str
    is_local: bool
    status: str
    start: datetime
    read: datetime
    end: datetime | None = None
    reason: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[StepRun, ...] = ()
    definition: Definition | None = None

    @property
    def until(self) -> datetime:
        """When it ended, or was read."""
        return self.end or self.read

    @property
    def seconds(self) -> float:
        """How long it took, or takes so far."""
        return max(0.0, (self.until - self.start).total_seconds())

    @property
    def is_executing(self) -> bool:
        """Whether it has not ended."""
        return self.end is None and self.status in {EXECUTING, "Stopping"}
