"""What a pickle holds, and what it does not."""

from __future__ import annotations

import dataclasses
import functools
import os
import pickle
import pickletools
import subprocess
import sys
import time
import types
import typing
from collections.abc import Callable
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest

from constructs_lib import ParameterInteger, step
from constructs_lib.packaging.pickling import Pickled, pickle_function, pickle_literal
from constructs_lib.packaging.pickling.names import GlobalName, global_name
from constructs_lib.packaging.project import SourceReference

LIBRARIES = Path(cloudpickle.__file__).parents[1]


class OfTheProject:
    def method(self) -> int:
        return 1


@dataclasses.dataclass
class Config:
    depth: int


@functools.lru_cache
def cached(x: int) -> int:
    return x


Variable = typing.TypeVar("Variable")


@step
def other_step(x: int) -> int:
    return x


def literal(value: object) -> Pickled:
    return pickle_literal(value, name="argument 'x'", step="train", location="app.py:3")


def by_value(function: Callable[..., Any]) -> Pickled:
    return pickle_function(function, name="function", step="train", location="app.py:3")


def load(pickled: Pickled, use: str) -> str:
    """Load a pickle in a fresh process without constructs_lib and return what it prints."""
    code = f"import pickle, sys; v = pickle.load(sys.stdin.buffer); print({use})"
    code = f"import sys; sys.path.insert(0, {str(LIBRARIES)!r}); {code}"
    result = subprocess.run(
        [sys.executable, "-c", code], input=pickled.data, capture_output=True, check=False, cwd="/"
    )
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode().strip()


def read_only(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    array.flags.writeable = False
    return array


ARRAYS = {
    "integers": (lambda: np.arange(3), "v.tolist()", "[0, 1, 2]"),
    "transposed": (lambda: np.arange(6).reshape(2, 3).T, "v.tolist()", "[[0, 3], [1, 4], [2, 5]]"),
    "strided": (lambda: np.arange(10)[::4], "v.tolist()", "[0, 4, 8]"),
    "text": (lambda: np.array(["a", "bc"]), "v.tolist()", "['a', 'bc']"),
    "objects": (lambda: np.array([{1, 2}, "a"], dtype=object), "(v[1], len(v[0]))", "('a', 2)"),
    "two of one byte": (
        lambda: [read_only(np.array([1], "u1")), read_only(np.array([1], "u1")), b"\1", b""],
        "[x.tolist() for x in v[:2]]",
        "[[1], [1]]",
    ),
    "two empty": (lambda: [read_only(np.zeros(0)), read_only(np.zeros(0))], "len(v)", "2"),
    "scalar": (lambda: np.float64(1.5), "float(v)", "1.5"),
    "function": (lambda: [np.add, np.random.rand, np.mean], "v[0](1, 2)", "3"),
    "random": (lambda: np.random.default_rng(1), "v.integers(100) >= 0", "True"),
    "frame": (
        lambda: pd.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": pd.Categorical(["u", "v"])}),
        "(v.a.tolist(), v.b.tolist(), list(v.c))",
        "([1, 2], ['x', 'y'], ['u', 'v'])",
    ),
    "dates": (
        lambda: pd.Series([1.0, None], index=pd.date_range("2020", periods=2, tz="UTC")),
        "(str(v.index[1]), len(v))",
        "('2020-01-02 00:00:00+00:00', 2)",
    ),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_and_frames_arrive(name: str) -> None:
    """Arrays and frames are loaded as they were, and are the same bytes each time."""
    make, use, expected = ARRAYS[name]
    pickled = literal(make())
    assert literal(make()) == pickled
    assert not pickled.by_value
    assert load(pickled, use) == expected


def test_values_without_a_module_are_found_in_their_own_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where a compiled function is found does not depend on what else has it."""
    value = [].append
    assert value.__module__ is None
    for name in ("aaa", "zzz.compiled", "zzz", "zzz.other"):
        module = types.ModuleType(name)
        module.thing = value  # type: ignore[attr-defined]
        module.__loader__ = ExtensionFileLoader(name, "x.so") if "compiled" in name else None
        module.__spec__ = ModuleSpec(name, None)
        monkeypatch.setitem(sys.modules, name, module)
    assert global_name(value, "thing") == GlobalName("zzz", "thing")


def test_which_equal_constants_are_one_object_makes_no_difference() -> None:
    """Texts, bytes, tuples and frozensets are told apart by their value alone."""
    for make in (lambda: "".join("ab"), lambda: bytes([1, 2]), lambda: tuple(iter((1, ("a",))))):
        one = make()
        assert literal([one, one]) == literal([make(), make()])
    one = frozenset(["a", (1,)])
    assert literal([one, one]) == literal([one, frozenset(list(one))])
    assert literal([(1,), (1.0,)]) != literal([(1,), (1,)])
    assert literal([(0.0,), (-0.0,)]) != literal([(0.0,), (0.0,)])


def test_equal_elements_of_a_set_are_told_apart_by_what_was_before() -> None:
    """Of two equal objects the one that is already in the pickle comes first."""
    pickles = set()
    kept = []
    for _ in range(30):
        one, *others = [OfTheProject() for _ in range(4)]
        pickles.add(literal([one, {one, *others}]).data)
        kept.append([one, others])  # else all had the same addresses
    assert len(pickles) == 1


@pytest.mark.parametrize(
    ("value", "use"),
    [
        (np.zeros(8_000_000), "v.size"),
        ([{"a": i, "b": str(i)} for i in range(20_000)], "len(v)"),
        ({str(i) for i in range(20_000)}, "len(v)"),
        (b"x" * 64_000_000, "len(v)"),
    ],
    ids=["array", "dicts", "set", "bytes"],
)
def test_large_values_are_not_slow(value: Any, use: str) -> None:
    """Buffers are written as they are, and small objects in microseconds each."""
    start = time.process_time()
    pickled = literal(value)
    assert time.process_time() - start < 5
    assert load(pickled, use) == str(len(value))


def test_deep_nesting_is_fine() -> None:
    """A thousand levels, and a set in each of several, are pickled."""
    value: Any = []
    for _ in range(1000):
        value = [value]
    assert load(literal(value), "len(v)") == "1"
    nested: Any = frozenset({1, 2})
    for level in range(8):
        nested = frozenset({nested, level, (level,)})
    assert load(literal(nested), "len(v)") == "3"


def test_project_definitions_travel_by_name() -> None:
    """A class of the project is referred to, so that the slice ships it, and is one class."""
    pickled = literal([OfTheProject(), Config(3), OfTheProject, cached, Variable])
    names = {"OfTheProject", "Config", "cached", "Variable"}
    assert pickled.references == {SourceReference(__name__, name) for name in names}
    assert not pickled.by_value


def test_bound_method_refers_to_its_class() -> None:
    """A bound method of a class of the project needs no code in the pickle."""
    pickled = by_value(OfTheProject().method)
    assert not pickled.by_value
    names = {"OfTheProject", "OfTheProject.method"}
    assert pickled.references == {SourceReference(__name__, name) for name in names}


def test_modules_of_the_project_are_reported() -> None:
    """A module that a function uses as a whole is shipped as a whole."""
    module = sys.modules[__name__]
    pickled = by_value(lambda: module.Config)
    assert pickled.modules == {__name__}
    assert literal([types, np]).modules == frozenset()
    assert load(literal(os.path), "v.__name__") == os.path.__name__
    assert b"os.path" in literal(os.path).data  # not the name it has on this system


def test_code_in_a_pickle_says_so() -> None:
    """Code, and whatever else needs cloudpickle to be loaded, is by value; data is not."""
    count = 3
    assert by_value(lambda: count).by_value
    assert literal({1: 2}.keys()).by_value
    for data in ([1], {"a": types.FunctionType}, types.MappingProxyType({}), [np, type(None)]):
        pickled = literal(data)
        assert not pickled.by_value
        assert b"cloudpickle" not in pickled.data


def test_nothing_of_ours_is_in_a_pickle() -> None:
    """A step function that a closure calls is the plain function there; annotations vanish."""

    @step
    def local_step(x: int) -> int:
        return x

    def use(x, y=1):
        return other_step(x) + local_step(y)

    use.__annotations__ = {"x": ParameterInteger | None, "y": list[ParameterInteger], "return": int}
    pickled = by_value(use)
    texts = [str(argument) for _, argument, _ in pickletools.genops(pickled.data)]
    assert not [text for text in texts if "constructs_lib" in text]
    assert SourceReference(__name__, "other_step") in pickled.references


def test_no_path_of_this_machine_is_in_a_pickle() -> None:
    """Neither the function's file nor Python's own folders are told."""

    @dataclasses.dataclass
    class Local:
        x: int = 1

    data = by_value(lambda: Local()).data
    for folder in (Path(__file__).parent, Path(sys.prefix), Path(dataclasses.__file__).parent):
        assert str(folder).encode() not in data


def test_tracebacks_count_lines_from_the_start_of_the_function() -> None:
    """The lines of an error tell where in the outermost function it is."""

    def outer():
        def inner():
            raise KeyError

        return inner()

    with pytest.raises(KeyError) as caught:
        pickle.loads(by_value(outer).data)()
    assert [entry.lineno + 1 for entry in caught.traceback[1:]] == [5, 3]


def test_equal_classes_of_two_pickles_are_one_class() -> None:
    """An argument made by a class by value is an instance of the function's class."""

    def make(level: int) -> type:
        class Model:
            def depth(self) -> int:
                return level

        return Model

    model, other = make(1), make(2)
    one = pickle.loads(by_value(lambda x: isinstance(x, model)).data)
    assert one(pickle.loads(literal(model()).data))
    assert not one(pickle.loads(literal(other()).data))


def test_values_are_not_changed() -> None:
    """Pickling leaves no trace in the user's objects, nor in cloudpickle, nor in Python."""

    class Slotted:
        __slots__ = ("a",)

    value = Slotted()
    value.a = {3, 1}
    before, limit = dict(vars(Slotted)), sys.getrecursionlimit()
    literal([value])
    assert dict(vars(Slotted)) == before
    assert value.a == {3, 1}
    assert sys.getrecursionlimit() == limit
    assert not cloudpickle.list_registry_pickle_by_value()
