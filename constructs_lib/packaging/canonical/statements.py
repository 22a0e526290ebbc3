"""Statements as source: one simple statement a line, four spaces a level, no blank lines."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from constructs_lib.packaging.canonical.errors import lookup
from constructs_lib.packaging.canonical.expressions import (
    TEST,
    TUPLE,
    YIELD,
    print_expression,
    print_keywords,
    print_list,
    print_parameters,
    print_sign,
)
from constructs_lib.packaging.canonical.literals import print_docstring
from constructs_lib.packaging.canonical.patterns import print_pattern

_INDENT = "    "


def print_statements(nodes: Sequence[ast.AST], *, docstring: bool = False) -> Iterator[str]:
    """Yield the lines of statements.

    A docstring's own line breaks stay inside one yielded entry.

    Args:
        nodes: The statements.
        docstring: Whether a string at the beginning is a docstring.
    """
    for position, node in enumerate(nodes):
        if docstring and position == 0 and _is_text(node):
            yield print_docstring(node.value.value)  # type: ignore[attr-defined]  # just tested
        else:
            yield from lookup(_PRINTERS, node)(node)


def _is_text(node: Any) -> bool:
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant and isinstance(node.value.value, str)


def _block(head: str, nodes: Sequence[ast.AST], *, docstring: bool = False) -> Iterator[str]:
    yield f"{head}:"
    for line in print_statements(nodes, docstring=docstring):
        yield _INDENT + line


def _optional_block(head: str, nodes: Sequence[ast.AST]) -> Iterator[str]:
    if nodes:
        yield from _block(head, nodes)


def _decorators(node: Any) -> Iterator[str]:
    for decorator in node.decorator_list:
        yield f"@{print_expression(decorator)}"


def _type_parameters(node: Any) -> str:
    parameters = [_type_parameter(parameter) for parameter in getattr(node, "type_params", [])]
    return f"[{', '.join(parameters)}]" if parameters else ""


def _type_parameter(node: Any) -> str:
    stars = lookup({"TypeVar": "", "TypeVarTuple": "*", "ParamSpec": "**"}, node)
    bound, default = getattr(node, "bound", None), getattr(node, "default_value", None)
    text = f"{stars}{node.name}"
    text += f": {print_expression(bound)}" if bound is not None else ""
    return text + (f" = {print_expression(default)}" if default is not None else "")


def _function(word: str) -> Callable[[Any], Iterator[str]]:
    def printer(node: Any) -> Iterator[str]:
        yield from _decorators(node)
        returns = f" -> {print_expression(node.returns)}" if node.returns is not None else ""
        head = f"{word} {node.name}{_type_parameters(node)}({print_parameters(node.args)}){returns}"
        yield from _block(head, node.body, docstring=True)

    return printer


def _class(node: Any) -> Iterator[str]:
    yield from _decorators(node)
    parts = [print_expression(base) for base in node.bases] + print_keywords(node.keywords)
    bases = f"({', '.join(parts)})" if parts else ""
    head = f"class {node.name}{_type_parameters(node)}{bases}"
    yield from _block(head, node.body, docstring=True)


def _assign(node: ast.Assign) -> Iterator[str]:
    targets = "".join(f"{print_expression(target, TUPLE)} = " for target in node.targets)
    # A bare yield is allowed, a bare tuple too; YIELD binds more than TUPLE.
    yield targets + print_expression(node.value, TUPLE)


def _annotated(node: ast.AnnAssign) -> Iterator[str]:
    target = print_expression(node.target)
    if isinstance(node.target, ast.Name) and not node.simple:
        target = f"({target})"
    value = f" = {print_expression(node.value, YIELD)}" if node.value is not None else ""
    yield f"{target}: {print_expression(node.annotation)}{value}"


def _augmented(node: ast.AugAssign) -> Iterator[str]:
    value = print_expression(node.value, YIELD)
    yield f"{print_expression(node.target)} {print_sign(node.op)}= {value}"


def _return(node: ast.Return) -> Iterator[str]:
    level = TUPLE if isinstance(node.value, ast.Tuple) else TEST
    yield f"return {print_expression(node.value, level)}" if node.value is not None else "return"


def _raise(node: ast.Raise) -> Iterator[str]:
    text = f" {print_expression(node.exc)}" if node.exc is not None else ""
    cause = f" from {print_expression(node.cause)}" if node.cause is not None else ""
    yield f"raise{text}{cause}"


def _assert(node: ast.Assert) -> Iterator[str]:
    message = f", {print_expression(node.msg)}" if node.msg is not None else ""
    yield f"assert {print_expression(node.test)}{message}"


def _aliases(node: Any) -> str:
    return ", ".join(a.name + (f" as {a.asname}" if a.asname else "") for a in node.names)


def _import_from(node: ast.ImportFrom) -> Iterator[str]:
    yield f"from {'.' * node.level}{node.module or ''} import {_aliases(node)}"


def _if(node: ast.If) -> Iterator[str]:
    yield from _block(f"if {print_expression(node.test)}", node.body)
    # A loop, because chains may be longer than Python lets functions call each other.
    while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        node = node.orelse[0]
        yield from _block(f"elif {print_expression(node.test)}", node.body)
    yield from _optional_block("else", node.orelse)


def _for(word: str) -> Callable[[Any], Iterator[str]]:
    def printer(node: Any) -> Iterator[str]:
        target, values = print_expression(node.target, TUPLE), print_expression(node.iter)
        yield from _block(f"{word} {target} in {values}", node.body)
        yield from _optional_block("else", node.orelse)

    return printer


def _while(node: ast.While) -> Iterator[str]:
    yield from _block(f"while {print_expression(node.test)}", node.body)
    yield from _optional_block("else", node.orelse)


def _with(word: str) -> Callable[[Any], Iterator[str]]:
    def item(node: ast.withitem) -> str:
        target = node.optional_vars
        end = f" as {print_expression(target)}" if target is not None else ""
        return print_expression(node.context_expr) + end

    def printer(node: Any) -> Iterator[str]:
        items = ", ".join(map(item, node.items))
        if len(node.items) == 1 and node.items[0].optional_vars is None:
            only = node.items[0].context_expr
            if isinstance(only, ast.Tuple) and only.elts:
                items = f"({items})"  # one pair of parentheses would hold several items
        yield from _block(f"{word} {items}", node.body)

    return printer


def _try(star: str) -> Callable[[Any], Iterator[str]]:
    def printer(node: Any) -> Iterator[str]:
        yield from _block("try", node.body)
        for handler in node.handlers:
            kind = f" {print_expression(handler.type)}" if handler.type is not None else ""
            name = f" as {handler.name}" if handler.name else ""
            yield from _block(f"except{star}{kind}{name}", handler.body)
        yield from _optional_block("else", node.orelse)
        yield from _optional_block("finally", node.finalbody)

    return printer


def _match(node: Any) -> Iterator[str]:
    yield f"match {print_expression(node.subject)}:"
    for case in node.cases:
        guard = f" if {print_expression(case.guard)}" if case.guard is not None else ""
        for line in _block(f"case {print_pattern(case.pattern)}{guard}", case.body):
            yield _INDENT + line


def _type_alias(node: Any) -> Iterator[str]:
    yield f"type {node.name.id}{_type_parameters(node)} = {print_expression(node.value)}"


def _simple(make: Callable[[Any], str]) -> Callable[[Any], Iterator[str]]:
    def printer(node: Any) -> Iterator[str]:
        yield make(node)

    return printer


_PRINTERS: dict[str, Callable[[Any], Iterator[str]]] = {
    "AnnAssign": _annotated,
    "Assert": _assert,
    "Assign": _assign,
    "AsyncFor": _for("async for"),
    "AsyncFunctionDef": _function("async def"),
    "AsyncWith": _with("async with"),
    "AugAssign": _augmented,
    "Break": _simple(lambda _: "break"),
    "ClassDef": _class,
    "Continue": _simple(lambda _: "continue"),
    "Delete": _simple(lambda node: f"del {print_list(node.targets)}"),
    "Expr": _simple(lambda node: print_expression(node.value, YIELD)),
    "For": _for("for"),
    "FunctionDef": _function("def"),
    "Global": _simple(lambda node: "global " + ", ".join(node.names)),
    "If": _if,
    "Import": _simple(lambda node: f"import {_aliases(node)}"),
    "ImportFrom": _import_from,
    "Match": _match,
    "Nonlocal": _simple(lambda node: "nonlocal " + ", ".join(node.names)),
    "Pass": _simple(lambda _: "pass"),
    "Raise": _raise,
    "Return": _return,
    "Try": _try(""),
    "TryStar": _try("*"),
    "TypeAlias": _type_alias,
    "While": _while,
    "With": _with("with"),
}
