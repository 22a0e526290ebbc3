"""The arguments of a pipeline itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from constructs_lib import ParameterString, Pipeline, PipelineError, step

ARN = "arn:aws:{}:eu-west-1:111111111111:"


@step
def work() -> int:
    return 1


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Training")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pipeline_name", "under_score"),
        ("pipeline_display_name", "a title"),
        ("pipeline_description", 5),
        ("pipeline_description", "x" * 3073),
        ("artifacts_bucket", "my-bucket"),
        ("max_parallel_execution_steps", 0),
        ("max_parallel_execution_steps", True),
        ("max_parallel_execution_steps", "2"),
        ("step_defaults", {"volume_size": 1}),
        ("pipeline_experiment_config", "experiment"),
        ("role", "MyRole"),
        ("role", 5),
        ("permissions_boundary", "arn:aws:iam::111111111111:policy/Boundary"),
        ("role_path", "teams"),
        ("role_name_prefix", "my team/"),
        ("encryption_key", "arn:aws:kms:eu-west-1:111111111111:key/1"),
        ("encryption_key", kms.Key),
        ("vpc", "vpc-1"),
        ("results", "data only"),
        ("source_in_template", "no"),
        ("parameters", ParameterString("Name")),
        ("parameters", ["Name"]),
        ("steps", []),
        ("steps", "work"),
    ],
)
def test_what_cannot_be_used_is_said(stack: cdk.Stack, name: str, value: Any) -> None:
    """By its name, with what was found, and where."""
    with pytest.raises(PipelineError) as caught:
        Pipeline(stack, "P", **{"steps": [work()], name: value})
    (fault,) = caught.value.faults
    assert fault.what == f"the pipeline has an unusable {name}"
    assert fault.found.startswith(repr(value)[:100])
    assert fault.location is not None
    assert "test_arguments.py" in fault.location
    assert len(str(fault)) < 500


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vpc_subnets", ["subnet-1"]),
        ("vpc_subnets", {"subnet_type": ec2.SubnetType.PUBLIC}),
        ("security_groups", ["sg-1"]),
        ("security_groups", "sg-1"),
    ],
)
def test_of_a_vpc_constructs_are_taken(stack: cdk.Stack, name: str, value: Any) -> None:
    """IDs alone, or one group without a list, are said as well."""
    vpc = ec2.Vpc(stack, "Vpc")
    with pytest.raises(PipelineError, match=f"unusable {name}"):
        Pipeline(stack, "P", steps=[work()], vpc=vpc, **{name: value})


def test_one_step_is_given_in_a_list(stack: cdk.Stack) -> None:
    """The list is what was forgotten, not elements of the result."""
    with pytest.raises(PipelineError, match="allowed: a list of one or more steps"):
        Pipeline(stack, "P", steps=work())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("artifacts_bucket", lambda s: s3.Bucket.from_bucket_name(s, "B", "my-bucket")),
        ("encryption_key", lambda s: kms.Key.from_key_arn(s, "K", f"{ARN.format('kms')}key/1")),
        ("permissions_boundary", lambda s: iam.ManagedPolicy.from_aws_managed_policy_name("P")),
        (
            "permissions_boundary",
            lambda s: iam.ManagedPolicy.from_managed_policy_name(s, "Boundary", "P"),
        ),
        ("role", lambda s: iam.Role.from_role_arn(s, "R", f"{ARN.format('iam')}role/r")),
        ("role", lambda s: iam.Role.from_role_name(s, "R", "r")),
        ("role", lambda s: cdk.CfnParameter(s, "R").value_as_string),
        ("role_path", lambda s: "/"),
        ("role_path", lambda s: "/teams/ml/"),
        ("role_path", lambda s: cdk.CfnParameter(s, "R").value_as_string),
        ("vpc", lambda s: ec2.Vpc(s, "V")),
        (
            "vpc",
            lambda s: ec2.Vpc.from_vpc_attributes(
                s,
                "V",
                vpc_id="vpc-1",
                availability_zones=["eu-west-1a"],
                private_subnet_ids=["subnet-1"],
            ),
        ),
        ("pipeline_display_name", lambda s: "Tumour--v2"),
        ("pipeline_description", lambda s: ""),
        ("steps", lambda s: (work(), work())),
    ],
)
def test_what_can_be_used_is_taken(
    stack: cdk.Stack, name: str, make: Callable[[cdk.Stack], Any]
) -> None:
    """Constructs of the app, those that are only referred to, and what a deployment knows."""
    Pipeline(stack, "P", **{"steps": [work()], name: make(stack)})
