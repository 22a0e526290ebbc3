"""Where in an object something is, in the user's words."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator, Sequence
from typing import Any


def path_to(stack: Sequence[object]) -> str:
    """Return how the last of several nested objects is reached from the first.

    Args:
        stack: What the pickler is inside of, from the root; it also holds objects of pickle's
            own, which are passed over.

    Returns:
        Labels such as `` → ['client']`` or `` → closure 'lock'``; empty for the root.
    """
    current, labels = stack[0], ""
    for inner in stack[1:]:
        label = next((text for text, child in _children(current) if child is inner), None)
        if label is not None:
            labels += f" → {label}"
            current = inner
    return labels


def _children(value: Any) -> Iterator[tuple[str, object]]:  # noqa: PLR0912 - a case a type
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"[{key!r}]", item
            yield f"key {key!r}", key
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield f"[{index}]", item
    elif isinstance(value, (set, frozenset)):
        for item in value:
            yield "an element", item
    elif isinstance(value, types.FunctionType):
        yield from _captured(value)
    elif isinstance(value, types.MethodType):
        yield "its instance", value.__self__
        yield from _children(value.__func__)
    elif isinstance(value, functools.partial):
        yield "its function", value.func
        yield from ((f"argument {i}", item) for i, item in enumerate(value.args))
        yield from ((f"argument {name!r}", item) for name, item in value.keywords.items())
    wrapped = getattr(value, "__wrapped__", None)
    if wrapped is not None:
        yield "the function it wraps", wrapped
    if isinstance(getattr(value, "__dict__", None), dict):
        yield from ((f".{name}", item) for name, item in vars(value).items())
    for name in getattr(type(value), "__slots__", ()):
        if hasattr(value, name):
            yield f".{name}", getattr(value, name)


def _captured(function: types.FunctionType) -> Iterator[tuple[str, object]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield f"closure {name!r}", cell.cell_contents
        except ValueError:
            continue  # a variable that has no value yet
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        codes += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
        for name in code.co_names:
            if name in function.__globals__:
                yield f"global {name!r}", function.__globals__[name]
    for item in function.__defaults__ or ():
        yield "default value", item
    for name, item in (function.__kwdefaults__ or {}).items():
        yield f"default of {name!r}", item
