"""Which parts of the shim a bundle has, and in which form."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath
from typing import Any

import pytest

from constructs_lib.packaging import shim
from constructs_lib.packaging.shim import shim_files
from constructs_lib.runtime.protocol import SHIPPED_PACKAGE

RESULT = {"kind": "result", "channel": "c", "path": []}
# What asks for each feature.
PLANS = {
    "upstream": {"kwargs": {"x": {"kind": "list", "items": [RESULT]}}},
    "collection": {"args": [{"kind": "collection", "channel": "c"}]},
    "launcher": {"launcher": {"kind": "torchrun", "processes": None, "options": []}},
    "mpirun": {"launcher": {"kind": "mpirun", "processes": None, "options": []}},
    "pre_execution": {"pre_execution": True},
    "dependencies": {"environment": True},
    "model_package": {
        "function": {"module": f"{SHIPPED_PACKAGE}.model_package", "qualname": "package_model"}
    },
}


def shipped(**plan: Any) -> dict[PurePosixPath, ast.Module]:
    """Return path in the shim to syntax tree of what is shipped for a plan."""
    whole: Any = {
        "function": {"module": "m", "qualname": "f"},
        "args": [],
        "kwargs": {},
        "item": None,
        "launcher": None,
        "pre_execution": False,
        "requirements": False,
        "environment": False,
        **plan,
    }
    files = shim_files(whole)
    return {PurePosixPath(n).relative_to(SHIPPED_PACKAGE): ast.parse(t) for n, t in files.items()}


def stems(**plan: Any) -> set[str]:
    return {path.stem for path in shipped(**plan)}


def test_plain_step_has_what_every_step_needs_only() -> None:
    """The call and the storing of any result; nothing that its plan does not mention."""
    seldom = {module for modules in shim._MODULES_OF_FEATURES.values() for module in modules}
    plain = stems()
    assert {"main", "plan", "arguments", "results", "frames", "tensors"} <= plain
    assert not plain & (seldom | {"bootstrap"})
    literal = {"kind": "literal", "value": {"kind": ["result"]}}
    assert stems(args=[literal]) == plain


@pytest.mark.parametrize("feature", shim._MODULES_OF_FEATURES)
def test_feature_brings_its_modules(feature: str) -> None:
    """And with them all that they import when they are loaded."""
    assert set(shim._MODULES_OF_FEATURES[feature]) <= stems(**PLANS[feature])
    trees = shipped(**PLANS[feature])
    missing = [
        f"{path}: {name}"
        for path, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.level
        for name in [node.module or node.names[0].name]
        if not _has(trees, path.parents[node.level - 1] / name.replace(".", "/"))
    ]
    assert not missing


def _has(trees: dict[PurePosixPath, ast.Module], module: PurePosixPath) -> bool:
    return module.with_suffix(".py") in trees or module / "__init__.py" in trees


def test_shim_is_shipped_without_what_explains_it() -> None:
    """Docstrings, comments, annotations and the keys of shapes stay here; what runs is the same."""
    trees = {path: tree for plan in PLANS.values() for path, tree in shipped(**plan).items()}
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = [node for tree in trees.values() for node in ast.walk(tree)]
    assert not [n for n in nodes if isinstance(n, documented) and ast.get_docstring(n)]
    assert not [n for n in nodes if isinstance(n, ast.arg) and n.annotation]
    protocol = shipped()[PurePosixPath("protocol.py")]
    shapes = [n for n in protocol.body if isinstance(n, ast.ClassDef)]
    assert len(shapes) > 5
    assert all(isinstance(shape.body[0], ast.Pass) for shape in shapes)
    texts = shim._all_files().values()
    assert not [line for text in texts for line in text.splitlines() if b"# " in line]
