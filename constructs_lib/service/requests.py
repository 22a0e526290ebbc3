"""Checks a job request against the service's own model, with errors in our own words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from constructs_lib.exceptions import Fault
from constructs_lib.service.step_types import service_model

_EXPRESSIONS = ("Get", "Std:Join", "Std:JsonGet")
_TOKEN = "${Token["
_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{M}": "",
    r"\p{Z}": r"\s",
    r"\p{N}": r"\d",
    r"\p{S}": r"$+<=>^`|~",
    r"\p{P}": r"!-#%-*,-/:;?@\[-\]_{}",
    r"\p{Alnum}": "A-Za-z0-9",
}
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}


@dataclass(frozen=True)
class _Place:
    """Which step's request, and where in it."""

    step: str
    location: str | None
    uncounted: Collection[str]
    given: Collection[str]
    path: str = ""

    def at(self, entry: str) -> _Place:
        return replace(self, path=f"{self.path}{entry}")

    def fault(self, what: str, found: str, allowed: str, mend: str) -> Fault:
        where = f"step {self.step!r}: {self.path.lstrip('.') or 'the request'} {what}"
        return Fault(where, found, allowed, mend, self.location)


def check_request(
    operation: str,
    request: dict[str, Any],
    *,
    step: str,
    location: str | None,
    uncounted: Collection[str] = (),
    given: Collection[str] = ("TrainingJobName",),
) -> list[Fault]:
    """Return what the service would refuse in a step's arguments.

    Expressions and CDK tokens are taken to have the right type; what is around them is checked.

    Args:
        operation: API operation, such as ``CreateTrainingJob``.
        request: The step's ``Arguments``.
        step: The step's name, for errors.
        location: The user's ``file:line``, for errors.
        uncounted: Members whose number of entries somebody else checks.
        given: Required members that the service fills in itself.
    """
    shape = service_model().operation_model(operation).input_shape
    assert shape is not None, "every Create operation has an input"
    return list(
        _check(shape, request, _Place(step, location, [f".{name}" for name in uncounted], given))
    )


def _check(shape: Shape, value: Any, place: _Place) -> Iterator[Fault]:
    if _is_open(value):
        return
    if not _has_type(shape, value):
        yield place.fault(
            "has the wrong type",
            f"{value!r} ({type(value).__name__})",
            f"a {shape.type_name}",
            "Correct the setting.",
        )
        return
    if place.path not in place.uncounted:
        yield from _check_range(shape, value, place)
    if isinstance(shape, StructureShape):
        yield from _check_structure(shape, value, place)
    elif isinstance(shape, ListShape):
        for index, entry in enumerate(value):
            yield from _check(shape.member, entry, place.at(f"[{index}]"))
    elif isinstance(shape, MapShape):
        for key, entry in value.items():
            yield from _check(shape.key, key, place.at(f" key {key!r}"))
            yield from _check(shape.value, entry, place.at(f"[{key!r}]"))
    elif isinstance(shape, StringShape):
        yield from _check_text(shape, value, place)


def _check_structure(
    shape: StructureShape, value: dict[str, Any], place: _Place
) -> Iterator[Fault]:
    for name in value:
        if name not in shape.members:
            near = difflib.get_close_matches(name, shape.members, 1)
            mend = f"Did you mean {near[0]!r}?" if near else "Remove it."
            yield place.fault("has an unknown member", repr(name), ", ".join(shape.members), mend)
    for name in shape.required_members:
        if name not in value and not (name in place.given and not place.path):
            yield place.fault("lacks a member", f"no {name!r}", f"{name!r} is required", "Add it.")
    for name, member in shape.members.items():
        if name in value:
            yield from _check(member, value[name], place.at(f".{name}"))


def _check_range(shape: Shape, value: Any, place: _Place) -> Iterator[Fault]:
    sized = isinstance(value, (str, list, dict))
    amount = len(value) if sized else value
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if isinstance(amount, bool) or not isinstance(amount, (int, float)):
        return
    if (low is not None and amount < low) or (high is not None and amount > high):
        unit = " characters" if isinstance(value, str) else " entries" if sized else ""
        limits = [f"at least {low}" if low is not None else "", f"at most {high}" if high else ""]
        yield place.fault(
            "is out of range",
            f"{amount}{unit}",
            " and ".join(limit for limit in limits if limit) + unit,
            "Correct the setting.",
        )


def _check_text(shape: StringShape, value: str, place: _Place) -> Iterator[Fault]:
    pattern = shape.metadata.get("pattern")
    if shape.enum and value not in shape.enum:
        near = difflib.get_close_matches(value, shape.enum, 3)
        yield place.fault(
            "is not one of the service's values",
            repr(value),
            ", ".join(near)
            if near
            else f"one of {len(shape.enum)} values, such as {shape.enum[0]}",
            "Correct it, or upgrade botocore if the value is newer than its model.",
        )
    elif pattern and not _matches(pattern, value):
        yield place.fault("has an invalid form", repr(value), f"text like {pattern}", "Correct it.")


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(_python_pattern(pattern), value) is not None
    except re.error:
        return True  # Java's syntax, of which Python has no counterpart


def _python_pattern(pattern: str) -> str:
    """Translate the constructs of the service's patterns that Python spells differently."""
    for java, python in _CLASSES.items():
        pattern = pattern.replace(java, python)
    return pattern


def _has_type(shape: Shape, value: Any) -> bool:
    types = _PYTHON_TYPES.get(shape.type_name, (object,))
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


def _is_open(value: Any) -> bool:
    """Tell whether a value is known only later."""
    if isinstance(value, dict):
        return len(value) == 1 and next(iter(value)) in _EXPRESSIONS
    return isinstance(value, str) and _TOKEN in value
