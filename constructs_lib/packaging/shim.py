"""The shim as files of a bundle: what a step's plan can need of it, without its explanations."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import constructs_lib.runtime
from constructs_lib.runtime.protocol import SHIPPED_PACKAGE, Node, Plan

# Modules that only some plans lead to; all others are in every bundle.
_LAUNCHER = ("hosts", "launch", "mpi")
_INSTALLATION = ("requirements", "wheels")
_COMMANDS = ("preparation",)
_COLLECTIONS = ("collecting",)
_MODELS = ("model_package", "serving")
# Read at synthesis, not in a container.
_START = ("bootstrap",)
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def shim_files(plan: Plan) -> dict[str, bytes]:
    """Return name to content of the shim's modules that a plan can need.

    Their lines have the numbers that they have in this library: comments and docstrings are left
    out, the lines where they were are not.
    """
    unneeded = {*_START}
    if plan["launcher"] is None:
        unneeded.update(_LAUNCHER)
    if not plan["requirements"] and not plan["environment"]:
        unneeded.update(_INSTALLATION)
    if not plan["pre_execution"]:
        unneeded.update(_COMMANDS)
    if not any(node["kind"] == "collection" for node in _nodes(plan)):
        unneeded.update(_COLLECTIONS)
    if plan["function"].get("module") != f"{SHIPPED_PACKAGE}.{_MODELS[0]}":
        unneeded.update(_MODELS)
    left_out = {f"{SHIPPED_PACKAGE}/{name}.py" for name in unneeded}
    return {name: data for name, data in _all_files().items() if name not in left_out}


def _nodes(plan: Plan) -> Iterator[Node]:
    pending = [*plan["args"], *plan["kwargs"].values()]
    pending += [] if plan["item"] is None else [plan["item"]]
    while pending:
        node = pending.pop()
        yield node
        pending += _inner(node)


def _inner(node: Node) -> Iterable[Node]:
    yield from node.get("items", ())
    yield from node.get("fields", {}).values()
    for pair in node.get("pairs", ()):
        yield from pair
    for key in ("position", "order"):
        if key in node:
            yield node[key]


@functools.cache
def _all_files() -> Mapping[str, bytes]:
    folder = Path(constructs_lib.runtime.__file__).parent
    return {
        f"{SHIPPED_PACKAGE}/{path.relative_to(folder).as_posix()}": _bare(
            path.read_text(encoding="utf-8")
        ).encode()
        for path in sorted(folder.rglob("*.py"))
    }


def _bare(source: str) -> str:
    """Return source without comments and docstrings, on the same lines."""
    # In the shim no line of a string begins like a comment.
    lines = ["" if line.lstrip().startswith("#") else line for line in source.splitlines()]
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, _DOCUMENTED) or ast.get_docstring(node, clean=False) is None:
            continue
        first = node.body[0]
        assert first.end_lineno is not None, "it was parsed"
        indent = lines[first.lineno - 1][: first.col_offset]
        lines[first.lineno - 1 : first.end_lineno] = [""] * (first.end_lineno - first.lineno + 1)
        if len(node.body) == 1:
            lines[first.lineno - 1] = f"{indent}pass"
    return "\n".join(lines) + "\n"
