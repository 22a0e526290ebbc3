"""Source, requirements and long arguments that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from constructs_lib.review.changes import TextChange
from constructs_lib.review.packages import is_list_of_wheels
from constructs_lib.review.snapshot import Snapshot


def text_changes(old: Snapshot, new: Snapshot, renamed: Mapping[str, str]) -> Iterator[TextChange]:
    """Yield the texts that differ, by name.

    Args:
        old: Before.
        new: Now.
        renamed: New name to old of the steps that have another name.
    """
    known = {_renamed(name, renamed): lines for name, lines in old.texts.items()}
    for name in sorted({*known, *new.texts}):
        before, after = known.get(name, ()), new.texts.get(name, ())
        if before != after and not is_list_of_wheels(name):
            steps = {*_holders(old, name, before), *_holders(new, name, after)}
            yield TextChange(name, before, after, tuple(sorted(steps)))


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
