"""Why a result is refused where data alone may be stored."""

from __future__ import annotations

from typing import Any, NoReturn, Optional

from ..failure import StepFailure
from ..json_view import is_exact

_DEEPEST = 50


def refuse_pickle(value: Any, reason: Optional[str]) -> NoReturn:
    """Refuse to pickle a value.

    Args:
        value: The value, or the part of it that is stored by itself.
        reason: Why the format of its library cannot hold it, if it has one.

    Raises:
        StepFailure: Always; names the type of what is no data, and where in the value it is.
    """
    place, odd = _find(value, "", 0)
    kind = f"{type(odd).__module__}.{type(odd).__qualname__}".replace("builtins.", "")
    where = f" at {place} of it" if place else ""
    why = f" ({reason})" if reason else ""
    raise StepFailure(
        f"the step's result cannot be stored as data: there is a {kind}{where}{why}, which can "
        f"only be pickled, and the pipeline refuses pickles (results='data-only'); return texts, "
        f"numbers, lists and dicts of them, arrays, frames, tensors, or the Path of a file"
    )


def _find(value: Any, place: str, depth: int) -> tuple[str, Any]:
    """Return the first thing that JSON does not give back, and where it is."""
    entries: Any = ()
    if type(value) is dict:
        entries = value.items()
    elif type(value) is list:
        entries = enumerate(value)
    if depth < _DEEPEST:
        for key, entry in entries:
            if type(key) not in {str, int} or (type(value) is dict and type(key) is not str):
                return f"a key of {place}" if place else "a key", key
            if not is_exact(entry):
                return _find(entry, f"{place}[{key!r}]", depth + 1)
    return place, value
