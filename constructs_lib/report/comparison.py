"""What differs between an execution and an earlier one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib.report.record import Run, StepRun

ABSENT = "not there"


@dataclass(frozen=True)
class Change:
    """A value that differs.

    Attributes:
        name: Of a parameter, or what it is of a step.
        before: As text, or ``not there``.
        after: As text, or ``not there``.
    """

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class MetricChange:
    """A metric of a step that reports some in both executions.

    Attributes:
        step: Its step.
        name: Its name.
        before: None if it was not there.
        after: None if it is not there any more.
    """

    step: str
    name: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class StepChange:
    """A step in both executions, or one of them.

    Attributes:
        name: Its name.
        before: None if it was not there.
        after: None if it is not there.
        seconds_before: How long it took; None if it did not run.
        seconds_after: How long it took; None if it did not run.
        changes: Of its arguments and instances, and whether its code is another one.
    """

    name: str
    before: StepRun | None
    after: StepRun | None
    seconds_before: float | None
    seconds_after: float | None
    changes: tuple[Change, ...]

    @property
    def difference(self) -> float | None:
        """How much longer it took, in seconds."""
        if self.seconds_before is None or self.seconds_after is None:
            return None
        return self.seconds_after - self.seconds_before

    @property
    def is_other(self) -> bool:
        """Whether more than its duration differs."""
        states = [step.state if step else ABSENT for step in (self.before, self.after)]
        return bool(self.changes) or states[0] != states[1]


@dataclass(frozen=True)
class Comparison:
    """An execution and an earlier one.

    Attributes:
        earlier: The earlier one.
        parameters: Those that differ.
        metrics: Of steps that report some in both.
        steps: All, in the later one's order, then those that are not there any more.
    """

    earlier: Run
    parameters: tuple[Change, ...]
    metrics: tuple[MetricChange, ...]
    steps: tuple[StepChange, ...]


def compare(run: Run, earlier: Run) -> Comparison:
    """Return what differs."""
    return Comparison(
        earlier,
        tuple(_differences(_texts(earlier.parameters), _texts(run.parameters))),
        tuple(_metrics(run, earlier)),
        tuple(_steps(run, earlier)),
    )


def _steps(run: Run, earlier: Run) -> Iterator[StepChange]:
    before = {step.name: step for step in earlier.steps}
    after = {step.name: step for step in run.steps}
    for name in dict.fromkeys([*after, *before]):
        old, new = before.get(name), after.get(name)
        changes: tuple[Change, ...] = ()
        if old is not None and new is not None:
            changes = tuple(_differences(_identity(old), _identity(new)))
        yield StepChange(
            name,
            old,
            new,
            old.seconds(earlier.until) if old is not None and old.has_run else None,
            new.seconds(run.until) if new is not None and new.has_run else None,
            changes,
        )


def _identity(step: StepRun) -> dict[str, str]:
    """Return what makes the step's work another one; nothing for one that did not begin."""
    if not step.job:
        return {}
    instances = f"{step.instance_count} x {step.instance_type}"
    return {"code": step.code[:12], "instances": instances, **step.arguments}


def _metrics(run: Run, earlier: Run) -> Iterator[MetricChange]:
    known = {step.name: step.metrics for step in earlier.steps if step.metrics}
    for step in run.steps:
        if step.name in known and step.metrics:
            before, after = known[step.name], step.metrics
            for name in dict.fromkeys([*after, *before]):
                yield MetricChange(step.name, name, before.get(name), after.get(name))


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    if not before or not after:
        return
    for name in dict.fromkeys([*after, *before]):
        old, new = before.get(name, ABSENT), after.get(name, ABSENT)
        if old != new:
            yield Change(name, old, new)


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return values as text, in which the service gives all of them."""
    return {k: v if isinstance(v, str) else json.dumps(v, default=str) for k, v in values.items()}
