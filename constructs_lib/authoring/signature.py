"""What a function's signature says: how a call binds, and how many elements it returns."""

from __future__ import annotations

import ast
import inspect
import types
import typing
from collections.abc import Callable
from typing import Any

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.location import caller_location
from constructs_lib.model.values import Value, value_of


def bind(
    function: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> list[tuple[str, bool, Value]]:
    """Bind a call to a function's signature.

    Arguments that are not given keep their defaults, which live in the function's own source.

    Args:
        function: The function; it is not called.
        name: The step's name, for errors.
        args: Positional arguments of the call.
        kwargs: Keyword arguments of the call.

    Returns:
        One entry an argument, in order of the signature: its name (``values.0`` in ``*values``),
        whether it has to be passed by position, its value.

    Raises:
        StepError: The call does not fit.
    """
    signature = inspect.signature(function)
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise StepError(
            Fault(
                what=f"step {name!r} cannot be called like this",
                found=str(error),
                allowed=f"{name}{signature}",
                mend="Correct the arguments of the call.",
                location=caller_location(),
            )
        ) from None
    parameters = signature.parameters
    spread = any(parameters[n].kind is inspect.Parameter.VAR_POSITIONAL for n in bound.arguments)
    entries: list[tuple[str, bool, Value]] = []
    for argument, value in bound.arguments.items():
        kind = parameters[argument].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            entries += [(f"{argument}.{i}", True, value_of(v)) for i, v in enumerate(value)]
        elif kind is inspect.Parameter.VAR_KEYWORD:
            entries += [(key, False, value_of(v)) for key, v in value.items()]
        else:
            positional = kind is inspect.Parameter.POSITIONAL_ONLY or (
                spread and kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
            )
            entries.append((argument, positional, value_of(value)))
    return entries


def declared_elements(function: Callable[..., Any]) -> int | None:
    """Return the length of the tuple that a function declares to return, if it declares one."""
    annotation = getattr(function, "__annotations__", {}).get("return")
    if isinstance(annotation, str):
        return _elements_in_text(annotation)
    if typing.get_origin(annotation) is not tuple:
        return None
    elements = typing.get_args(annotation)
    return None if not elements or Ellipsis in elements else len(elements)


def _elements_in_text(annotation: str) -> int | None:
    """Read an annotation without evaluating it: its names may exist only for type checkers."""
    try:
        node = ast.parse(annotation, mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(node, ast.Subscript):
        return None
    name = node.value.attr if isinstance(node.value, ast.Attribute) else None
    name = node.value.id if isinstance(node.value, ast.Name) else name
    if name not in {"tuple", "Tuple"}:
        return None
    elements = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if not elements or any(isinstance(e, ast.Constant) and e.value is ... for e in elements):
        return None
    return len(elements)


def check_function(function: object) -> str | None:
    """Return why a function cannot be a step, or None if it can."""
    if not callable(function) or isinstance(function, type):
        return "it is not a function"
    plain = inspect.unwrap(function) if isinstance(function, types.FunctionType) else function
    if inspect.iscoroutinefunction(plain) or inspect.isasyncgenfunction(plain):
        return "it is an async function"
    if inspect.isgeneratorfunction(plain):
        return "it is a generator function"
    return None
