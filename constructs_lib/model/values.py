"""What a step is called with: a tree of values, sorted by how each can be known."""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from constructs_lib.model.checkpoints import CheckpointLocation
from constructs_lib.model.expressions import Expression, Primitive, parse_text
from constructs_lib.model.file_systems import FileSystemInput
from constructs_lib.model.inputs import S3Input
from constructs_lib.model.resources import resource_text, text_of_resource
from constructs_lib.model.variables import CollectedOutput, PipelineVariable, StepOutput

JSONValue: TypeAlias = Primitive | list[Any] | dict[str, Any] | None

# How the CDK writes a value that CloudFormation will know; opaque here, and never in a bundle.
TOKEN_MARKER = "${Token["
# The only element of a list that CloudFormation will know; nothing can carry it but a whole list.
LIST_TOKEN_MARKER = "#{Token["

# In bits; Python refuses to write much longer numbers in decimal.
_LONGEST_INT = 10_000


@dataclass(frozen=True)
class Literal:
    """A value that JSON holds exactly."""

    value: JSONValue


@dataclass(frozen=True)
class Opaque:
    """A value known at synthesis that JSON cannot hold; it travels as a pickle."""

    value: object


@dataclass(frozen=True)
class Variable:
    """A value known when the pipeline is deployed or runs, with the type it arrives with."""

    expression: Expression
    type: str


@dataclass(frozen=True)
class Upstream:
    """What another step returned, or an element of it."""

    output: StepOutput


@dataclass(frozen=True)
class Stored:
    """The files of what another step returned; it is not loaded."""

    output: StepOutput


@dataclass(frozen=True)
class Collected:
    """What all iterations of a step have returned, as a list.

    Attributes:
        output: Says which step.
        order: What was iterated over; None if the items are positions.
    """

    output: CollectedOutput
    order: Value | None


@dataclass(frozen=True)
class ItemOf:
    """The element of a list that an iteration is about.

    Attributes:
        source: The list.
        position: The item of the iteration.
    """

    source: Items | Upstream | Collected
    position: Variable


@dataclass(frozen=True)
class S3Data:
    """Files in S3."""

    source: S3Input


@dataclass(frozen=True)
class Mounted:
    """A directory of a file system."""

    source: FileSystemInput


@dataclass(frozen=True, eq=False)
class Deployed:
    """The name, URL or ARN of a resource that the step may use.

    Attributes:
        resource: Of the CDK.
        text: A token of it, or itself.
    """

    resource: Any
    text: Expression


@dataclass(frozen=True)
class Checkpoints:
    """The folder of the step's checkpoints."""

    location: CheckpointLocation


@dataclass(frozen=True)
class Items:
    """A list or tuple with something in it that JSON cannot hold."""

    kind: str
    items: tuple[Value, ...]


@dataclass(frozen=True)
class Pairs:
    """A dict with something in it that JSON cannot hold."""

    pairs: tuple[tuple[Value, Value], ...]


@dataclass(frozen=True)
class Instance:
    """A dataclass or named tuple with variables in its fields."""

    cls: type
    fields: tuple[tuple[str, Value], ...]


Value: TypeAlias = (
    Literal
    | Opaque
    | Variable
    | Upstream
    | Stored
    | Collected
    | ItemOf
    | S3Data
    | Mounted
    | Deployed
    | Checkpoints
    | Items
    | Pairs
    | Instance
)


def value_of(argument: object) -> Value:
    """Sort an argument, and everything nested in it, into a tree of values."""
    if isinstance(argument, (ItemOf, Variable)):  # made by mapping, not by the user
        return argument
    if isinstance(argument, PipelineVariable):
        return _value_at_run_time(argument)
    for kind, stands_for in _DATA.items():
        if isinstance(argument, kind):
            return stands_for(argument)
    if resource_text(argument) is not None:
        return Deployed(argument, text_of_resource(argument))
    if type(argument) is str:
        return _value_of_text(argument)
    if is_json(argument):
        # A copy: what the caller does to it after the call has no effect.
        return Literal(copy.deepcopy(argument))  # type: ignore[arg-type]  # is_json has just said so
    if type(argument) in (list, tuple):
        return Items(type(argument).__name__, tuple(value_of(item) for item in argument))  # type: ignore[attr-defined]
    if type(argument) is dict:
        return Pairs(tuple((value_of(k), value_of(v)) for k, v in argument.items()))
    fields = _fields_of(argument)
    if fields is not None:
        instance = Instance(type(argument), tuple((n, value_of(v)) for n, v in fields.items()))
        if any(not isinstance(leaf, (Literal, Opaque)) for leaf in leaves(instance)):
            return instance
    return Opaque(argument)


_DATA: dict[type, Callable[[Any], Value]] = {
    S3Input: S3Data,
    FileSystemInput: Mounted,
    CheckpointLocation: Checkpoints,
}


def _value_of_text(text: str) -> Value:
    if is_json(text):
        return Literal(text)
    return Opaque(text) if LIST_TOKEN_MARKER in text else Variable(parse_text(text), "string")


def _value_at_run_time(variable: PipelineVariable) -> Value:
    if isinstance(variable, StepOutput):
        return Upstream(variable)
    if isinstance(variable, CollectedOutput):
        return Collected(variable, variable.step.items.order)
    return Variable(variable.expression, variable.value_type)


def leaves(value: Value) -> list[Value]:
    """Return the values that a tree is made of, in order; containers are left out."""
    if isinstance(value, Items):
        return [leaf for item in value.items for leaf in leaves(item)]
    if isinstance(value, Pairs):
        return [leaf for pair in value.pairs for item in pair for leaf in leaves(item)]
    if isinstance(value, Instance):
        return [leaf for _, item in value.fields for leaf in leaves(item)]
    if isinstance(value, ItemOf):
        return [*leaves(value.source), value.position]
    if isinstance(value, Collected) and value.order is not None:
        return [value, *leaves(value.order)]
    return [value]


def is_json(value: object) -> bool:
    """Tell whether JSON gives back exactly this value: types, keys and all."""
    kind = type(value)
    if kind is str:
        text = str(value)
        has_token = TOKEN_MARKER in text or LIST_TOKEN_MARKER in text
        return isinstance(parse_text(text), str) and not has_token
    if kind is float:
        return math.isfinite(value)  # type: ignore[arg-type]  # a float, as its type says
    if kind is list:
        return all(is_json(item) for item in value)  # type: ignore[attr-defined]
    if kind is dict:
        return all(type(k) is str and is_json(k) and is_json(v) for k, v in value.items())  # type: ignore[attr-defined]
    if kind is int:
        return int(value).bit_length() <= _LONGEST_INT  # type: ignore[call-overload,no-any-return]
    return value is None or kind is bool


def _fields_of(argument: object) -> dict[str, object] | None:
    if dataclasses.is_dataclass(argument) and not isinstance(argument, type):
        return {f.name: getattr(argument, f.name) for f in dataclasses.fields(argument) if f.init}
    if isinstance(argument, tuple) and hasattr(argument, "_fields"):
        return {name: getattr(argument, name) for name in argument._fields}
    return None
