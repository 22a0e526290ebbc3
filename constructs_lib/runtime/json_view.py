"""The JSON view of a result: what conditions can read, as far as JSON can hold it."""

from __future__ import annotations

import math
from typing import Any

_DEEPEST = 50
_MOST_NODES = 100_000

# In bits; Python refuses to write much longer numbers in decimal.
_LONGEST_INT = 10_000

_LEFT_OUT = object()


class _TooMuch(Exception):
    """The value is circular, too deep or too large for a view."""


def json_view(value: Any) -> tuple[bool, Any]:
    """Return whether a value has a JSON view, and the view.

    Tuples are lists and numpy scalars are numbers. Entries of a dict that JSON cannot hold are
    left out, elements of a list that it cannot hold are null. NaN and infinity cannot be held.
    A value that is circular, more than 50 levels deep, or has more than 100,000 parts has none.
    """
    try:
        view, kept = _View().of(value, 0)
    except (_TooMuch, RecursionError):
        return False, None
    return view is not _LEFT_OUT and kept, view


def is_exact(value: Any) -> bool:
    """Tell whether JSON gives back exactly this value, types and all."""
    try:
        return _is_exact(value, 0)
    except (_TooMuch, RecursionError):
        return False


class _View:
    def __init__(self) -> None:
        self._nodes = 0

    def of(self, value: Any, depth: int) -> tuple[Any, bool]:
        """Return a view, or _LEFT_OUT, and whether anything of the value is in it."""
        self._nodes += 1
        if depth > _DEEPEST or self._nodes > _MOST_NODES:
            raise _TooMuch
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


def _is_exact(value: Any, depth: int) -> bool:
    if depth > _DEEPEST:
        raise _TooMuch
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
        return all(_is_exact(entry, depth + 1) for entry in value)
    if kind is dict:
        return all(type(k) is str and _is_exact(v, depth + 1) for k, v in value.items())
    return False
