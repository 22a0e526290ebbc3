"""The plan in a bundle: how the shim calls the function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from constructs_lib.model.inputs import S3Input
from constructs_lib.model.placement import (
    AtChannel,
    AtCheckpoints,
    AtHyperparameter,
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
    """

    store_pickle: PickleStore
    refer_to: ClassReference

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
            return _channel(placed)
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


def _channel(placed: AtChannel) -> Node:
    if placed.source is None:
        return Node(kind="result", channel=placed.name, path=list(placed.path))
    node = Node(kind="input", channel=placed.name)
    if isinstance(placed.source, S3Input) and not placed.source.is_folder:
        node["file"] = placed.source.key.rpartition("/")[2]
    return node
