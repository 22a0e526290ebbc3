"""Each argument arrives with its Python type."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from tests.functional.runtime.bundles import make_bundle, run_bundle, run_function

SHOW = "def f(x):\n    return [type(x).__name__, repr(x)]\n"


def hyper(kind: str) -> dict[str, Any]:
    return {"kind": "hyperparameter", "key": "x", "type": kind}


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("json", "0.2", ["float", "0.2"]),
        ("json", "null", ["NoneType", "None"]),
        ("json", '[1, {"a": "b"}]', ["list", "[1, {'a': 'b'}]"]),
        ("string", "3", ["str", "'3'"]),
        ("string", "-rf $HOME 'x' \"y\" \\ größe", None),
        ("integer", "3", ["int", "3"]),
        ("float", "3", ["float", "3.0"]),
        ("float", "1e-05", ["float", "1e-05"]),
        ("boolean", "true", ["bool", "True"]),
        ("boolean", "False", ["bool", "False"]),
    ],
)
def test_hyperparameters(tmp_path: Path, kind: str, text: str, expected: list | None) -> None:
    """Text of a hyperparameter becomes the declared type, whatever characters it has."""
    bundle = make_bundle({"m.py": SHOW}, {"args": [hyper(kind)]})
    outcome = run_bundle(tmp_path, bundle, hyperparameters={"x": text})
    assert outcome.result == (expected or ["str", repr(text)])


@pytest.mark.parametrize(("kind", "text"), [("integer", "x"), ("boolean", "maybe"), ("json", "{")])
def test_ill_typed_hyperparameter_is_named(tmp_path: Path, kind: str, text: str) -> None:
    """A text that is not of the type fails the step with argument, key and text."""
    bundle = make_bundle({"m.py": SHOW}, {"kwargs": {"x": hyper(kind)}})
    outcome = run_bundle(tmp_path, bundle, hyperparameters={"x": text})
    assert outcome.code == 1
    for part in ("argument 'x'", repr(text), kind):
        assert part in outcome.failure


def test_nested_values_are_rebuilt(tmp_path: Path) -> None:
    """Lists, tuples, dicts, dataclasses and joined text come out as they went in."""
    text = (
        "import dataclasses\n"
        "@dataclasses.dataclass\nclass C:\n    depth: int\n    name: str = 'n'\n"
        "def f(*args, **kwargs):\n    return repr((args, kwargs))\n"
    )
    literal = {"kind": "literal", "value": 1}
    one = {"kind": "tuple", "items": [literal, {"kind": "list", "items": [hyper("integer")]}]}
    two = {"kind": "dict", "pairs": [[{"kind": "literal", "value": "k"}, literal]]}
    fields = {"depth": hyper("integer")}
    three = {"kind": "object", "module": "m", "qualname": "C", "fields": fields}
    four = {
        "kind": "join",
        "on": "",
        "items": [{"kind": "literal", "value": "a\n"}, hyper("string")],
    }
    bundle = make_bundle({"m.py": text}, {"args": [one, two], "kwargs": {"c": three, "j": four}})
    outcome = run_bundle(tmp_path, bundle, hyperparameters={"x": "5"})
    expected = "(((1, [5]), {'k': 1}), {'c': C(depth=5, name='n'), 'j': 'a\\n5'})"
    assert outcome.result == expected


def test_pickled_literal(tmp_path: Path) -> None:
    """A literal that JSON cannot hold is unpickled."""
    plan = {"args": [{"kind": "pickle", "file": "pickles/0.pkl"}]}
    bundle = make_bundle({"m.py": SHOW}, plan, {"pickles/0.pkl": pickle.dumps({1j})})
    assert run_bundle(tmp_path, bundle).result == ["set", "{1j}"]


@pytest.mark.parametrize(("file", "name"), [("t.csv", "t.csv"), (None, "raw")])
def test_input_is_a_path(tmp_path: Path, file: str | None, name: str) -> None:
    """An S3 object is its file, a prefix its folder."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "t.csv").write_text("1")
    node = {"kind": "input", "channel": "raw", **({"file": file} if file else {})}
    text = (
        "import pathlib\ndef f(x):\n    return [isinstance(x, pathlib.Path), x.name, x.exists()]\n"
    )
    bundle = make_bundle({"m.py": text}, {"args": [node]})
    outcome = run_bundle(tmp_path / "base", bundle, channels={"raw": tmp_path / "there"})
    assert outcome.result == [True, name, True]


def test_missing_input_says_what_is_there(tmp_path: Path) -> None:
    """A key without the trailing slash of a folder is the usual mistake."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "part-0.csv").write_text("1")
    node = {"kind": "input", "channel": "raw", "file": "parts"}
    bundle = make_bundle({"m.py": SHOW}, {"kwargs": {"x": node}})
    outcome = run_bundle(tmp_path / "base", bundle, channels={"raw": tmp_path / "there"})
    assert "part-0.csv" in outcome.failure
    assert "end the S3Input's key with '/'" in outcome.failure


def test_missing_hyperparameter_is_named(tmp_path: Path) -> None:
    """A job started by hand without its hyperparameters says which is missing."""
    outcome = run_function(tmp_path, SHOW, kwargs={"x": hyper("integer")})
    assert "hyperparameter 'x' is missing" in outcome.failure


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/opt/ml/checkpoints", "{base}/checkpoints"),
        ("/opt/ml/my/points/", "{base}/my/points"),
        ("/data/points", "/data/points"),
        ("/opt/mlx", "/opt/mlx"),
    ],
)
def test_checkpoints_are_a_path_below_the_jobs_folder(
    tmp_path: Path, folder: str, expected: str
) -> None:
    """What stands for ``/opt/ml`` holds for it, too."""
    source = "import pathlib\ndef f(x):\n    return [isinstance(x, pathlib.Path), str(x)]\n"
    bundle = make_bundle({"m.py": source}, {"args": [{"kind": "checkpoints", "folder": folder}]})
    outcome = run_bundle(tmp_path, bundle)
    assert outcome.result == [True, expected.format(base=outcome.base)]
