"""Canonical pickles: which bytes, what travels, and what is refused."""

from __future__ import annotations

import dataclasses
import io
import os
import pickle
import pickletools
import socket
import subprocess
import sys
import threading
from pathlib import Path

import aws_cdk as cdk
import boto3
import numpy as np
import pandas as pd
import pytest

from constructs_lib import BundleError, ParameterInteger, step
from constructs_lib.packaging.pickling import Pickled, pickle_function, pickle_literal
from constructs_lib.packaging.project import SourceReference

ROOT = Path(__file__).resolve().parents[4]

# A module of a project: each entry of CASES makes a value. By value is what has no name in it.
SHAPES = """
import dataclasses, enum, functools, json, pathlib, typing


def closure():
    count, words = 3, {"b", "a", "zz"}
    def inner(x):
        return x in {"q", "w", "e"} and words and count
    return inner


def nested():
    def outer(x):
        def inner(y):
            return y + x
        return [inner(i) for i in range(3)]
    return outer


def recursive():
    def fact(n):
        return 1 if n < 2 else n * fact(n - 1)
    return fact


def with_classes():
    class Base:
        level = 1
        def m(self):
            return "base"
    class Child(Base):
        __slots__ = ("a",)
        def m(self):
            return super().m() + "child"
    class Colour(enum.Enum):
        RED = 1
        BLUE = "b"
    @dataclasses.dataclass
    class Data:
        a: int = 1
        b: typing.List[int] = dataclasses.field(default_factory=list)
    def use(x):
        return Child().m(), Colour.RED, Data(x)
    return use


def instance():
    class Local:
        def __init__(self):
            self.z, self.a = {3, 1, 2}, ("x", "x")
    return Local()


CASES = {
    "lambda": lambda: lambda x: x + 1,
    "closure": closure,
    "nested": nested,
    "recursive": recursive,
    "classes": with_classes,
    "instance": instance,
    "partial": lambda: functools.partial(closure(), 1),
    "bound": lambda: instance().__init__,
    "defaults": lambda: lambda x=(1, 2), *, y={"k": frozenset("abc")}: (x, y),
    "constants": lambda: lambda: (1, 1.0, True, "a", b"a", None, ..., ("s", ("s",)), 2j),
    "library": lambda: lambda: json.dumps([1]) + str(pathlib.Path("a")),
    "sets": lambda: [{"b", "a"}, frozenset([1, "1", (1,), None]), set()],
    "type variable": lambda: typing.TypeVar("T"),
    "data": lambda: {"z": 1, "a": [1, "1", b"x", 1.5, None, (1, 2)], 3: {"x": {"y"}}},
}
"""
DRIVER = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
import importlib
for name in sys.argv[2].split(","):
    name and importlib.import_module(name)
import shapes
from constructs_lib.packaging.pickling import pickle_literal
names = list(shapes.CASES)
if sys.argv[3] == "reversed":
    names.reverse()
digests = {}
for name in names:
    value = shapes.CASES[name]()
    if sys.argv[3] == "used" and callable(value):
        try: value(1)
        except TypeError: pass
    for _ in range(2 if sys.argv[3] == "twice" else 1):
        data = pickle_literal(value, name=name, step="s", location=None).data
    digests[name] = hashlib.sha256(data).hexdigest()
for name in sorted(digests):
    print(name, digests[name])
"""


def digests(
    folder: Path, *, above: str = "", imports: str = "", how: str = "", **environment: str
) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "shapes.py").exists():
        (folder / "shapes.py").write_text(above + SHAPES, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-c", DRIVER, str(folder), imports, how],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return dict(line.rsplit(" ", 1) for line in result.stdout.splitlines())


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return digests(tmp_path_factory.mktemp("first"))


@pytest.mark.parametrize(
    "difference",
    [
        {},
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "77"},
        {"above": "# a comment\n\n\n"},
        {"imports": "json.tool,concurrent.futures.process,xml.dom.minidom"},
        {"how": "reversed"},
        {"how": "used"},
        {"how": "twice"},
        {"HOME": "/nonexistent", "USER": "other", "TZ": "Asia/Tokyo"},
    ],
    ids=lambda d: "-".join(f"{k}={v!r}" for k, v in d.items()) or "again elsewhere",
)
def test_same_value_is_the_same_bytes(
    original: dict[str, str], tmp_path: Path, difference: dict[str, str]
) -> None:
    """Path, position, hash seed, imports, order, use and user change no byte."""
    assert digests(tmp_path / "else where", **difference) == original


def test_compiled_file_makes_no_difference(original: dict[str, str], tmp_path: Path) -> None:
    """A second run, which loads the compiled module, gives the bytes of the first."""
    digests(tmp_path, PYTHONDONTWRITEBYTECODE="")
    assert (tmp_path / "__pycache__").is_dir()
    assert digests(tmp_path) == original


def load(pickled: Pickled, use: str) -> str:
    """Load a pickle in a fresh process without constructs_lib and return what it prints."""
    code = f"import pickle, sys; v = pickle.load(sys.stdin.buffer); print({use})"
    result = subprocess.run(
        [sys.executable, "-c", code], input=pickled.data, capture_output=True, check=False, cwd="/"
    )
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode().strip()


def literal(value: object) -> Pickled:
    return pickle_literal(value, name="argument 'x'", step="train", location="app.py:3")


@pytest.mark.parametrize(
    ("value", "use", "expected"),
    [
        ({1, 2}, "v", "{1, 2}"),
        (np.arange(3), "v.tolist()", "[0, 1, 2]"),
        (np.arange(6).reshape(2, 3).T, "v.tolist()", "[[0, 3], [1, 4], [2, 5]]"),
        (pd.DataFrame({"a": [1]}), "v.a.tolist()", "[1]"),
        (Path("a/b"), "v", "a/b"),
        (lambda x: x + 1, "v(1)", "2"),
        (float("nan"), "v", "nan"),
    ],
)
def test_values_arrive(value: object, use: str, expected: str) -> None:
    """What is pickled here is loaded in the container as it was."""
    assert load(literal(value), use) == expected


def test_large_arrays_are_not_slow() -> None:
    """A large buffer is written as it is."""
    assert len(literal(np.zeros(8_000_000)).data) < 64_001_000


class OfTheProject:
    pass


@dataclasses.dataclass
class Config:
    depth: int


@step
def other_step(x):
    return x


def test_project_definitions_travel_by_name() -> None:
    """A class of the project is referred to, so that the slice ships it, and is one class."""
    pickled = literal([OfTheProject(), Config(3), OfTheProject])
    names = {"OfTheProject", "Config"}
    assert pickled.references == {SourceReference(__name__, name) for name in names}
    assert not pickled.by_value


def test_function_by_value_says_so() -> None:
    """Code in a pickle ties it to a Python version; data does not."""
    count = 3
    assert pickle_function(lambda: count, name="f", step="s", location=None).by_value
    assert not literal({"a": [1]}).by_value


def test_nothing_of_ours_is_in_a_pickle() -> None:
    """A step function that a closure calls is the plain function there."""

    def use(x):
        return other_step(x)

    pickled = pickle_function(use, name="f", step="s", location=None)
    texts = [str(argument) for _, argument, _ in pickletools.genops(pickled.data)]
    assert not [text for text in texts if text.startswith("constructs_lib")]
    assert SourceReference(__name__, "other_step") in pickled.references


LOCK = threading.Lock()
RESULT = other_step(1)


def deep() -> list:
    value: list = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"a": [LOCK]}, "argument 'x' → ['a'] → [0] (_thread.lock)"),
        (lambda: LOCK, "argument 'x' → global 'LOCK' (_thread.lock)"),
        (lambda: RESULT, "argument 'x' → global 'RESULT' (constructs_lib DelayedReturn)"),
        (lambda x=LOCK: x, "argument 'x' → default value (_thread.lock)"),
        ({"p": {ParameterInteger("P")}}, "an element (constructs_lib ParameterInteger)"),
        (io.StringIO("x"), "(open file)"),
        (os.environ, "(os.environ)"),
        (boto3.Session(), "(Session of boto3)"),
        ([boto3.client("s3", region_name="us-east-1")], "[0] (s3 client of botocore)"),
        (cdk.App(), "(CDK construct aws_cdk.App)"),
        (cdk.Duration.hours(1), "(CDK construct aws_cdk.Duration)"),
        ({1: "x-${Token[TOKEN.3]}"}, "→ [1] (text or number that only CloudFormation knows"),
        ([-1.8881545897087626e289], "→ [0] (text or number that only CloudFormation knows"),
        (socket.socket(), "(socket.socket)"),
        ((i for i in ()), "(generator)"),
        (memoryview(b"x"), "(memoryview)"),
        (deep(), "too deeply nested"),
    ],
)
def test_what_must_not_travel_is_refused_by_the_path_to_it(value: object, found: str) -> None:
    """The message says where in the argument it is, what it is, and what to do."""
    with pytest.raises(BundleError) as caught:
        literal(value)
    assert found in caught.value.fault.found
    assert caught.value.fault.location == "app.py:3"
    assert caught.value.fault.mend


def test_closure_is_named_by_its_variable() -> None:
    """A captured variable is named as the user wrote it."""
    lock = threading.Lock()
    with pytest.raises(BundleError, match=r"function → closure 'lock' \(_thread.lock\)"):
        pickle_function(lambda: lock, name="function", step="s", location=None)


def test_values_are_not_changed() -> None:
    """Pickling leaves no trace in the user's objects."""

    class Slotted:
        __slots__ = ("a",)

    value = Slotted()
    value.a = {3, 1}
    before = dict(vars(Slotted))
    literal([value])
    assert {k: v for k, v in vars(Slotted).items() if k != "__slotnames__"} == before
    assert value.a == {3, 1}
    assert pickle.loads(literal({3, 1}).data) == {1, 3}
