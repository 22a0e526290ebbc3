"""From the call of a step to its container, and from its result to the next step.

What went in comes out, or an error with four parts says at synthesis why it cannot.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from constructs_lib import StepError, step
from constructs_lib.authoring.delayed import get_step
from constructs_lib.exceptions import RemoteError
from constructs_lib.model.steps import FunctionStep
from constructs_lib.remote_function.request import prepare
from constructs_lib.remote_function.surroundings import Surroundings
from constructs_lib.runtime.acceptance import Acceptance
from constructs_lib.runtime.arguments import Arguments
from constructs_lib.runtime.failure import StepFailure
from constructs_lib.runtime.loading import load_result
from constructs_lib.runtime.plan import read_plan
from constructs_lib.runtime.results import store

ACCOUNT = Surroundings(
    "arn:aws:iam::123456789012:role/R", "image", "job", "s3://bucket/code", "s3://bucket/out"
)
# what: found ..., allowed: .... How to mend it.
FOUR_PARTS = re.compile(r".+: found .+, allowed: .+\. .+", re.DOTALL)


@dataclass(frozen=True)
class Point:
    x: Any
    name: str = "origin"


class Pair(NamedTuple):
    left: Any
    right: Any


@step
def takes(**values: Any) -> Any: ...


@step
def takes_all(*values: Any) -> Any: ...


texts = st.text(max_size=8) | st.sampled_from(
    [
        *(
            "\ud800",
            "-rf",
            "$(x)",
            "'\"",
            "a\nb",
            "{{x}}",
            "${x}",
            "\0",
            "größe",
            "e\u0301",
            "\u202e",
        ),
        *("x" * 256, "x" * 257, "ß" * 200, "x" * 2500, "true", "null", "1", "NaN", " ", "%s"),
    ]
)
leaves = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), texts, st.binary(max_size=6)),
    *(st.complex_numbers(), st.decimals(), st.dates(), st.timedeltas()),
    st.sampled_from([2**9999, -(10**4200), 10**300, float("nan"), -0.0, 5e-324, b"\xff" * 300]),
    st.datetimes(timezones=st.sampled_from([None, timezone.utc])),
    hnp.arrays(st.sampled_from(["i4", "f8", "?", "U3", "M8[s]", "c16"]), st.integers(0, 3)),
)
keys = st.one_of(texts, st.integers(), st.booleans(), st.none(), st.tuples(st.integers(), texts))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(keys, inner, max_size=3),
        st.dictionaries(texts, inner, max_size=3).map(OrderedDict),
        st.builds(Point, inner, texts),
        st.builds(Pair, inner, inner),
        st.sets(st.integers() | texts, max_size=3),
    ),
    max_leaves=8,
)
names = st.text(min_size=1, max_size=6) | st.sampled_from(
    [
        "self",
        "x" * 64,
        "x" * 300,
        "größe",
        "a b",
        "a.b",
        "code",
        "../x",
        "--x",
        "",
        "x\ny",
        "X",
        "x",
    ]
)


def same(left: Any, right: Any) -> bool:
    """Tell whether two values are equal, types and order and NaN and all."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return same(list(left.items()), list(right.items()))
    if isinstance(left, Point):
        return same((left.x, left.name), (right.x, right.name))
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and left.shape == right.shape and repr(left) == repr(right)
    if isinstance(left, float):
        return repr(left) == repr(right)
    if isinstance(left, (complex, Decimal)):
        return repr(left) == repr(right)
    return bool(left == right)


def received(call: Any) -> tuple[list[Any], dict[str, Any]]:
    """Return what the function is called with in the container.

    Raises:
        StepError: It cannot be, as synthesis finds out.
        RemoteError: As synthesis finds out, for several reasons.
    """
    found = get_step(call)
    assert isinstance(found, FunctionStep)
    job = prepare(found, "takes", found.settings, ACCOUNT)
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder, f"{job.bundle.sha256}.zip")
        bundle.write_bytes(job.bundle.data)
        config = Path(folder, "input", "config", "hyperparameters.json")
        config.parent.mkdir(parents=True)
        config.write_text(json.dumps(job.request.get("HyperParameters", {})))
        plan = read_plan(str(bundle))
        arguments = Arguments(str(bundle), folder, False)
        args = [arguments.value(node, "x") for node in plan["args"]]
        return args, {name: arguments.value(node, name) for name, node in plan["kwargs"].items()}


def assert_four_parts(error: Exception) -> None:
    text = str(error)
    faults = text.split("\n  - ")[1:] if isinstance(error, RemoteError) else [text]
    assert faults
    for fault in faults:
        assert FOUR_PARTS.fullmatch(fault), text


@given(st.dictionaries(names, values, max_size=3))
@example({"x": [{"deep": [[[1, (2, {"a": 1.0})]]]}]})
@example({"x": list(range(500))})
@settings(max_examples=200, deadline=None)
def test_arguments_by_name(given_values: dict[str, Any]) -> None:
    """Every value under every name."""
    try:
        args, kwargs = received(takes(**given_values))
    except (StepError, RemoteError) as error:
        assert_four_parts(error)
    else:
        assert not args
        assert same(kwargs, given_values)


@given(st.lists(values, max_size=4))
@settings(max_examples=100, deadline=None)
def test_arguments_by_position(given_values: list[Any]) -> None:
    """Also in their order."""
    try:
        args, kwargs = received(takes_all(*given_values))
    except (StepError, RemoteError) as error:
        assert_four_parts(error)
    else:
        assert not kwargs
        assert same(args, given_values)


@given(st.dictionaries(texts, st.integers(), min_size=150, max_size=160))
@settings(max_examples=5, deadline=None)
def test_more_arguments_than_a_job_has_hyperparameters(given_values: dict[str, Any]) -> None:
    """They are said to be too many, or they arrive."""
    try:
        _, kwargs = received(takes(**given_values))
    except (StepError, RemoteError) as error:
        assert_four_parts(error)
    else:
        assert same(kwargs, given_values)


def test_bundles_depend_on_the_values_only() -> None:
    """Equal arguments, made twice, are one bundle."""
    made = [{"x": [1, {"a": Point(2)}], "y": {3, 1, 2}} for _ in range(2)]
    first, second = (get_step(takes(**entry)) for entry in made)
    jobs = [prepare(s, "takes", s.settings, ACCOUNT) for s in (first, second)]  # type: ignore[attr-defined,arg-type]
    assert jobs[0].bundle.sha256 == jobs[1].bundle.sha256


@given(value=values, elements=st.booleans(), data_only=st.booleans())
@settings(max_examples=200, deadline=None)
def test_results(value: Any, elements: bool, data_only: bool) -> None:
    """What a step returns is what the next one gets; data only, if that was asked for."""
    length = len(value) if elements and isinstance(value, (list, tuple)) else None
    plan: Any = {"elements": length, "serializer": None, "data_only": data_only}
    folder = tempfile.mkdtemp()
    try:
        try:
            store(value, plan, f"/none/{'0' * 64}.zip", folder)
        except StepFailure:
            assert data_only
            return
        stored = load_result(folder, [], "x", Acceptance(None, data_only))
        expected = tuple(value) if length is not None else value
        assert same(stored, expected)
        assert not data_only or not list(Path(folder).rglob("*.pkl"))
        for index in range(length or 0):
            part = load_result(f"{folder}/{index}", [], "x", Acceptance(None, data_only))
            assert same(part, value[index])
    finally:
        shutil.rmtree(folder)
