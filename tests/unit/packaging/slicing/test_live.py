"""Which values are ours, and which exist only at synth time."""

from __future__ import annotations

import functools
import math
import threading

import pytest

import constructs_lib
from constructs_lib import CacheConfig, ParameterInteger, S3Input, step
from constructs_lib.packaging.slicing.live import is_ours, synth_only


class Derived(CacheConfig):
    """A user's class made of ours."""


@step
def train() -> int:
    """A step."""
    return 1


OURS = [
    step,
    step(instance_type="ml.m5.large"),
    functools.partial(step, instance_type="ml.m5.large"),
    functools.partial(functools.partial(step)),
    train,
    train.with_options,
    S3Input,
    Derived,
    CacheConfig(expire_after="P1D"),
    constructs_lib,
]
OTHERS = [len, threading, threading.Lock(), functools.partial(len), train.func, {"a": step}, None]


@pytest.mark.parametrize("value", OURS, ids=lambda value: type(value).__name__)
def test_functions_classes_and_objects_of_ours_are_ours(value: object) -> None:
    """Partials, methods and subclasses of them too."""
    assert is_ours(value)


@pytest.mark.parametrize("value", OTHERS, ids=lambda value: type(value).__name__)
def test_other_values_are_not(value: object) -> None:
    """A container of ours is none of ours."""
    assert not is_ours(value)


SYNTH_ONLY = [
    ParameterInteger("Depth", default_value=1),
    [(1, {2: CacheConfig(expire_after="P1D")})],
    "a ${Token[TOKEN.1]}",
    ["#{Token[TOKEN.2]}"],
    -1.8881545897087626e289,
]


@pytest.mark.parametrize("value", SYNTH_ONLY, ids=lambda value: type(value).__name__)
def test_pipeline_values_and_tokens_exist_only_at_synth(value: object) -> None:
    """Also inside containers."""
    assert synth_only(value) is not None


@pytest.mark.parametrize(
    "value",
    [1, True, -math.inf, math.nan, "text", [1] * 20_000, {"train": train}, object()],
    ids=lambda value: type(value).__name__,
)
def test_other_values_can_be_made_again(value: object) -> None:
    """A step function is an ordinary function in the container."""
    assert synth_only(value) is None
