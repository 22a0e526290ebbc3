"""Steps that were added, removed, renamed, changed or rewired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from constructs_lib.local.definition import StepDefinition
from constructs_lib.review.bundles import bundle_hash
from constructs_lib.review.changes import ADDED, CHANGED, REMOVED, Setting, StepChange
from constructs_lib.review.renamed import renamed_text, translated
from constructs_lib.review.settings import differences, settings_of
from constructs_lib.review.snapshot import Snapshot
from constructs_lib.review.words import named, readable_text

# What a new step is shown with: what it costs, unless that is what any step does, and what it gets.
_SHOWN = ("argument ", "environment variable ", "inputs.", "conditions[")
_USUAL = {
    "cache_config": "true",
    "instance_count": "1",
    "max_runtime_in_seconds": "86400",
    "volume_size": "30",
}


def step_changes(old: Snapshot, new: Snapshot, renamed: Mapping[str, str]) -> Iterator[StepChange]:
    """Yield the steps that differ: in the order of the new definition, then those removed.

    Args:
        old: Before.
        new: Now.
        renamed: New name to old of the steps that have another name.
    """
    for name, step in new.steps.items():
        before = renamed.get(name, name)
        if before in old.steps:
            change = _compare(old.steps[before], step, renamed)
            if change is not None:
                yield change
        else:
            yield StepChange(
                name, ADDED, step.type, settings=tuple(_added(step)), reads=step.depends_on
            )
    for name, step in old.steps.items():
        if name not in new.steps and name not in renamed.values():
            yield StepChange(name, REMOVED, step.type, reads_no_more=step.depends_on)


def _added(step: StepDefinition) -> Iterator[Setting]:
    for path, text in settings_of(step).items():
        name, is_cost = named(path)
        if name.startswith(_SHOWN) or (is_cost and _USUAL.get(name) != text):
            yield Setting(name, None, readable_text(text), is_cost)


def _compare(
    old: StepDefinition, new: StepDefinition, renamed: Mapping[str, str]
) -> StepChange | None:
    before = {name: after for after, name in renamed.items()}
    waited = tuple(before.get(name, name) for name in old.depends_on)
    settings = []
    known = translated(settings_of(old), renamed)
    for path, was, now in differences(known, settings_of(new)):
        if old.name != new.name and was and renamed_text(was, old.name, new.name) == now:
            continue
        name, is_cost = named(path)
        before_it, it = (text and readable_text(text) for text in (was, now))
        settings.append(Setting(name, before_it, it, is_cost))
    change = StepChange(
        new.name,
        CHANGED,
        new.type,
        code=bundle_hash(old.arguments) != bundle_hash(new.arguments),
        settings=tuple(settings),
        reads=tuple(name for name in new.depends_on if name not in waited),
        reads_no_more=tuple(name for name in waited if name not in new.depends_on),
        old_name=old.name if old.name != new.name else None,
    )
    changed = change.code or change.settings or change.is_rewired or change.old_name
    return change if changed else None
