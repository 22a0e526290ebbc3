"""JSON of a definition as text that can be compared and read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

# Members by which the entries of a list are known, so that an entry more is one difference.
_KEYS = ("ChannelName", "Name", "Key", "OutputName", "InputName", "InstanceGroupName", "Id")
_FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")


def flatten(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each plain value and each expression.

    Entries of a list have their names as paths, or else their numbers; a list of plain values is
    one text.

    Args:
        value: JSON data.
        path: What the paths begin with.
    """
    if isinstance(value, dict) and not _is_expression(value):
        if not value:
            yield path, "{}"
        for key, entry in value.items():
            yield from flatten(entry, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        if not any(_is_nested(entry) for entry in value):
            yield path, text_of(value)
            return
        names = _names(value)
        for number, entry in enumerate(value):
            name = str(number) if names is None else names[number]
            rest = entry
            if names is not None:
                rest = {k: v for k, v in entry.items() if v != name or k not in _KEYS}
            yield from flatten(rest, f"{path}[{name}]")
    else:
        yield path, text_of(value)


def text_of(value: Any) -> str:
    """Return a value as a reader would write it: ``Steps.train.x``, ``a/{Parameters.B}``."""
    if isinstance(value, str):
        return value
    if _is_expression(value):
        ((name, argument),) = value.items()
        if name == "Get":
            return str(argument)
        if name == "Std:JsonGet":
            source = text_of(argument.get("PropertyFile", argument.get("S3Uri", "")))
            return f"{source}:{text_of(argument.get('Path', ''))}"
        return str(argument["On"]).join(map(_joined, argument["Values"]))
    if isinstance(value, list):
        value = [_joined(entry) if _is_expression(entry) else entry for entry in value]
    return json.dumps(value, ensure_ascii=False)


def _joined(value: Any) -> str:
    return value if isinstance(value, str) else f"{{{text_of(value)}}}"


def _is_expression(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in _FUNCTIONS


def _is_nested(value: Any) -> bool:
    return isinstance(value, (dict, list)) and not _is_expression(value)


def _names(entries: list[Any]) -> list[str] | None:
    """Return what the entries of a list are called, if each has a name of its own."""
    names = []
    for entry in entries:
        if not isinstance(entry, dict) or _is_expression(entry):
            return None
        name = next((entry[key] for key in _KEYS if isinstance(entry.get(key), str)), None)
        if name is None:
            return None
        names.append(name)
    return names if len({*names}) == len(names) else None
