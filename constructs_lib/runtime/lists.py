"""The lists in a result, as texts that a ForEach step of the service can iterate over."""

from __future__ import annotations

import json
from typing import Any, Optional

from .json_view import is_exact
from .protocol import ListTexts

# The service iterates over far fewer.
_LONGEST = 1000
_DEEPEST = 5
_MOST_ELEMENTS = 64


def list_texts(value: Any, depth: int = 0) -> Optional[ListTexts]:
    """Return the texts of a list, and of those in it; None if there are no lists."""
    texts = ListTexts()
    if isinstance(value, (list, tuple)) and len(value) <= _LONGEST:
        texts["positions"] = json.dumps(list(range(len(value))))
        if is_exact(list(value)):
            texts["values"] = json.dumps([json.dumps(item) for item in value])
    elements = _elements(value, depth)
    if elements:
        texts["elements"] = elements
    return texts or None


def _elements(value: Any, depth: int) -> dict[str, Any]:
    entries: dict[Any, Any] = {}
    if isinstance(value, dict):
        entries = {key: entry for key, entry in value.items() if isinstance(key, str)}
    elif isinstance(value, (list, tuple)):
        entries = dict(enumerate(value))
    if depth == _DEEPEST or len(entries) > _MOST_ELEMENTS:
        return {}
    found = {str(key): list_texts(entry, depth + 1) for key, entry in entries.items()}
    return {key: texts for key, texts in found.items() if texts is not None}
