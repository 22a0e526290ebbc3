"""The expression language of a pipeline definition, as data.

An expression has no value before the pipeline runs. Text written with an f-string carries its
variables as markers, which :func:`parse_text` turns back into a join.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from constructs_lib.model.steps import Step

Primitive: TypeAlias = str | int | float | bool
Index: TypeAlias = int | str


@dataclass(frozen=True)
class Get:
    """``{"Get": path}``: a parameter or an execution variable.

    Attributes:
        path: ``Parameters.<name>`` or ``Execution.<variable>``.
    """

    path: str


@dataclass(frozen=True)
class ItemGet:
    """``{"Get": "ForEach.CurrentItem<path>"}``: the item of a ForEach step's iteration.

    Attributes:
        path: Of a field in it, such as ``.depth`` or ``['depth']``; empty for the whole of it.
    """

    path: str = ""


@dataclass(frozen=True)
class Iteration:
    """An iteration of a ForEach step.

    Attributes:
        for_each: The step; None in its own selector, which compares all iterations.
        index: Counted from 0; None for the one that the selector has picked.
    """

    for_each: Step | None = None
    index: int | None = None


@dataclass(frozen=True)
class ResultGet:
    """``{"Std:JsonGet": ...}``: an element of what a step returned, read from its JSON view.

    Attributes:
        step: The step that returned it.
        path: Indices into the result; empty for the whole of it.
        iteration: Which one, if the step is in the body of a ForEach step.
        as_list: For a list that a ForEach step iterates over, as the text that the service wants:
            ``values`` or ``positions``; None for the value itself.
    """

    step: Step
    path: tuple[Index, ...]
    iteration: Iteration | None = None
    as_list: str | None = None


@dataclass(frozen=True)
class StoredFile:
    """The S3 URI of a file that a function step has left beside its result.

    Attributes:
        step: The step.
        name: Of the file.
        iteration: Which one, if the step is in the body of a ForEach step.
    """

    step: Step
    name: str
    iteration: Iteration | None = None


@dataclass(frozen=True)
class PropertyGet:
    """``{"Get": "Steps.<name>.<path>"}``: what the service knows of a step that has run.

    Attributes:
        step: The step.
        path: Such as ``ModelArtifacts.S3ModelArtifacts``.
        type: string, integer, float, boolean, or json if unknown.
        iteration: Which one, if the step is in the body of a ForEach step.
    """

    step: Step
    path: str
    type: str = "json"
    iteration: Iteration | None = None


@dataclass(frozen=True)
class FileGet:
    """``{"Std:JsonGet": ...}``: a value in a property file of a processing step.

    Attributes:
        step: The step, or its name.
        file: Name of the property file.
        path: JSON path of the value.
    """

    step: Step | str
    file: str
    path: str


@dataclass(frozen=True)
class ObjectGet:
    """``{"Std:JsonGet": ...}``: a value in a JSON file in S3.

    Attributes:
        uri: S3 URI of the file.
        path: JSON path of the value.
    """

    uri: Expression
    path: str


@dataclass(frozen=True)
class JoinOf:
    """``{"Std:Join": ...}``: values as text, with a separator between them."""

    on: str
    values: tuple[Expression, ...]


Expression: TypeAlias = (
    Primitive | Get | ItemGet | ResultGet | StoredFile | PropertyGet | FileGet | ObjectGet | JoinOf
)

_MARKER = re.compile(r"\$\{constructs_lib:((?:Parameters|Execution)\.[^{}]+)\}")


def marker(expression: Get) -> str:
    """Return the text that stands for a variable inside a Python string."""
    return f"${{constructs_lib:{expression.path}}}"


def parse_text(text: str) -> Expression:
    """Turn a string that may hold markers into an expression.

    Returns:
        The string itself if it holds none, the variable if it is nothing else, else a join.
    """
    pieces = _MARKER.split(text)  # text, path, text, path, ..., text
    if len(pieces) == 1:
        return text
    values: list[Expression] = []
    for position, piece in enumerate(pieces):
        if position % 2:
            values.append(Get(piece))
        elif piece:
            values.append(piece)
    return values[0] if len(values) == 1 else JoinOf("", tuple(values))


def steps_of(expression: Expression) -> list[Step]:
    """Return the steps that an expression has to wait for, in order of appearance."""
    if isinstance(expression, (ResultGet, StoredFile, PropertyGet)):
        if expression.iteration is None:
            return [expression.step]
        return [] if expression.iteration.for_each is None else [expression.iteration.for_each]
    if isinstance(expression, FileGet):
        return [] if isinstance(expression.step, str) else [expression.step]
    if isinstance(expression, ObjectGet):
        return steps_of(expression.uri)
    if isinstance(expression, JoinOf):
        return [step for value in expression.values for step in steps_of(value)]
    return []


def producers_of(expression: Expression) -> list[Step]:
    """Return the steps that have made what an expression reads, in order of appearance."""
    if isinstance(expression, (ResultGet, StoredFile, PropertyGet)):
        return [expression.step]
    if isinstance(expression, ObjectGet):
        return producers_of(expression.uri)
    if isinstance(expression, JoinOf):
        return [step for value in expression.values for step in producers_of(value)]
    return steps_of(expression)


def reads_item(expression: Expression) -> bool:
    """Tell whether an expression reads the item of a ForEach step's iteration."""
    if isinstance(expression, ObjectGet):
        return reads_item(expression.uri)
    if isinstance(expression, JoinOf):
        return any(map(reads_item, expression.values))
    return isinstance(expression, ItemGet)


def parameter_names(expression: Expression) -> list[str]:
    """Return the names of the pipeline parameters that an expression reads."""
    if isinstance(expression, Get):
        kind, _, name = expression.path.partition(".")
        return [name] if kind == "Parameters" else []
    if isinstance(expression, ObjectGet):
        return parameter_names(expression.uri)
    if isinstance(expression, JoinOf):
        return [name for value in expression.values for name in parameter_names(value)]
    return []
