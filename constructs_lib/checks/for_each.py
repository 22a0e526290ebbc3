"""How often the steps in the body of a ForEach step run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from constructs_lib.checks.subject import Subject
from constructs_lib.local.definition import StepDefinition
from constructs_lib.service.limits import MOST_CONCURRENT, MOST_ITEMS


@dataclass(frozen=True)
class Turns:
    """Iterations of a ForEach step.

    Attributes:
        total: In all.
        at_once: At the same time.
        is_known: Whether the items are; if not, there may be as many as the service allows.
    """

    total: int = 1
    at_once: int = 1
    is_known: bool = True


def turns_of(subject: Subject) -> Mapping[str, Turns]:
    """Return each step's turns; those of a step outside of ForEach steps are one."""
    found = {step.name: Turns() for step in subject.steps}
    for step in subject.definition.steps:
        for inner in step.body:
            found[inner.name] = _turns(subject, step)
    return found


def _turns(subject: Subject, step: StepDefinition) -> Turns:
    items = step.arguments.get("IterableItems")
    is_known = isinstance(items, list)
    total = len(items) if isinstance(items, list) else MOST_ITEMS
    most = subject.known(step.arguments.get("MaxConcurrency", 1))
    at_once = min(total, most if isinstance(most, int) else MOST_CONCURRENT)
    return Turns(total, at_once, is_known)
