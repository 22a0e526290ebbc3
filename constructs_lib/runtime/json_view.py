"""The JSON view of a result: what conditions can read, as far as JSON can hold it."""

from __future__ import annotations

import math
from typing import Any

_DEEPEST = 50
_MOST_NODES = 100_000
# Characters of all texts together: in JSON one may take six bytes.
_MOST_TEXT = 1 << 21

# In bits; Python refuses to write much longer numbers in decimal.
_LONGEST_INT = 10_000

_LEFT_OUT = object()


class _TooMuch(Exception):
    """The value is circular, too deep or too large for a view."""


def json_view(value: Any) -> tuple[bool, Any]:
    """Return whether a value has a JSON view, and the view.

    Tuples are lists and numpy scalars are numbers. Entries of a dict that JSON cannot hold are
    left out, elements of a list that it cannot hold are null. NaN and infinity cannot be held.
    A value that is circular, more than 50 levels deep, or has more than 100,000 parts or
    2,097,152 characters has none.
    """
    try:
        view, kept = _View().of(value, 0)
    except (_TooMuch, RecursionError):
        return False, None
    return view is not _LEFT_OUT and kept, view


def is_exact(value: Any) -> bool:
    """Tell whether JSON gives back exactly this value, types and all.

    What is too large for a view counts as not exact: JSON would need a copy of it or two.
    """
    try:
        return _Exactness().of(value, 0)
    except (_TooMuch, RecursionError):
        return False


class _Limits:
    def __init__(self) -> None:
        self._nodes = 0
        self._text = 0

    def _count(self, value: Any, depth: int) -> None:
        self._nodes += 1
        if isinstance(value, str):
            self._text += len(value)
        elif isinstance(value, dict):
            self._text += sum(len(key) for key in value if isinstance(key, str))
        if depth > _DEEPEST or self._nodes > _MOST_NODES or self._text > _MOST_TEXT:
            raise _TooMuch


class _View(_Limits):
    def of(self, value: Any, depth: int) -> tuple[Any, bool]:
        """Return a view, or _LEFT_OUT, and whether anything of the value is in it."""
        self._count(value, depth)
        if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
            value = value.item()
        if value is None or isinstance(value, bool):
            return value, True
        if isinstance(value, int):
            short = value.bit_length() <= _LONGEST_INT
            return (int(value), True) if short else (_LEFT_OUT, False)
        if isinstance(value, float):
            return (float(value), True) if math.isfinite(value) else (_LEFT_OUT, False)
        if isinstance(value, str):
            return str.__str__(value), True
        if isinstance(value, dict):
            return self._dict(value, depth)
        if isinstance(value, (list, tuple)):
            return self._list(value, depth)
        return _LEFT_OUT, False

    def _dict(self, value: dict[Any, Any], depth: int) -> tuple[Any, bool]:
        view = {}
        for key, entry in value.items():
            if isinstance(key, str):
                inner, kept = self.of(entry, depth + 1)
                if inner is not _LEFT_OUT and kept:
                    view[str.__str__(key)] = inner
        return view, bool(view) or not value

    def _list(self, value: Any, depth: int) -> tuple[Any, bool]:
        inner = [self.of(entry, depth + 1) for entry in value]
        view = [None if entry is _LEFT_OUT else entry for entry, _ in inner]
        return view, any(kept for _, kept in inner) or not view


class _Exactness(_Limits):
    def of(self, value: Any, depth: int) -> bool:
        self._count(value, depth)
        kind = type(value)
        if value is None or kind is bool:
            return True
        if kind is int:
            return bool(value.bit_length() <= _LONGEST_INT)
        if kind is str:
            return value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value)
        if kind is float:
            return math.isfinite(value)
        if kind is list:
            return all(self.of(entry, depth + 1) for entry in value)
        if kind is dict:
            return all(type(k) is str and self.of(v, depth + 1) for k, v in value.items())
        return False
