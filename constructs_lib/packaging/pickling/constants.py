"""One object for all equal constants: which of them are identical is chance."""

from __future__ import annotations

from typing import Any

_BY_TEXT = frozenset({float, complex})
_PLAIN = frozenset({int, bool, str, bytes, type(None), type(...)})


class Constants:
    """The constants seen so far.

    Two equal texts of a module may be one object after compiling it, and two after loading its
    compiled file; a pickle tells the difference.
    """

    def __init__(self) -> None:
        self._seen: dict[object, Any] = {}

    def one_for_equal(self, value: Any) -> Any:
        """Return the first constant equal to this one; what is no constant as it is."""
        if type(value) not in _SHARED:
            return value
        key = _key(value)
        return value if key is None else self._seen.setdefault(key, value)


_SHARED = frozenset({str, bytes, tuple, frozenset})


def _key(value: Any) -> object:
    """Return what equal constants have in common, 1 and 1.0 apart; None for other objects."""
    kind = type(value)
    if kind in _PLAIN:
        return kind, value
    if kind in _BY_TEXT:
        return kind, repr(value)
    if kind is not tuple and kind is not frozenset:
        return None
    keys = []
    for item in value:
        key = _key(item)
        if key is None:
            return None
        keys.append(key)
    return kind, tuple(keys) if kind is tuple else frozenset(keys)
