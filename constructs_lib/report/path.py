"""What an execution's duration comes from."""

from __future__ import annotations

from datetime import datetime

from constructs_lib.report.record import Run, StepRun


def critical_path(run: Run) -> list[str]:
    """Return the steps, in order, of which each began when the one before had ended.

    From the step that ended last, back along the step that it waited for longest. Empty if the
    definition was not kept.
    """
    if run.definition is None:
        return []
    steps = {step.name: step for step in run.steps if step.start is not None}
    inner: dict[str, list[StepRun]] = {}
    for step in steps.values():
        if step.for_each:
            inner.setdefault(step.for_each, []).append(step)

    def end(step: StepRun) -> datetime:
        return step.end or run.until

    found: list[str] = []
    waited = list(steps.values())
    while waited:
        # A condition takes no time: of two that ended at once, the later one waited for the other.
        last = max(waited, key=lambda step: (end(step), step.start or run.start))
        if last.name in inner:  # a ForEach step takes the time of its iterations
            waited = inner.pop(last.name)
        elif last.name in found:
            break
        else:
            found.append(last.name)
            waited = _awaited(last, steps)
    return found[::-1]


def _awaited(step: StepRun, steps: dict[str, StepRun]) -> list[StepRun]:
    names = step.depends_on
    if not names and step.for_each in steps:
        names = steps[step.for_each].depends_on
    return [steps[name] for name in names if name in steps]
