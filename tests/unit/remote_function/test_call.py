"""Which calls can be jobs without a pipeline, and what a job is called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from constructs_lib import (
    DelayedReturn,
    ExecutionVariables,
    Join,
    ParameterInteger,
    ParameterString,
    RemoteError,
    S3Input,
    StepError,
    get_step,
    step,
)
from constructs_lib.model.settings import StepSettings
from constructs_lib.remote_function import RemoteFunction, remote
from constructs_lib.remote_function.call import check_arguments
from constructs_lib.remote_function.request import prepare
from constructs_lib.remote_function.surroundings import Surroundings, surroundings_of

DEPTH = ParameterInteger("Depth", default_value=3)
PLACE = Surroundings(
    "arn:aws:iam::123456789012:role/r", "image", "p-" + "a" * 36, "s3://c/x", "s3://o/p"
)


@dataclass
class Options:
    depth: Any


@step
def work(value: Any = 1, other: Any = 2) -> int:
    """Say nothing of it."""
    return 1


def token() -> str:
    """Return a name that only CloudFormation knows."""
    return s3.Bucket(cdk.Stack(cdk.App(), "S"), "Raw").bucket_name


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (work(), "the result of step 'work'"),
        ([{"a": work()["b"]}], r"the result of step 'work'\['b'\]"),
        (DEPTH, "a pipeline variable"),
        ({"depth": [DEPTH]}, "a pipeline variable"),
        (Options(DEPTH), "a pipeline variable"),
        (f"at {ParameterString('Name')}", "a pipeline variable"),
        (Join(values=["a", "b"]), "a pipeline variable"),
        (ExecutionVariables.PIPELINE_NAME, "a pipeline variable"),
        (S3Input("bucket", f"{ParameterString('Name')}/"), "a pipeline variable"),
        pytest.param(token(), "known only when the app is deployed", id="token"),
        (S3Input(token(), "key"), "known only when the app is deployed"),
    ],
)
def test_argument_without_a_value_is_refused(value: Any, found: str) -> None:
    """Wherever it is nested, with the argument's name and the line of the call."""
    with pytest.raises(
        StepError, match=rf"test_call.py:\d+: step 'work' .* argument 'other' is open: .*{found}"
    ):
        check_arguments(get_step(work(1, value)), "work")


@pytest.mark.parametrize(
    "value", [1, "text", [1, {"a": None}], {1, 2}, Options(3), S3Input("b", "k/"), b"x" * 10_000]
)
def test_values_are_accepted(value: Any) -> None:
    """Also those that travel pickled, and data in S3."""
    check_arguments(get_step(work(value)), "work")


def test_job_name_keeps_the_prefix_and_the_limit() -> None:
    """The role trusts jobs of the prefix only; two calls in a second are two jobs."""
    names = {
        prepare(get_step(work()), "work", StepSettings(), PLACE).request["TrainingJobName"]
        for _ in range(2)
    }
    assert len(names) == 2
    for name in names:
        assert re.fullmatch(rf"{PLACE.job_name_prefix}-\d{{14}}-[a-z0-9]{{8}}", name)
        assert len(name) <= 63


def test_equal_calls_have_equal_bundles() -> None:
    """So that each is uploaded once, and a pipeline's own is used again."""
    first, second = (
        prepare(get_step(work(5)), "work", StepSettings(), PLACE).code_uri for _ in range(2)
    )
    assert first == second


def test_every_fault_is_listed() -> None:
    """Before anything is sent; a single one with its line."""
    with pytest.raises(StepError, match=r"test_call.py:\d+: step 'work'.*InstanceType"):
        prepare(get_step(work()), "work", StepSettings(instance_type="ml.none"), PLACE)
    wrong = StepSettings(instance_type="ml.none", max_runtime_in_seconds=0)
    with pytest.raises(RemoteError, match=r"(?s)  - .*InstanceType.*  - .*MaxRuntimeInSeconds"):
        prepare(get_step(work()), "work", wrong, PLACE)


def test_without_a_pipeline_all_that_is_missing_is_named() -> None:
    """In one message."""
    with pytest.raises(RemoteError, match="give role=, image_uri=, s3_root_uri= as well, or pip"):
        surroundings_of("work", {}, {}, None, None, "eu-west-1")


def test_decorator_has_each_form() -> None:
    """Bare, with arguments, on a step, and twice."""

    def plain(value: int) -> int:
        """Double it."""
        return 2 * value

    for made in (
        remote(plain),
        remote(instance_type="ml.m5.xlarge")(plain),
        remote(step(plain)),
        remote(remote(plain)),
    ):
        assert isinstance(made, RemoteFunction)
        assert made.func(4) == 8
        assert (made.__name__, made.__doc__) == ("plain", "Double it.")
    with pytest.raises(StepError, match="Did you mean 'instance_type'"):
        remote(plain, instance_typ="ml.m5.xlarge")
    with pytest.raises(StepError, match="cannot be a step"):
        remote(int)
    assert isinstance(step(plain)(1), DelayedReturn)
