"""Source, requirements and long arguments that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from constructs_lib.review.changes import TextChange
from constructs_lib.review.packages import is_list_of_wheels
from constructs_lib.review.snapshot import Snapshot

# How much of a source is the same after a new name, or in another module.
_ALIKE = 0.5


def text_changes(old: Snapshot, new: Snapshot, renamed: Mapping[str, str]) -> Iterator[TextChange]:
    """Yield the texts that differ, by name.

    Args:
        old: Before.
        new: Now.
        renamed: New name to old of the steps that have another name.
    """
    known = {_renamed(name, renamed): lines for name, lines in old.texts.items()}
    moved = _moved(known, new.texts)
    for name in sorted({*known, *new.texts} - {*moved.values()}):
        old_name = moved.get(name)
        before, after = known.get(old_name or name, ()), new.texts.get(name, ())
        if (before != after or old_name) and not is_list_of_wheels(name):
            steps = {*_holders(old, name, before), *_holders(new, name, after)}
            # A step with another name holds what it held.
            steps -= {gone for come, gone in renamed.items() if come in steps}
            yield TextChange(name, before, after, tuple(sorted(steps)), old_name)


def _moved(
    old: Mapping[str, tuple[str, ...]], new: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Return new name to old of sources that are alike, the most alike first."""
    gone, come = (
        [name for name in one if name not in other and _is_source(name)]
        for one, other in ((old, new), (new, old))
    )
    rated = ((_ratio(old[before], new[after]), after, before) for after in come for before in gone)
    found: dict[str, str] = {}
    for ratio, after, before in sorted(rated, reverse=True):
        if ratio >= _ALIKE and after not in found and before not in found.values():
            found[after] = before
    return found


def _ratio(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE else 0.0


def _is_source(name: str) -> bool:
    """Tell whether a text is no argument, and no requirements, of a step."""
    return "(" not in name and " of " not in name


def _renamed(name: str, renamed: Mapping[str, str]) -> str:
    """Return a text's name with the new name of the step that it belongs to."""
    for new, old in renamed.items():
        if name.startswith(f"{old}("):
            return new + name.removeprefix(old)
        if name.endswith(f" of {old}"):
            return name.removesuffix(old) + new
    return name


def _holders(snapshot: Snapshot, name: str, lines: tuple[str, ...]) -> Iterator[str]:
    for step, bundle in snapshot.bundles.items():
        own = name.startswith(f"{step}(") or name.endswith(f" of {step}")
        if lines and (own or bundle.holds(lines)):
            yield step
