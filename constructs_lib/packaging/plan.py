"""The plan in a bundle: how the shim calls the function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from constructs_lib.model.inputs import S3Input
from constructs_lib.model.placement import (
    AtChannel,
    AtCheckpoints,
    AtCollection,
    AtHyperparameter,
    Chosen,
    InBundle,
    Joined,
    Nested,
    NestedInstance,
    Pickled,
    Placed,
)
from constructs_lib.packaging.project import SourceReference
from constructs_lib.runtime.protocol import Node

PickleStore = Callable[[object, str], str]
ClassReference = Callable[[type, str], SourceReference]


@dataclass(frozen=True)
class PlanWriter:
    """Turns places of arguments into plan nodes.

    Attributes:
        store_pickle: Stores a value of the argument named, returns the file's name in the bundle.
        refer_to: Finds the definition of a class that an argument needs.
        serializer: Returns what the plan says of a chosen serializer.
    """

    store_pickle: PickleStore
    refer_to: ClassReference
    serializer: Callable[[Any], Any]

    def node(self, placed: Placed, name: str) -> Node:
        """Return the plan's node for a value.

        Args:
            placed: Where the value travels.
            name: The argument's name, for errors.
        """
        if isinstance(placed, InBundle):
            return Node(kind="literal", value=placed.value)
        if isinstance(placed, AtHyperparameter):
            return Node(kind="hyperparameter", key=placed.key, type=placed.type)
        if isinstance(placed, AtChannel):
            return self._channel(placed, name)
        if isinstance(placed, AtCollection):
            return self._collection(placed, name)
        if isinstance(placed, Chosen):
            items = [self.node(item, f"{name}.{i}") for i, item in enumerate(placed.items)]
            return Node(kind="item", items=items, position=self.node(placed.position, name))
        if isinstance(placed, AtCheckpoints):
            return Node(kind="checkpoints", folder=placed.folder)
        if isinstance(placed, Pickled):
            return Node(kind="pickle", file=self.store_pickle(placed.value, name))
        if isinstance(placed, Joined):
            items = [self.node(item, name) for item in placed.items]
            return Node(kind="join", on=placed.on, items=items)
        if isinstance(placed, NestedInstance):
            reference = self.refer_to(placed.cls, name)
            return Node(
                kind="object",
                module=reference.module,
                qualname=reference.qualname,
                fields={key: self.node(item, f"{name}.{key}") for key, item in placed.fields},
            )
        return self._nested(placed, name)

    def _nested(self, placed: Nested, name: str) -> Node:
        items = [self.node(item, name) for item in placed.items]
        if placed.kind == "dict":
            pairs = [list(pair) for pair in zip(items[::2], items[1::2], strict=True)]
            return Node(kind="dict", pairs=pairs)
        return Node(kind=placed.kind, items=items)

    def _channel(self, placed: AtChannel, name: str) -> Node:
        if placed.as_files:
            return Node(kind="files", channel=placed.name, path=list(placed.path))
        if placed.source is None:
            node = Node(kind="result", channel=placed.name, path=list(placed.path))
            node["serializer"] = self.serializer(placed.serializer)
            if placed.position is not None:
                node["position"] = self.node(placed.position, name)
            return node
        node = Node(kind="input", channel=placed.name)
        if not isinstance(placed.source, S3Input):
            return node
        if placed.source.input_mode == "Pipe":
            node["channel"] = f"{placed.name}_0"  # the FIFO of the first epoch
        elif not placed.source.is_folder:
            node["file"] = placed.source.key.rpartition("/")[2]
        return node

    def _collection(self, placed: AtCollection, name: str) -> Node:
        node = Node(kind="collection", channel=placed.channel)
        node["serializer"] = self.serializer(placed.serializer)
        if placed.order is not None:
            node["order"] = self.node(placed.order, name)
        if placed.position is not None:
            node["position"] = self.node(placed.position, name)
        return node
