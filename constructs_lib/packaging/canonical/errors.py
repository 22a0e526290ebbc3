"""What the printer refuses."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TypeVar

_Row = TypeVar("_Row")


class UnprintableNodeError(ValueError):
    """A kind of syntax that this printer does not know, such as that of a newer Python."""

    def __init__(self, node: ast.AST) -> None:
        name, line = type(node).__name__, getattr(node, "lineno", "?")
        super().__init__(f"line {line}: syntax of kind {name} cannot be printed")


def lookup(table: Mapping[str, _Row], node: ast.AST) -> _Row:
    """Return the row of a table that is for a kind of syntax.

    Raises:
        UnprintableNodeError: There is none.
    """
    row = table.get(type(node).__name__)
    if row is None:
        raise UnprintableNodeError(node)
    return row
