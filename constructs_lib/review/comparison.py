"""Two versions of pipelines, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from constructs_lib.local.definition import ParameterDefinition
from constructs_lib.review.caches import forecasts
from constructs_lib.review.changes import ADDED, CHANGED, REMOVED, PipelineChange, Setting
from constructs_lib.review.packages import package_changes
from constructs_lib.review.renamed import renamed_steps
from constructs_lib.review.risks import risks
from constructs_lib.review.snapshot import Snapshot
from constructs_lib.review.steps import differences, step_changes
from constructs_lib.review.texts import text_changes
from constructs_lib.service.plain_values import text_of


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
            found.append(PipelineChange(after.name, ADDED))
        elif after is None:
            found.append(PipelineChange(before.name, REMOVED))
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
    granted = sorted(new.permissions - old.permissions) if is_whole else ()
    revoked = sorted(old.permissions - new.permissions) if is_whole else ()
    change = PipelineChange(
        new.name,
        CHANGED,
        steps=steps,
        texts=tuple(text_changes(old, new, renamed)),
        packages=tuple(package_changes(old.packages, new.packages, pairs)),
        parameters=tuple(_parameters(old.definition.parameters, new.definition.parameters)),
        settings=tuple(_settings(old.settings, new.settings)),
        schedules=tuple(_schedules(old, new)) if is_whole else (),
        granted=tuple(granted),
        revoked=tuple(revoked),
    )
    if change.is_empty:
        return change
    return replace(
        change,
        forecasts=tuple(forecasts(old, new)),
        risks=tuple(dict.fromkeys(risks(old, new, steps, granted, revoked))),
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


def _parameters(
    old: Sequence[ParameterDefinition], new: Sequence[ParameterDefinition]
) -> Iterator[Setting]:
    for name, was, now in differences(*({p.name: _text(p) for p in side} for side in (old, new))):
        yield Setting(name, was, now)


def _text(parameter: ParameterDefinition) -> str:
    default = "no default" if parameter.default is None else text_of(parameter.default)
    choices = parameter.enum_values
    allowed = "" if choices is None else f", one of {', '.join(map(text_of, choices))}"
    return f"{parameter.type}, {default}{allowed}"


def _settings(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Setting]:
    for name, was, now in differences(old, new):
        yield Setting(name, was, now, is_cost=name.startswith("Parallelism"))


def _schedules(old: Snapshot, new: Snapshot) -> Iterator[Setting]:
    sides = [
        {
            f"{schedule} {name}": text
            for schedule, settings in side.schedules.items()
            for name, text in settings.items()
        }
        for side in (old, new)
    ]
    for name, was, now in differences(*sides):
        yield Setting(name, was, now, is_cost=True)
