"""The steps' source as template metadata: what a reviewer reads in a diff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# A template may have 1 MB; the rest of it needs room too.
_MOST_CHARACTERS = 300_000


def source_metadata(definitions: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return qualified name to source lines, shortest definitions first to go in, names sorted.

    Args:
        definitions: Qualified name to source lines of every definition that is shipped.

    Returns:
        The definitions as far as there is room, and a note if some are left out.
    """
    shown: dict[str, list[str]] = {}
    left = _MOST_CHARACTERS
    for name, lines in sorted(definitions.items(), key=lambda item: (_size(item[1]), item[0])):
        left -= _size(lines)
        if left < 0:
            break
        shown[name] = list(lines)
    result = dict(sorted(shown.items()))
    if len(shown) < len(definitions):
        result["…"] = [f"{len(definitions) - len(shown)} longer definitions are not shown"]
    return result


def _size(lines: Sequence[str]) -> int:
    return sum(len(line) + 4 for line in lines)
