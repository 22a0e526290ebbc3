"""JSON text to values, without importing ``json``, which takes as long as Python's own start."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Defaults:
    """What CPython's scanner asks of a decoder, as ``json.loads`` has it."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def loads(text: str) -> Any:
    """Return what ``json.loads`` returns.

    Raises:
        ValueError: The text is no JSON.
    """
    content = text.strip(" \t\n\r")
    try:
        from _json import make_scanner

        value, end = make_scanner(_Defaults)(content, 0)  # type: ignore[arg-type]  # any object does
    except (ImportError, StopIteration, ValueError, SystemError):
        # Not CPython, or no JSON: some versions cannot raise an error that is not yet loaded.
        end = -1
    if end == len(content):
        return value
    import json  # it says what is wrong

    return json.loads(text)
