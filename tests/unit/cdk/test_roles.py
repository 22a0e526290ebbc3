"""Roles as organisations demand them; a role that is only referred to is never changed."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template
from aws_cdk.aws_scheduler import ScheduleExpression

from constructs_lib import Image, Pipeline, S3Input, step

ARN = "arn:aws:iam::123456789012:role/team/ml"


@step
def load(path):
    return path.name


@step
def train(name, key="x"):
    return name


@pytest.fixture
def stack() -> cdk.Stack:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(cdk.App(), "Training", env=env)


def roles_of(stack: cdk.Stack) -> list[dict[str, Any]]:
    """Return the properties of the roles of a stack."""
    found = Template.from_stack(stack).find_resources("AWS::IAM::Role")
    return [role["Properties"] for role in found.values()]


def needed(stack: cdk.Stack, step: Any) -> str:
    """Return the text of what a step's role needs."""
    return json.dumps(stack.resolve(step.policy_document))


def imported(stack: cdk.Stack, kind: str) -> Any:
    """Return a role that the app does not make."""
    if kind == "arn":
        return ARN
    if kind == "token":
        return cdk.CfnParameter(stack, "Team").value_as_string
    return iam.Role.from_role_arn(stack, "Team", ARN, mutable=kind == "mutable")


@pytest.mark.parametrize("kind", ["arn", "token", "mutable", "immutable"])
def test_role_that_is_not_the_apps_is_never_changed(stack: cdk.Stack, kind: str) -> None:
    """No policy is made for it, by the library or by a grant: both are in its document."""
    key = kms.Key(stack, "Key")
    raw = s3.Bucket(stack, "Raw", encryption_key=key)
    role = imported(stack, kind)
    loaded = load.with_options(role=role)(S3Input(raw, "in/table.csv"))
    pipeline = Pipeline(stack, "P", steps=[loaded], role=role)
    s3.Bucket(stack, "More").grant_write(pipeline.step("load"))
    template = Template.from_stack(stack)
    assert set(template.find_resources("AWS::IAM::Policy")) == set()
    assert roles_of(stack) == []
    text = needed(stack, pipeline.step("load"))
    for part in ("/in/table.csv*", "kms:Decrypt", "logs:PutLogEvents", "s3:PutObject", '"More'):
        assert part in text
    assert "sagemaker:CreateTrainingJob" in needed(stack, pipeline)


def test_resources_get_no_policies_for_such_a_role() -> None:
    """Also in a stack that does not know its account: jobs take only roles of their own."""
    stack = cdk.Stack(cdk.App(), "Open")
    attribute = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    table = dynamodb.TableV2(stack, "Table", partition_key=attribute)
    pipeline = Pipeline(stack, "P", steps=[train.with_options(role=ARN)("x")])
    table.grant_write_data(pipeline.step("train"))
    assert "ResourcePolicy" not in json.dumps(Template.from_stack(stack).to_json())
    assert "dynamodb:PutItem" in needed(stack, pipeline.step("train"))


def test_what_such_a_role_needs_is_said_at_synthesis(stack: cdk.Stack) -> None:
    """Readable, with grants that were made after the pipeline."""
    pipeline = Pipeline(stack, "P", steps=[train.with_options(role=ARN)("x")])
    raw = s3.Bucket(stack, "Raw")
    raw.grant_read(pipeline.step("train"))
    logical = stack.get_logical_id(raw.node.default_child)
    Annotations.from_stack(stack).has_info(
        "/Training/P/Steps/train",
        Match.string_like_regexp(
            f"{ARN} is left as it is[^!]*trust sagemaker[^!]*PutLogEvents[^!]*\\$\\{{{logical}.Arn\\}}"
        ),
    )


def test_roles_of_the_app_get_their_permissions(stack: cdk.Stack) -> None:
    """One that the user's own stack makes is given a policy, and nothing is said."""
    role = iam.Role(stack, "Mine", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    pipeline = Pipeline(stack, "P", steps=[train.with_options(role=role)("x")], role=role)
    documents = json.dumps(Template.from_stack(stack).find_resources("AWS::IAM::Policy"))
    assert "logs:PutLogEvents" in documents
    assert "sagemaker:CreateTrainingJob" in documents
    assert pipeline.role is role
    Annotations.from_stack(stack).has_no_info("*", Match.any_value())


def test_boundary_path_and_names_are_on_every_role(stack: cdk.Stack) -> None:
    """Of the pipeline, its steps and its schedules."""
    boundary = iam.ManagedPolicy.from_aws_managed_policy_name("PowerUserAccess")
    pipeline = Pipeline(
        stack,
        "P",
        pipeline_name="churn",
        steps=[train("x")],
        permissions_boundary=boundary,
        role_path="/teams/ml/",
        role_name_prefix="ml-",
    )
    pipeline.add_schedule("Daily", ScheduleExpression.rate(cdk.Duration.days(1)))
    pipeline.add_schedule("Weekly", ScheduleExpression.rate(cdk.Duration.days(7)))
    found = roles_of(stack)
    assert {role["RoleName"] for role in found} == {
        "ml-churn",
        "ml-churn-train",
        "ml-churn-schedule",
    }
    assert {role["Path"] for role in found} == {"/teams/ml/"}
    assert all("PowerUserAccess" in json.dumps(role["PermissionsBoundary"]) for role in found)
    for role in found:
        assert "aws:SourceAccount" in json.dumps(role["AssumeRolePolicyDocument"])
        assert "aws:SourceArn" in json.dumps(role["AssumeRolePolicyDocument"])


def test_long_names_of_roles_are_shortened(stack: cdk.Stack) -> None:
    """IAM takes 64 characters; two steps never share a role."""
    long = "a" * 60
    steps = [train.with_options(name=f"{long}-{end}")("x") for end in "bc"]
    Pipeline(stack, "P", steps=steps, role_name_prefix="ml-")
    names = [role["RoleName"] for role in roles_of(stack)]
    assert len(set(names)) == 3
    assert max(map(len, names)) == 64


def test_pulls_from_a_repository_are_needed_too(stack: cdk.Stack) -> None:
    """What the library itself grants by ``grant_*`` is in the document."""
    repository = ecr.Repository(stack, "Images")
    image = Image.from_ecr(repository, "1")
    pipeline = Pipeline(stack, "P", steps=[train.with_options(role=ARN, image_uri=image)("x")])
    assert "ecr:BatchGetImage" in needed(stack, pipeline.step("train"))
