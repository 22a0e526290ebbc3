"""Patterns of match statements as source."""

from __future__ import annotations

import ast
from typing import Any

from constructs_lib.packaging.canonical.errors import UnprintableNodeError
from constructs_lib.packaging.canonical.expressions import print_expression
from constructs_lib.packaging.canonical.literals import print_constant

# From what binds least to what binds most.
_AS, _OR, _CLOSED = range(3)


def print_pattern(node: Any, level: int = _AS) -> str:
    """Return the source of a pattern, in parentheses if it binds less than its place asks."""
    binds, text = _pattern(node)
    return text if binds >= level else f"({text})"


def _pattern(node: Any) -> tuple[int, str]:
    kind = type(node).__name__
    if kind == "MatchValue":
        return _CLOSED, print_expression(node.value)
    if kind == "MatchSingleton":
        return _CLOSED, print_constant(node.value)
    if kind == "MatchSequence":
        return _CLOSED, "[" + ", ".join(map(print_pattern, node.patterns)) + "]"
    if kind == "MatchStar":
        return _CLOSED, f"*{node.name or '_'}"
    if kind == "MatchMapping":
        parts = list(map(_entry, node.keys, node.patterns))
        parts += [f"**{node.rest}"] if node.rest else []
        return _CLOSED, "{" + ", ".join(parts) + "}"
    if kind == "MatchClass":
        parts = [print_pattern(value) for value in node.patterns]
        parts += map(_keyword, node.kwd_attrs, node.kwd_patterns)
        return _CLOSED, f"{print_expression(node.cls)}({', '.join(parts)})"
    if kind == "MatchAs":
        if node.pattern is None:
            return _CLOSED, node.name or "_"
        return _AS, f"{print_pattern(node.pattern, _OR)} as {node.name}"
    if kind == "MatchOr":
        return _OR, " | ".join(print_pattern(value, _CLOSED) for value in node.patterns)
    raise UnprintableNodeError(node)


def _entry(key: ast.AST, value: Any) -> str:
    return f"{print_expression(key)}: {print_pattern(value)}"


def _keyword(name: str, value: Any) -> str:
    return f"{name}={print_pattern(value)}"
