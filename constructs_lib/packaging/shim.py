"""The shim as a bundle has it: the modules that its plan can need, as canonical text."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import constructs_lib.runtime
from constructs_lib.packaging.canonical import canonical_source
from constructs_lib.runtime.protocol import SHIPPED_PACKAGE, Plan

# The modules that few steps need, by what in the plan asks for them. A module that is not here is
# in every bundle: so are the serializers, as the type of a result is known only when it is there.
_MODULES_OF_FEATURES = {
    "upstream": ("loading", "producer_source"),
    "collection": ("collecting", "loading", "producer_source"),
    "launcher": ("launch", "hosts"),
    "mpirun": ("mpi",),
    "pre_execution": ("preparation",),
    "dependencies": ("requirements", "wheels"),
    "model_package": ("model_package", "archives", "serving", "loading", "producer_source"),
}
_START = "bootstrap"  # its text is in the definition


def shim_files(plan: Plan) -> dict[str, bytes]:
    """Return path in the bundle and content of each module of the shim that a plan can need."""
    wanted = {module for feature in _features(plan) for module in _MODULES_OF_FEATURES[feature]}
    seldom = {module for modules in _MODULES_OF_FEATURES.values() for module in modules}
    left_out = {f"{SHIPPED_PACKAGE}/{module}.py" for module in (seldom - wanted) | {_START}}
    return {name: data for name, data in _all_files().items() if name not in left_out}


def _features(plan: Plan) -> Iterator[str]:
    kinds = set(_kinds([plan["args"], list(plan["kwargs"].values()), plan["item"]]))
    if kinds & {"result", "files"}:
        yield "upstream"
    if "collection" in kinds:
        yield "collection"
    if plan["launcher"] is not None:
        yield "launcher"
        if plan["launcher"]["kind"] == "mpirun":
            yield "mpirun"
    if plan["pre_execution"]:
        yield "pre_execution"
    if plan["requirements"] or plan["environment"]:
        yield "dependencies"
    if plan["function"].get("module") == f"{SHIPPED_PACKAGE}.model_package":
        yield "model_package"


def _kinds(value: Any) -> Iterator[str]:
    """Yield the kinds of the nodes in a part of a plan; what looks like one in a literal, too."""
    if isinstance(value, dict):
        if isinstance(value.get("kind"), str):
            yield value["kind"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _kinds(inner)


@functools.cache
def _all_files() -> Mapping[str, bytes]:
    folder = Path(constructs_lib.runtime.__file__).parent
    return {
        f"{SHIPPED_PACKAGE}/{path.relative_to(folder).as_posix()}": _text(path)
        for path in folder.rglob("*.py")
    }


def _text(path: Path) -> bytes:
    """Return a module's canonical text without what only readers and type checkers need.

    A job compiles it when it starts.
    """
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
        if isinstance(node, kinds) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.ClassDef) and _is_shape(node):
            node.body = [ast.Pass()]
    return canonical_source(tree).encode()


def _is_shape(node: ast.ClassDef) -> bool:
    """Tell whether a class is a TypedDict, whose keys only a type checker knows."""
    return any(isinstance(base, ast.Name) and base.id == "TypedDict" for base in node.bases)
