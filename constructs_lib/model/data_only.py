"""The rule that results are data: what is known of them before anything runs."""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from constructs_lib.exceptions import Fault
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.shipped import ShippedFunction
from constructs_lib.model.steps import FunctionStep

#: The setting ``results`` of a pipeline that refuses pickles.
DATA_ONLY = "data-only"

_PICKLES = ("joblib", "pickle")
# Packages whose values have a format of their own.
_STORED = ("numpy", "pandas", "polars", "pyarrow", "torch")
_NO_DATA = (bytearray, bytes, complex, frozenset, set)


def data_only_faults(graph: PipelineGraph) -> Iterator[Fault]:
    """Yield a fault for each step that is known to return what can only be pickled."""
    for name, step in graph.function_steps():
        if isinstance(step.function, ShippedFunction):
            continue
        choice = step.serializer
        for position, declared in enumerate(_declared(step)):
            chosen = choice[position] if isinstance(choice, tuple) else choice
            if chosen in _PICKLES:
                yield _fault(step, name, f"serializer={chosen!r}", "Leave serializer out.")
                break
            if chosen is None and declared is not None:
                yield _fault(
                    step,
                    name,
                    f"it is annotated to return {declared.__qualname__}",
                    "Return the fields as a dict, or give a serializer of your own.",
                )
                break


def _fault(step: FunctionStep, name: str, found: str, mend: str) -> Fault:
    return Fault(
        what=f"step {name!r} returns what can only be pickled, and the pipeline has "
        f"results={DATA_ONLY!r}",
        found=found,
        allowed="texts, numbers, lists and dicts of them, arrays, frames, tensors, paths of files, "
        "or a class of your own as serializer",
        mend=mend,
        location=step.location,
    )


def _declared(step: FunctionStep) -> list[type | None]:
    """Return the class of each value if it certainly is no data, else None."""
    function = inspect.unwrap(step.function)
    annotation = getattr(function, "__annotations__", {}).get("return")
    if isinstance(annotation, str):
        names = {**vars(builtins), **getattr(function, "__globals__", {})}
        try:
            annotation = _read(ast.parse(annotation, mode="eval").body, names)
        except (SyntaxError, LookupError, AttributeError):
            annotation = None  # its names may exist only for type checkers
    entries: Any = [annotation]
    if step.elements is not None:
        entries = typing.get_args(annotation) or [None] * step.elements
    return [_no_data(entry) for entry in entries]


def _read(node: ast.expr, names: dict[str, Any]) -> Any:
    """Return what an annotation means, as far as names and brackets tell it."""
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.Attribute):
        return getattr(_read(node.value, names), node.attr)
    if isinstance(node, ast.Subscript):
        origin = _read(node.value, names)
        if (typing.get_origin(origin) or origin) not in {tuple, typing.Tuple}:  # noqa: UP006
            return origin
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return types.GenericAlias(tuple, tuple(_read(entry, names) for entry in inner))
    return None


def _no_data(annotation: Any) -> type | None:
    cls = typing.get_origin(annotation) or annotation
    if not isinstance(cls, type) or issubclass(cls, Path):
        return None
    if cls in _NO_DATA:
        return cls
    package = str(cls.__module__).partition(".")[0]
    may_be_anything = (
        inspect.isabstract(cls) or typing.is_typeddict(cls) or getattr(cls, "_is_protocol", False)
    )
    is_known = package in _STORED or package in sys.stdlib_module_names
    return None if is_known or may_be_anything else cls
