"""Two versions of pipelines, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from constructs_lib.local.definition import Definition
from constructs_lib.review.caches import forecasts
from constructs_lib.review.changes import ADDED, CHANGED, REMOVED, PipelineChange
from constructs_lib.review.packages import package_changes
from constructs_lib.review.permissions import permission_changes
from constructs_lib.review.pipelines import parameter_changes, setting_changes
from constructs_lib.review.renamed import renamed_steps
from constructs_lib.review.risks import risks
from constructs_lib.review.schedules import schedule_changes
from constructs_lib.review.snapshot import Snapshot
from constructs_lib.review.steps import step_changes
from constructs_lib.review.texts import text_changes

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeletePipeline.html
_LOST = "its executions are deleted with it, and it cannot be deleted while one of them runs"


def compare(old: Sequence[Snapshot], new: Sequence[Snapshot]) -> list[PipelineChange]:
    """Return what differs, a change for each pipeline that does.

    Args:
        old: The pipelines of one assembly.
        new: Those of another one.
    """
    found = []
    pairs = list(_pairs(old, new))
    for before, after in pairs:
        if before is None:
            assert after is not None, "a pair has one or two sides"
            found.append(_added(after))
        elif after is None:
            found.append(PipelineChange(before.name, REMOVED, risks=(_LOST,)))
        else:
            found.append(compare_pipeline(before, after))
    return [change for change in found if not change.is_empty]


def compare_pipeline(old: Snapshot, new: Snapshot) -> PipelineChange:
    """Return what differs in a pipeline."""
    renamed = renamed_steps(old, new)
    steps = tuple(step_changes(old, new, renamed))
    pairs = {name: renamed.get(name, name) for name in new.steps}
    pairs = {name: before for name, before in pairs.items() if before in old.steps}
    is_whole = old.is_whole and new.is_whole
    granted, revoked = permission_changes(old, new, renamed) if is_whole else ((), ())
    change = PipelineChange(
        new.name,
        CHANGED,
        steps=steps,
        texts=tuple(text_changes(old, new, renamed)),
        packages=tuple(package_changes(old.packages, new.packages, pairs)),
        parameters=tuple(parameter_changes(old.definition.parameters, new.definition.parameters)),
        settings=tuple(setting_changes(old.settings, new.settings)),
        schedules=tuple(schedule_changes(old.schedules, new.schedules)) if is_whole else (),
        granted=granted,
        revoked=revoked,
    )
    if change.is_empty:
        return change
    return replace(
        change,
        forecasts=tuple(forecasts(old, new)),
        risks=tuple(dict.fromkeys(risks(old, new, steps, granted, revoked))),
    )


def _added(new: Snapshot) -> PipelineChange:
    """Return a pipeline that there was not before; its source is in the project's own diff."""
    old = replace(new, definition=Definition((), ()), permissions=frozenset(), sharing={})
    steps = tuple(step_changes(old, new, {}))
    granted, _ = permission_changes(old, new, {})
    # What begins is nothing that anybody could miss.
    found = risks(new, new, steps, granted, ())
    return PipelineChange(
        new.name,
        ADDED,
        steps=steps,
        parameters=tuple(parameter_changes((), new.definition.parameters)),
        schedules=tuple(schedule_changes({}, new.schedules)),
        granted=granted,
        risks=tuple(dict.fromkeys(found)),
    )


def _pairs(
    old: Sequence[Snapshot], new: Sequence[Snapshot]
) -> Iterator[tuple[Snapshot | None, Snapshot | None]]:
    """Yield the two versions of each pipeline: by construct, then by name, then what is left."""
    rest = list(old)
    alone = []
    for after in new:
        before = _same(rest, after)
        if before is None:
            alone.append(after)
        else:
            rest.remove(before)
            yield before, after
    if len(rest) == len(alone) == 1 and len(old) == len(new) == 1:
        yield rest[0], alone[0]
        return
    yield from ((None, after) for after in alone)
    yield from ((before, None) for before in rest)


def _same(candidates: Sequence[Snapshot], wanted: Snapshot) -> Snapshot | None:
    for key in ("path", "name"):
        found = [c for c in candidates if getattr(c, key) == getattr(wanted, key)]
        if found:
            return found[0]
    return None
