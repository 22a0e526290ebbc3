"""Steps that are gone under one name and came under another."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher

from constructs_lib.local.definition import StepDefinition
from constructs_lib.review.bundles import bundle_hash
from constructs_lib.review.settings import settings_of
from constructs_lib.review.snapshot import Snapshot

# How much of a step's settings, and of its code, is the same after a new name.
_ALIKE = 0.75


def renamed_steps(old: Snapshot, new: Snapshot) -> dict[str, str]:
    """Return new name to old."""
    gone = [step for name, step in old.steps.items() if name not in new.steps]
    come = [step for name, step in new.steps.items() if name not in old.steps]
    found: dict[str, str] = {}
    for step in come:
        rated = [(_likeness(other, old, step, new), other.name) for other in gone]
        best = max(rated, default=(0.0, ""))
        if best[0] >= _ALIKE and best[1] not in found.values():
            found[step.name] = best[1]
    return found


def translated(settings: Mapping[str, str], renamed: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of an old step with the new names of the steps that it mentions."""
    found = dict(settings)
    for new, old in renamed.items():
        found = {key: text.replace(f"Steps.{old}.", f"Steps.{new}.") for key, text in found.items()}
    return found


def renamed_text(text: str, old: str, new: str) -> str:
    """Return a text that names a step with its new name; names of jobs have dashes only."""
    before, after = (name.lower().replace("_", "-") for name in (old, new))
    return text.replace(old, new).replace(before, after)


def _likeness(one: StepDefinition, old: Snapshot, other: StepDefinition, new: Snapshot) -> float:
    if one.type != other.type:
        return 0.0
    settings = [
        [f"{path} {text}" for path, text in _anonymous(step).items()] for step in (one, other)
    ]
    return min(_ratio(*settings), _code_likeness(one, old, other, new))


def _code_likeness(
    one: StepDefinition, old: Snapshot, other: StepDefinition, new: Snapshot
) -> float:
    if bundle_hash(one.arguments) == bundle_hash(other.arguments):
        return 1.0
    bundles = (old.bundles.get(one.name), new.bundles.get(other.name))
    if bundles[0] is None or bundles[1] is None:
        return 0.0
    lines = [
        [line for path in sorted(bundle.texts) for line in bundle.texts[path]]
        for bundle in bundles
        if bundle is not None
    ]
    return _ratio(*lines)


def _anonymous(step: StepDefinition) -> dict[str, str]:
    """Return the settings of a step with neither its name nor those of other steps."""
    names = (step.name, step.name.lower().replace("_", "-"))
    found = settings_of(step)
    for name in names:
        found = {path: text.replace(name, "*") for path, text in found.items()}
    return found


def _ratio(one: list[str], other: list[str]) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
