"""What must not travel is refused, by the path to it, with what to do instead."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import multiprocessing
import os
import socket
import sqlite3
import sys
import tempfile
import threading
import types
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import boto3
import pytest
from aws_cdk import aws_s3 as s3
from botocore.credentials import Credentials

import constructs_lib
from constructs_lib import BundleError, ParameterInteger, S3Input, step
from constructs_lib.exceptions import Fault
from constructs_lib.packaging.pickling import pickle_function, pickle_literal
from constructs_lib.packaging.pickling.refusals import refusal_of_instances

LOCK = threading.Lock()


@step
def other_step(x: Any) -> Any:
    return x


RESULT = other_step(1)


def fault_of(value: object) -> Fault:
    with pytest.raises(BundleError) as caught:
        pickle_literal(value, name="argument 'x'", step="train", location="app.py:3")
    return caught.value.fault


class Holder:
    def __init__(self, **values: object) -> None:
        vars(self).update(values)


class Slotted:
    __slots__ = ("lock",)

    def __init__(self) -> None:
        self.lock = LOCK


class Stateful:
    def __getstate__(self) -> dict[str, object]:
        return {"made": [LOCK]}


class Failing:
    def __reduce__(self) -> Any:
        raise ValueError("not today")


def with_lock_in_a_method() -> type:
    class Local:
        def method(self) -> object:
            return LOCK

    return Local


def with_lock_in_a_property() -> type:
    lock = LOCK

    class Local:
        @property
        def value(self) -> object:
            return lock

    return Local


def calls_inner() -> Callable[[], object]:
    lock = LOCK

    def inner() -> object:
        return lock

    return lambda: [inner()]


def with_attribute() -> Callable[[], None]:
    def f() -> None: ...

    f.lock = LOCK  # type: ignore[attr-defined]
    return f


PATHS = {
    "root": (LOCK, ""),
    "items": ({"a": [LOCK]}, " → ['a'] → [0]"),
    "attribute": (Holder(a=Holder(b=(LOCK,))), " → .a → .b → [0]"),
    "slot": (Slotted(), " → .lock"),
    "state": (Stateful(), " → .made → [0]"),
    "global": (lambda: LOCK, " → global 'LOCK'"),
    "global of an inner function": (lambda: [LOCK for _ in ()], " → global 'LOCK'"),
    "default": (lambda a, x=LOCK: x, " → default of 'x'"),
    "keyword default": (lambda *, x=LOCK: x, " → default of 'x'"),
    "closure": (calls_inner(), " → closure 'inner' → closure 'lock'"),
    "attribute of a function": (with_attribute(), " → .lock"),
    "partial": (functools.partial(max, 1, key=LOCK), " → argument 'key'"),
    "bound method": (Slotted().__init__, " → its instance → .lock"),
    "method": (with_lock_in_a_method(), " → .method → global 'LOCK'"),
    "property": (with_lock_in_a_property(), " → .value → its code → closure 'lock'"),
    "class of an instance": (
        [with_lock_in_a_method()()],
        " → [0] → class 'with_lock_in_a_method.<locals>.Local' → .method → global 'LOCK'",
    ),
    "key": ({LOCK: 1}, f" → key {LOCK!r}"),
    "set": ({"p": {1, LOCK}}, " → ['p'] → an element"),
}


@pytest.mark.parametrize("name", PATHS)
def test_path_is_told_in_the_users_words(name: str) -> None:
    """Items, attributes, variables and defaults on the way are named as the user wrote them."""
    value, path = PATHS[name]
    fault = fault_of(value)
    assert fault.found == f"argument 'x'{path} (threading.Lock)"
    assert fault.what == "step 'train' cannot be shipped"
    assert fault.location == "app.py:3"
    assert fault.mend == "Make it inside the step."


def bucket() -> s3.Bucket:
    return s3.Bucket(cdk.Stack(), "B")


REFUSED: dict[str, tuple[Callable[[], object], str, str]] = {
    "construct": (bucket, "CDK construct aws_cdk.aws_s3.Bucket", "bucket_name"),
    "app": (cdk.App, "CDK construct aws_cdk.App", "as an argument"),
    "duration": (lambda: cdk.Duration.hours(1), "CDK construct aws_cdk.Duration", "as an argument"),
    "construct class": (lambda: s3.Bucket, "CDK class aws_cdk.aws_s3.Bucket", "as an argument"),
    "cdk module": (lambda: s3, "module aws_cdk.aws_s3", "does not have aws_cdk"),
    "token": (lambda: f"x-{bucket().bucket_name}", "a CDK token", "as a text argument"),
    "number token": (lambda: cdk.Token.as_number({"Ref": "A"}), "a CDK token", "argument"),
    "list token": (lambda: cdk.Token.as_list({"Ref": "A"})[0], "a CDK token", "Fn.join"),
    "delayed": (lambda: RESULT, "constructs_lib DelayedReturn", "as an argument of the call"),
    "parameter": (lambda: ParameterInteger("P"), "constructs_lib ParameterInteger", "argument"),
    "own class": (lambda: S3Input, "class S3Input of constructs_lib", "outside the step"),
    "own function": (lambda: step, "function step of constructs_lib", "outside the step"),
    "own module": (lambda: constructs_lib, "module constructs_lib", "outside the step"),
    "text file": (lambda: Path(__file__).open(), "open file", "S3Input"),  # noqa: SIM115
    "binary file": (lambda: Path(__file__).open("rb"), "open file", "S3Input"),  # noqa: SIM115
    "environment": (lambda: os.environ, "os.environ", "variables that the step needs"),
    "session": (lambda: boto3.Session(), "boto3 Session", "credentials"),
    "credentials": (lambda: Credentials("a", "b"), "botocore Credentials", "credentials"),
    "client": (lambda: boto3.client("s3", "us-east-1"), "boto3 S3 client", "inside the step"),
    "resource": (
        lambda: boto3.resource("s3", "us-east-1").Bucket("b"),
        "boto3 s3.Bucket resource",
        "inside the step",
    ),
    "recursive lock": (threading.RLock, "threading.RLock", "inside the step"),
    "condition": (threading.Condition, "threading.Condition", "inside the step"),
    "thread": (threading.Thread, "threading.Thread", "inside the step"),
    "thread local": (threading.local, "threading.local", "inside the step"),
    "pool": (
        concurrent.futures.ThreadPoolExecutor,
        "concurrent.futures.thread.ThreadPoolExecutor",
        "inside the step",
    ),
    "process": (multiprocessing.Process, "multiprocessing.context.Process", "inside the step"),
    "loop": (asyncio.new_event_loop, "asyncio", "inside the step"),
    "socket": (socket.socket, "socket.socket", "inside the step"),
    "database": (lambda: sqlite3.connect(":memory:"), "sqlite3.Connection", "inside the step"),
    "generator": (lambda: (i for i in ()), "generator", "list of its values"),
    "frame": (sys._getframe, "frame", "list"),
    "memory": (lambda: memoryview(b"x"), "memoryview", "bytes(value)"),
    "weak reference": (lambda: weakref.ref(Holder), "cannot pickle", "plain data"),
    "own reducer": (Failing, "not today", "plain data"),
    "module": (lambda: types.ModuleType("made"), "module made, which cannot be imported", "file"),
    "this file": (lambda: lambda: __file__, "uses __file__", "plain data"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_must_not_travel_is_refused(name: str) -> None:
    """The message says what it is and what to do instead."""
    make, what, mend = REFUSED[name]
    fault = fault_of([make()])
    assert fault.found.startswith("argument 'x' → [0] (")
    assert what in fault.found
    assert mend in fault.mend


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (tempfile.NamedTemporaryFile, "→ [0] → .file (open file)"),
        (lambda: {1: "x-${Token[TOKEN.3]}"}, "→ [0] → [1] (text"),
        (lambda: lambda: "x-${Token[TOKEN.3]}", "→ [0] → a constant (text"),
        (lambda: {"x-${Token[TOKEN.3]}": 1}, "→ [0] → key 'x-${Token[TOKEN.3]}' (text"),
        (lambda: lambda: RESULT, "→ [0] → global 'RESULT' (constructs_lib DelayedReturn)"),
        (lambda: boto3.client("s3", "us-east-1").get_object, "→ its instance (boto3 S3 client)"),
    ],
)
def test_refused_inside(value: Callable[[], object], found: str) -> None:
    """What is inside something else is found there."""
    assert found in fault_of([value()]).found


def test_function_is_the_start_of_the_path() -> None:
    """A captured variable is named as the user wrote it."""
    lock = threading.Lock()
    with pytest.raises(BundleError, match=r"found train → closure 'lock' \(threading.Lock\)"):
        pickle_function(lambda: lock, name="train", step="train", location=None)


def test_endless_nesting_is_told_shortly() -> None:
    """What is too deep is refused, in a message that can be read."""
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    fault = fault_of(value)
    assert fault.found.endswith("(too deeply nested)")
    assert " → … → " in fault.found
    assert len(fault.found) < 200
    del value
    limit = sys.getrecursionlimit()
    assert limit < 5000


@pytest.mark.parametrize("value", [float("-inf"), float("nan"), -1e100, "${Token}", "a"])
def test_ordinary_values_are_not_taken_for_tokens(value: object) -> None:
    """Only what CDK encodes is a token."""
    assert pickle_literal(value, name="x", step="s", location=None).data


def test_type_whose_module_is_a_descriptor_is_like_any_other() -> None:
    """Functions that Cython has compiled have such a type."""
    kind = type("Compiled", (), {"__module__": property(lambda self: "numpy.random")})
    assert refusal_of_instances(kind) is None
