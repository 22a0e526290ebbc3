"""What of the shim is in a bundle: what its plan can need, and nothing to read."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import constructs_lib.runtime
from constructs_lib.packaging.shim import shim_files
from constructs_lib.runtime.protocol import SHIPPED_PACKAGE

FOLDER = Path(constructs_lib.runtime.__file__).parent
PLAIN: Any = {
    "args": [],
    "kwargs": {},
    "item": None,
    "launcher": None,
    "requirements": False,
    "environment": False,
    "pre_execution": False,
    "function": {"module": "m", "qualname": "f"},
}
COLLECTION = {"kind": "collection", "channel": "c"}
FULL: Any = {
    **PLAIN,
    "launcher": {"kind": "mpirun"},
    "requirements": True,
    "pre_execution": True,
    "args": [COLLECTION],
    "function": {"module": f"{SHIPPED_PACKAGE}.model_package"},
}


def modules(plan: Any) -> set[str]:
    return {
        name.removeprefix(f"{SHIPPED_PACKAGE}/").removesuffix(".py") for name in shim_files(plan)
    }


def test_together_the_plans_ship_every_module() -> None:
    """A new module is in every bundle, unless it is told which plans lead to it."""
    every = {path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.py")}
    assert modules(FULL) == every - {"bootstrap"}


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ({}, set()),
        ({"launcher": {"kind": "torchrun"}}, {"launch", "hosts", "mpi"}),
        ({"requirements": True}, {"requirements", "wheels"}),
        ({"environment": True}, {"requirements", "wheels"}),
        ({"pre_execution": True}, {"preparation"}),
        ({"args": [COLLECTION]}, {"collecting"}),
        (
            {"kwargs": {"a": {"kind": "dict", "pairs": [[{"kind": "literal"}, COLLECTION]]}}},
            {"collecting"},
        ),
        ({"args": [{"kind": "object", "fields": {"x": COLLECTION}}]}, {"collecting"}),
        ({"item": {"kind": "item", "items": [], "position": COLLECTION}}, {"collecting"}),
        (
            {"function": {"module": f"{SHIPPED_PACKAGE}.model_package", "qualname": "f"}},
            {"model_package", "serving"},
        ),
    ],
)
def test_plan_brings_the_modules_that_it_leads_to(change: Any, more: set[str]) -> None:
    assert modules({**PLAIN, **change}) - modules(PLAIN) == more


def documented(tree: ast.AST) -> list[Any]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return [n for n in ast.walk(tree) if isinstance(n, kinds) and ast.get_docstring(n) is not None]


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: path.stem)
def test_what_ships_is_the_code_on_its_own_lines(path: Path) -> None:
    """Without docstrings and comments; a traceback names the line that is in this library."""
    name = f"{SHIPPED_PACKAGE}/{path.relative_to(FOLDER).as_posix()}"
    if path.stem == "bootstrap":
        return
    shipped = ast.parse(shim_files(FULL)[name])
    source = ast.parse(path.read_text(encoding="utf-8"))
    assert documented(shipped) == []
    for node in documented(source):
        first = node.body.pop(0)
        if not node.body:
            node.body = [ast.Pass(lineno=first.lineno, col_offset=first.col_offset)]
    with_lines = [
        [(type(n).__name__, getattr(n, "lineno", None)) for n in ast.walk(tree)]
        for tree in (shipped, source)
    ]
    assert ast.dump(shipped) == ast.dump(source)
    assert with_lines[0] == with_lines[1]


def test_no_comment_ships() -> None:
    lines = [line for data in shim_files(FULL).values() for line in data.decode().splitlines()]
    assert [line for line in lines if line.lstrip().startswith("#")] == []
