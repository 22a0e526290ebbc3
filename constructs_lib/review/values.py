"""JSON of a definition as text that can be compared and read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.local.definition import StepDefinition
from constructs_lib.review.bundles import bundle_hash

# Members by which the entries of a list are known, so that an entry more is one difference.
_KEYS = ("ChannelName", "Name", "Key", "OutputName", "InputName", "InstanceGroupName", "Id")
_FUNCTIONS = ("Get", "Std:Join", "Std:JsonGet")


def flatten(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each plain value and each expression."""
    if isinstance(value, dict) and not _is_expression(value):
        if not value:
            yield path, "{}"
        for key, entry in value.items():
            yield from flatten(entry, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        names = _names(value)
        if names is None or not value:
            yield path, text_of(value)
        for name, entry in zip(names or (), value, strict=False):
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
    return json.dumps(value, ensure_ascii=False)


def settings_of(step: StepDefinition) -> dict[str, str]:
    """Return path to text of all that the definition says of a step, its code apart."""
    found = dict(flatten({**step.members, **_without_code(step.arguments)}))
    if step.branch is not None:
        condition, holds = step.branch
        found["branch"] = f"{'if' if holds else 'else'} of {condition}"
    found.update({f"trigger {k}": ", ".join(v) for k, v in step.triggers.items()})
    return found


def _without_code(arguments: dict[str, Any]) -> dict[str, Any]:
    if bundle_hash(arguments) is None:
        return arguments
    specification = dict(arguments["AlgorithmSpecification"])
    specification.pop("ContainerArguments")
    channels = [c for c in arguments.get("InputDataConfig", []) if c["ChannelName"] != "code"]
    return {**arguments, "AlgorithmSpecification": specification, "InputDataConfig": channels}


def _joined(value: Any) -> str:
    return value if isinstance(value, str) else f"{{{text_of(value)}}}"


def _is_expression(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in _FUNCTIONS


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
