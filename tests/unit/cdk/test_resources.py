"""Resources as arguments: what the step gets of them, and what it is granted."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Template

from constructs_lib import Pipeline, PipelineError, StepError, step
from constructs_lib.remote_function import remote
from tests.unit.cdk.test_pipeline import definition_of

ARN = "arn:aws:{}:eu-west-1:123456789012:{}"


@step
def use(resource, other=None):
    return resource


@pytest.fixture
def stack() -> cdk.Stack:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(cdk.App(), "Training", env=env)


def key_of_table() -> dynamodb.Attribute:
    return dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)


MADE = {
    "bucket": (lambda s: s3.Bucket(s, "R"), "s3:GetObject", "<R>"),
    "table": (
        lambda s: dynamodb.TableV2(s, "R", partition_key=key_of_table()),
        "dynamodb:GetItem",
        "<R>",
    ),
    "old table": (
        lambda s: dynamodb.Table(s, "R", partition_key=key_of_table()),
        "dynamodb:Query",
        "<R>",
    ),
    "queue": (lambda s: sqs.Queue(s, "R"), "sqs:SendMessage", "<R>"),
    "topic": (lambda s: sns.Topic(s, "R"), "sns:Publish", "<R>"),
    "secret": (lambda s: secretsmanager.Secret(s, "R"), "secretsmanager:GetSecretValue", "<R>"),
    "parameter": (
        lambda s: ssm.StringParameter(s, "R", string_value="1"),
        "ssm:GetParameter",
        "<R>",
    ),
    "key": (lambda s: kms.Key(s, "R"), "kms:GenerateDataKey", "<R>"),
}
KNOWN = {
    "bucket": (lambda s: s3.Bucket.from_bucket_name(s, "R", "data"), "s3:GetObject", "data"),
    "table": (
        lambda s: dynamodb.TableV2.from_table_name(s, "R", "labels"),
        "dynamodb:GetItem",
        "labels",
    ),
    "queue": (
        lambda s: sqs.Queue.from_queue_arn(s, "R", ARN.format("sqs", "jobs")),
        "sqs:SendMessage",
        "https://sqs.eu-west-1.<AWS::URLSuffix>/123456789012/jobs",
    ),
    "topic": (
        lambda s: sns.Topic.from_topic_arn(s, "R", ARN.format("sns", "news")),
        "sns:Publish",
        ARN.format("sns", "news"),
    ),
    "secret": (
        lambda s: secretsmanager.Secret.from_secret_name_v2(s, "R", "token"),
        "secretsmanager:GetSecretValue",
        "arn:<AWS::Partition>:secretsmanager:eu-west-1:123456789012:secret:token",
    ),
    "parameter": (
        lambda s: ssm.StringParameter.from_string_parameter_name(s, "R", "/app/limit"),
        "ssm:GetParameter",
        "/app/limit",
    ),
    "key": (
        lambda s: kms.Key.from_key_arn(s, "R", ARN.format("kms", "key/k")),
        "kms:Decrypt",
        ARN.format("kms", "key/k"),
    ),
}


@pytest.mark.parametrize(
    ("make", "action", "text"),
    [*MADE.values(), *KNOWN.values()],
    ids=[*(f"made {name}" for name in MADE), *(f"known {name}" for name in KNOWN)],
)
def test_step_gets_what_boto3_asks_for_and_may_use_it(
    stack: cdk.Stack, make: Any, action: str, text: str
) -> None:
    """A name, URL or ARN as a hyperparameter; only this step's role gets the permission."""
    Pipeline(stack, "P", steps=[use(make(stack)), use.with_options(name="other")(1)])
    first = definition_of(stack)["Steps"][0]["Arguments"]["HyperParameters"]["resource"]
    assert _without_hash(first) == text
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
    assert [role for p in policies.values() for role in p["Properties"]["Roles"]] == [
        {"Ref": next(iter(role for role in _roles(stack) if "Stepsuse" in role))}
    ]
    assert action in json.dumps(policies)


def _roles(stack: cdk.Stack) -> list[str]:
    return list(Template.from_stack(stack).find_resources("AWS::IAM::Role"))


def _without_hash(text: str) -> str:
    """Shorten the logical ID of the resource to its construct ID."""
    return "<R>" if text.startswith("<R") else text


def test_nested_resources_count(stack: cdk.Stack) -> None:
    """In lists and dicts, like any variable."""
    found = {"here": [sqs.Queue(stack, "A")], "there": sns.Topic(stack, "B")}
    pipeline = Pipeline(stack, "P", steps=[use(found)])
    document = json.dumps(Template.from_stack(stack).find_resources("AWS::IAM::Policy"))
    assert "sqs:SendMessage" in document
    assert "sns:Publish" in document
    assert list(definition_of(stack)["Steps"][0]["Arguments"]["HyperParameters"]) == [
        "resource.here.0",
        "resource.there",
    ]
    assert pipeline.step("use").node.path == "Training/P/Steps/use"


def test_keys_of_encrypted_resources_are_granted(stack: cdk.Stack) -> None:
    """What is encrypted with a key can be read."""
    key = kms.Key(stack, "Key")
    bucket = s3.Bucket(stack, "Raw", encryption_key=key)
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=key)
    Pipeline(stack, "P", steps=[use(bucket), use.with_options(name="other")(secret)])
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
    # For a secret the key's own policy says that it is used by Secrets Manager only.
    (bucket_policy,) = (p for name, p in policies.items() if "Stepsuse" in name)
    assert "kms:Decrypt" in json.dumps(bucket_policy)


def test_value_of_a_secret_is_never_in_the_template(stack: cdk.Stack) -> None:
    """The step gets its ARN: no dynamic reference that CloudFormation would resolve."""
    Pipeline(stack, "P", steps=[use(secretsmanager.Secret(stack, "Secret"))])
    assert "{{resolve:secretsmanager" not in json.dumps(Template.from_stack(stack).to_json())


def test_more_is_granted_as_always(stack: cdk.Stack) -> None:
    """``grant_*`` widens what the argument gives."""
    table = dynamodb.TableV2(stack, "Table", partition_key=key_of_table())
    pipeline = Pipeline(stack, "P", steps=[use(table)])
    assert "dynamodb:PutItem" not in json.dumps(stack.resolve(pipeline.step("use").policy_document))
    table.grant_write_data(pipeline.step("use"))
    assert "dynamodb:PutItem" in json.dumps(Template.from_stack(stack).to_json())


def test_isolated_step_cannot_reach_resources(stack: cdk.Stack) -> None:
    """It would fail only when it runs; so it is refused."""
    isolated = use.with_options(enable_network_isolation=True)
    with pytest.raises(PipelineError, match="no network to reach the resources"):
        Pipeline(stack, "P", steps=[isolated(s3.Bucket(stack, "Raw"))])


def test_other_constructs_are_still_refused(stack: cdk.Stack) -> None:
    """There is no one text that stands for a stack; nor is an object with such a member one."""
    with pytest.raises(PipelineError, match="aws_cdk"):
        Pipeline(stack, "P", steps=[use(stack)])


class Settings:
    bucket_name = "mine"


def test_users_own_objects_are_no_resources(stack: cdk.Stack) -> None:
    """Also if they have a member of the same name."""
    Pipeline(stack, "P", steps=[use(Settings())])
    assert "HyperParameters" not in definition_of(stack)["Steps"][0]["Arguments"]
    assert Template.from_stack(stack).find_resources("AWS::IAM::Policy") == {}


def test_resource_of_an_app_cannot_be_used_now(stack: cdk.Stack) -> None:
    """A function that runs now has no app that knows its name."""
    with pytest.raises(StepError, match="known only when the app is deployed"):
        remote(use)(s3.Bucket(stack, "Raw"))
