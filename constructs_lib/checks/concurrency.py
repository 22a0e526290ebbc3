"""The most that can run at the same time in one execution."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from constructs_lib.checks.subject import Subject
from constructs_lib.local.definition import StepDefinition

# So many sets of steps are looked at before the answer is an upper bound, no longer the maximum.
_PATIENCE = 20_000


@dataclass(frozen=True)
class Load:
    """What a step takes while it runs.

    Attributes:
        step: Its name.
        weight: Instances.
        times: Iterations of it that run at the same time.
    """

    step: str
    weight: int
    times: int = 1


class Concurrency:
    """Which steps of a pipeline can run at the same time.

    Args:
        subject: The pipeline.
    """

    def __init__(self, subject: Subject) -> None:
        self._most = subject.pipeline.max_parallel_steps
        self._before = _before(subject)
        self._branches = _branches(subject)

    def can_overlap(self, one: str, other: str) -> bool:
        """Tell whether two steps can run at the same time.

        They cannot if one waits for the other, or if a condition starts only one of them.
        """
        if one in self._before[other] or other in self._before[one]:
            return False
        sides = self._branches[one]
        return not any(
            sides.get(name, side) != side for name, side in self._branches[other].items()
        )

    def widest(self, loads: Sequence[Load]) -> int:
        """Return the largest sum of weights of steps that can run at the same time."""
        ordered = sorted(loads, key=lambda load: (-load.weight * load.times, load.step))
        return _Search(self.can_overlap, self._most).run(ordered)


class _Search:
    """Branch and bound: steps of which no two overlap can add no more than the heaviest of them."""

    def __init__(self, can_overlap: Callable[[str, str], bool], most: int | None) -> None:
        self._can_overlap = can_overlap
        self._most = most
        self._best = 0
        self._left = _PATIENCE

    def run(self, loads: Sequence[Load]) -> int:
        bound = self._bound([], loads)
        self._extend([], loads)
        return self._best if self._left > 0 else bound

    def _extend(self, chosen: list[Load], candidates: Sequence[Load]) -> None:
        self._left -= 1
        self._best = max(self._best, self._sum(chosen))
        for number, load in enumerate(candidates):
            rest = candidates[number:]
            if self._left <= 0 or self._bound(chosen, rest) <= self._best:
                return
            later = [one for one in rest[1:] if self._can_overlap(load.step, one.step)]
            self._extend([*chosen, load], later)

    def _bound(self, chosen: Sequence[Load], candidates: Sequence[Load]) -> int:
        classes: list[list[Load]] = []
        for load in candidates:
            for others in classes:
                if not any(self._can_overlap(load.step, one.step) for one in others):
                    others.append(load)
                    break
            else:
                classes.append([load])
        heaviest = [
            Load("", max(one.weight for one in loads), max(one.times for one in loads))
            for loads in classes
        ]
        return self._sum([*chosen, *heaviest])

    def _sum(self, loads: Sequence[Load]) -> int:
        units = [load.weight for load in loads for _ in range(load.times)]
        return sum(units if self._most is None else heapq.nlargest(self._most, units))


def _before(subject: Subject) -> Mapping[str, frozenset[str]]:
    """Return each step and the steps that have ended before it starts."""
    steps = {step.name: step for step in subject.steps}
    outer = {inner.name: step for step in subject.steps for inner in step.body}
    found: dict[str, frozenset[str]] = {}

    def visit(step: StepDefinition) -> frozenset[str]:
        if step.name not in found:
            waits = [*step.depends_on, *([step.branch[0]] if step.branch else [])]
            ended = {name for wait in waits for name in _with_body(steps[wait])}
            for wait in waits:
                ended |= visit(steps[wait])
            if step.name in outer:
                ended |= visit(outer[step.name])
            found[step.name] = frozenset(ended)
        return found[step.name]

    for step in subject.steps:
        visit(step)
    return found


def _with_body(step: StepDefinition) -> list[str]:
    return [step.name, *(inner.name for inner in step.body)]


def _branches(subject: Subject) -> Mapping[str, Mapping[str, bool]]:
    """Return each step and the sides of the conditions around it."""
    steps = {step.name: step for step in subject.steps}
    outer = {inner.name: step.name for step in subject.steps for inner in step.body}

    def sides(name: str) -> dict[str, bool]:
        branch = steps[name].branch
        around = sides(outer[name]) if name in outer else {}
        return around if branch is None else {**around, **sides(branch[0]), branch[0]: branch[1]}

    return {name: sides(name) for name in steps}
