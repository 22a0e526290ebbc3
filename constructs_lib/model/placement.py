"""Where each value of a call travels: hyperparameter, channel or bundle.

Short plain values become hyperparameters, so that a reviewer sees ``depth: 6`` become ``8``;
variables must; results of other steps, S3 data and mounted directories are channels; the rest
goes into the bundle.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from constructs_lib.model.checkpoints import CHECKPOINT_FOLDER
from constructs_lib.model.expressions import Expression, Index, ItemGet, Iteration, JoinOf
from constructs_lib.model.file_systems import FileSystemInput
from constructs_lib.model.inputs import S3Input
from constructs_lib.model.steps import FunctionStep, Step
from constructs_lib.model.values import (
    Checkpoints,
    Collected,
    Deployed,
    Instance,
    ItemOf,
    Items,
    JSONValue,
    Literal,
    Mounted,
    Opaque,
    Pairs,
    S3Data,
    Stored,
    Upstream,
    Value,
    Variable,
    leaves,
)
from constructs_lib.model.variables import StepOutput

# The documentation says 256, the API shape HyperParameterValue 2,500: both hold below the first.
SHORT_TEXT_LENGTH = 256

# A nested argument with more plain values than this would crowd the hyperparameters.
_MOST_NESTED_HYPERPARAMETERS = 10

# Channels of a step besides its arguments'.
_TAKEN = ("code", "dependencies")


@dataclass(frozen=True)
class Edge:
    """The files of an upstream result.

    Attributes:
        step: The step that returned it.
        part: The part of that index, or all of them if None.
        iteration: Which one, if the step is in the body of a ForEach step.
    """

    step: Step
    part: int | None
    iteration: Iteration | None = None


@dataclass(frozen=True)
class CollectedEdge:
    """The files of the results of all iterations.

    Attributes:
        step: The step that returned them.
        for_each: The ForEach step that it is in.
    """

    step: Step
    for_each: Step


ChannelSource: TypeAlias = Edge | CollectedEdge | S3Input | FileSystemInput


@dataclass(frozen=True)
class AtHyperparameter:
    """A value in hyperparameter ``key``, to be read as ``type``."""

    key: str
    type: str


@dataclass(frozen=True)
class AtChannel:
    """A value in channel ``name``.

    Attributes:
        name: The channel's.
        path: The indices still to apply.
        source: Where it is from, if that is no step.
        position: The index to apply last, if an iteration takes its element of a list.
        as_files: Whether the step gets the stored files instead of the value.
        serializer: What the step that it is from has chosen to store it with.
    """

    name: str
    path: tuple[Index, ...] = ()
    source: S3Input | FileSystemInput | None = None
    position: AtHyperparameter | None = None
    as_files: bool = False
    serializer: Any = None


@dataclass(frozen=True)
class AtCollection:
    """The results of all iterations of a step, in a channel.

    Attributes:
        channel: Its name.
        order: The list that was iterated over; None if the items are positions.
        position: Which result, if an iteration takes one of them.
        serializer: What the step has chosen to store them with.
    """

    channel: str
    order: Placed | None
    position: AtHyperparameter | None = None
    serializer: Any = None


@dataclass(frozen=True)
class Chosen:
    """The item of a list that an iteration is about."""

    items: tuple[Placed, ...]
    position: AtHyperparameter


@dataclass(frozen=True)
class AtCheckpoints:
    """The folder of the checkpoints, as the container has it."""

    folder: str


@dataclass(frozen=True)
class InBundle:
    """A literal in the bundle, as JSON."""

    value: JSONValue


@dataclass(frozen=True)
class Pickled:
    """A literal in the bundle, as a pickle."""

    value: object


@dataclass(frozen=True)
class Joined:
    """Text put together by the step itself, because a hyperparameter cannot hold it."""

    on: str
    items: tuple[Placed, ...]


@dataclass(frozen=True)
class Nested:
    """A container: ``list`` or ``tuple`` of items, ``dict`` of alternating keys and values."""

    kind: str
    items: tuple[Placed, ...]


@dataclass(frozen=True)
class NestedInstance:
    """A dataclass or named tuple, built from its fields."""

    cls: type
    fields: tuple[tuple[str, Placed], ...]


Placed: TypeAlias = (
    AtHyperparameter
    | AtChannel
    | AtCollection
    | Chosen
    | AtCheckpoints
    | InBundle
    | Pickled
    | Joined
    | Nested
    | NestedInstance
)


@dataclass(frozen=True)
class Placement:
    """Where the arguments of one step travel.

    Attributes:
        arguments: One entry an argument: its name, whether it is passed by position, its place.
        hyperparameters: Key to text or expression, in order of the arguments.
        channels: Name to source, in order of the arguments; without the code channel.
        resources: Constructs that the step may use, in order of the arguments.
        item: Where the item of its iteration is, if it is in the body of a ForEach step.
    """

    arguments: tuple[tuple[str, bool, Placed], ...]
    hyperparameters: dict[str, Expression]
    channels: dict[str, ChannelSource]
    resources: tuple[Any, ...] = ()
    item: AtHyperparameter | None = None


def place(step: FunctionStep) -> Placement:
    """Decide where each argument of a step travels."""
    item_type = None if step.for_each is None else step.for_each.items.type
    checkpoints = step.settings.checkpoint_local_path or CHECKPOINT_FOLDER
    placer = _Placer(item_type or "item", checkpoints)
    arguments = []
    for name, positional, value in step.arguments:
        plain = sum(isinstance(leaf, Literal) for leaf in leaves(value))
        visible = plain <= _MOST_NESTED_HYPERPARAMETERS
        arguments.append((name, positional, placer.place(value, name, visible=visible)))
    item = None if item_type is None else placer.item("item")
    return Placement(
        tuple(arguments), placer.hyperparameters, placer.channels, placer.resources, item
    )


@dataclass
class _Placer:
    item_type: str
    checkpoints: str
    hyperparameters: dict[str, Expression] = field(default_factory=dict)
    channels: dict[str, ChannelSource] = field(default_factory=dict)
    resources: tuple[Any, ...] = ()

    def place(self, value: Value, name: str, *, visible: bool) -> Placed:
        if isinstance(value, Literal):
            return self._literal(value.value, name) if visible else InBundle(value.value)
        if isinstance(value, Opaque):
            return Pickled(value.value)
        if isinstance(value, Variable):
            return self._variable(value.expression, value.type, name)
        if isinstance(value, Deployed):
            self.resources += (value.resource,)
            return self._hyperparameter(value.text, "string", name)
        if isinstance(value, Upstream):
            return self._result(value.output, name)
        if isinstance(value, Stored):
            return replace(self._result(value.output, name), as_files=True)
        if isinstance(value, Collected):
            return self._collection(value, name, visible=visible)
        if isinstance(value, ItemOf):
            return self._item_of(value, name)
        if isinstance(value, (S3Data, Mounted)):
            return AtChannel(self._channel(value.source, name), source=value.source)
        if isinstance(value, Checkpoints):
            return AtCheckpoints(self.checkpoints)

        def nested(entry: Value, suffix: object) -> Placed:
            return self.place(entry, f"{name}.{suffix}", visible=visible)

        if isinstance(value, Items):
            return Nested(value.kind, tuple(nested(v, i) for i, v in enumerate(value.items)))
        if isinstance(value, Instance):
            return NestedInstance(value.cls, tuple((n, nested(v, n)) for n, v in value.fields))
        return self._dict(value, nested)

    def _dict(self, value: Pairs, nested: Callable[[Value, object], Placed]) -> Placed:
        items: list[Placed] = []
        for position, (key, entry) in enumerate(value.pairs):
            if isinstance(key, Literal):
                items += [InBundle(key.value), nested(entry, key.value)]
            else:
                items += [nested(key, f"key{position}"), nested(entry, position)]
        return Nested("dict", tuple(items))

    def _literal(self, value: JSONValue, name: str) -> Placed:
        text, kind = (value, "string") if isinstance(value, str) else (_json(value), "json")
        if len(text) > SHORT_TEXT_LENGTH or not _one_line(text) or not text:
            return InBundle(value)
        return self._hyperparameter(text, kind, name)

    def item(self, name: str) -> AtHyperparameter:
        """Return where the item of the iteration is."""
        for key, expression in self.hyperparameters.items():
            if expression == ItemGet():
                return AtHyperparameter(key, self.item_type)
        return self._hyperparameter(ItemGet(), self.item_type, name)

    def _item_of(self, value: ItemOf, name: str) -> Placed:
        position = replace(self.item(f"{name}.position"), type=value.position.type)
        if isinstance(value.source, Items):
            items = [
                self.place(entry, f"{name}.{index}", visible=False)
                for index, entry in enumerate(value.source.items)
            ]
            return Chosen(tuple(items), position)
        if isinstance(value.source, Collected):
            return replace(self._collection(value.source, name, visible=True), position=position)
        return replace(self._result(value.source.output, name), position=position)

    def _collection(self, value: Collected, name: str, *, visible: bool) -> AtCollection:
        source = CollectedEdge(value.output.producer, value.output.step)
        found = AtCollection(
            self._channel(source, name), None, serializer=_serializer(value.output.producer)
        )
        if value.order is None:
            return found
        order = self.place(value.order, f"{name}.items", visible=visible)
        return replace(found, order=order)

    def _variable(self, expression: Expression, kind: str, name: str) -> Placed:
        if expression == ItemGet():
            return self.item(name)
        if isinstance(expression, JoinOf) and not _fits(expression):
            items = [
                self._variable(v, "string", f"{name}.{i}")
                if not isinstance(v, (str, int, float, bool))
                else InBundle(v if isinstance(v, str) else _json(v))
                for i, v in enumerate(expression.values)
            ]
            return Joined(expression.on, tuple(items))
        return self._hyperparameter(expression, kind, name)

    def _hyperparameter(self, value: Expression, kind: str, name: str) -> AtHyperparameter:
        key = _unused(name, self.hyperparameters)
        self.hyperparameters[key] = value
        return AtHyperparameter(key, kind)

    def _result(self, output: StepOutput, name: str) -> AtChannel:
        step, path, iteration = output.producer, output.path, output.iteration
        parts = step.elements if isinstance(step, FunctionStep) else None
        serializer = _serializer(step)
        if parts is not None and path and isinstance(path[0], int):
            channel = self._channel(Edge(step, path[0], iteration), name)
            chosen = serializer[path[0]] if isinstance(serializer, tuple) else serializer
            return AtChannel(channel, path[1:], serializer=chosen)
        channel = self._channel(Edge(step, None, iteration), name)
        return AtChannel(channel, path, serializer=serializer)

    def _channel(self, source: ChannelSource, name: str) -> str:
        for known, other in self.channels.items():
            if other == source:
                return known
        cleaned = re.sub(r"[^A-Za-z0-9_.-]", "-", name)[:60]
        channel = _unused(cleaned, {*_TAKEN, *self.channels})
        self.channels[channel] = source
        return channel


def _serializer(step: Step) -> Any:
    return step.serializer if isinstance(step, FunctionStep) else None


def _json(value: JSONValue) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _one_line(text: str) -> bool:
    return text.isprintable()


def _fits(expression: JoinOf) -> bool:
    """Tell whether a join's own text can stand in a hyperparameter."""
    texts = [expression.on, *(v for v in expression.values if isinstance(v, str))]
    inner = [v for v in expression.values if isinstance(v, JoinOf)]
    return (
        all(_one_line(text) for text in texts)
        and sum(map(len, texts)) <= SHORT_TEXT_LENGTH
        and all(_fits(v) for v in inner)
    )


def _unused(name: str, taken: dict[str, Expression] | set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}-{number}", number + 1
    return candidate
