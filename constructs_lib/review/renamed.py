"""Steps that are gone under one name and came under another."""

from __future__ import annotations

import re
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
        read = re.compile(rf"(Steps\.|\]\.){re.escape(old)}(?=[.\]}}])")
        found = {
            f"trigger {new}" if path == f"trigger {old}" else path: read.sub(rf"\g<1>{new}", text)
            for path, text in found.items()
        }
        for side in ("if of", "else of"):
            if found.get("branch") == f"{side} {old}":
                found["branch"] = f"{side} {new}"
    return found


def renamed_text(text: str, old: str, new: str) -> str:
    """Return a text that names a step with its new name; names of jobs have dashes only."""
    for before, after in ((old, new), (_in_job_names(old), _in_job_names(new))):
        text = _word(before).sub(after, text)
    return text


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")


def _in_job_names(name: str) -> str:
    return name.lower().replace("_", "-")


def _likeness(one: StepDefinition, old: Snapshot, other: StepDefinition, new: Snapshot) -> float:
    if one.type != other.type:
        return 0.0
    settings = [
        [f"{path} {text}" for path, text in _anonymous(step).items()] for step in (one, other)
    ]
    alike = _ratio(*settings)
    # Code is long: it is compared only where that can matter.
    return min(alike, _code_likeness(one, old, other, new)) if alike >= _ALIKE else alike


def _code_likeness(
    one: StepDefinition, old: Snapshot, other: StepDefinition, new: Snapshot
) -> float:
    if bundle_hash(one.arguments) == bundle_hash(other.arguments):
        return 1.0
    if one.name not in old.bundles or other.name not in new.bundles:
        return 0.0
    return _ratio(_code(old, one.name), _code(new, other.name))


def _code(snapshot: Snapshot, step: str) -> list[str]:
    """Return the lines of a step's code without its name, which is mostly the function's."""
    texts = snapshot.bundles[step].texts
    return [_word(step).sub("*", line) for path in sorted(texts) for line in texts[path]]


def _anonymous(step: StepDefinition) -> dict[str, str]:
    """Return the settings of a step without its name."""
    return {path: renamed_text(text, step.name, "*") for path, text in settings_of(step).items()}


def _ratio(one: list[str], other: list[str]) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE else 0.0
