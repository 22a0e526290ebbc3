"""Whether roles let steps use what they are given."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

from constructs_lib import Pipeline, S3Input, step
from constructs_lib.model.resources import text_of_resource
from sample_app.stack import TrainingStack
from tests.samples import classic_app, kitchen_app, mapped_app
from tests.unit.checks.subjects import app_in, said

ID = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
SAGEMAKER = iam.ServicePrincipal("sagemaker.amazonaws.com")


@step
def look(*things: Any) -> int:
    return len(things)


def table_in(stack: cdk.Stack, **settings: Any) -> dynamodb.TableV2:
    return dynamodb.TableV2(stack, "Labels", partition_key=ID, **settings)


def test_a_name_without_a_grant_is_told_with_the_line_to_add(tmp_path: Path) -> None:
    """By the paths of its construct and of the role, and the way it comes."""
    app, stack = app_in(tmp_path)
    Pipeline(stack, "Sales", steps=[look(table_in(stack).table_name)])
    ((rule, level, text, mend),) = said(app)
    assert (rule, level) == ("grant", "warning")
    assert text == (
        "step 'look' is given Dev/Labels (argument 'things.0'), which its role may not use; "
        "nothing of Dev/Sales/Steps/look/Role allows it"
    )
    assert mend == 'Add labels.grant_read_data(sales.step("look")), or do not pass it.'


def test_the_line_ends_the_warning(tmp_path: Path) -> None:
    """Grants that are made behind the pipeline are seen."""
    app, stack = app_in(tmp_path)
    labels = table_in(stack)
    sales = Pipeline(stack, "Sales", steps=[look(labels.table_name)])
    labels.grant_read_data(sales.step("look"))
    assert said(app) == []


@pytest.mark.parametrize("way", ["argument", "nested", "environment", "uri", "arn"])
def test_every_way_of_passing_is_seen(tmp_path: Path, way: str) -> None:
    """Also inside of lists, and as a part of a URI."""
    app, stack = app_in(tmp_path)
    bucket = s3.Bucket(stack, "RawData")
    call = {
        "argument": lambda: look(bucket.bucket_name),
        "nested": lambda: look([{"where": bucket.bucket_name}]),
        "environment": lambda: look.with_options(
            environment_variables={"BUCKET": bucket.bucket_name}
        )(),
        "uri": lambda: look(f"s3://{bucket.bucket_name}/in/"),
        "arn": lambda: look(bucket.bucket_arn),
    }[way]()
    Pipeline(stack, "Sales", steps=[call])
    (finding,) = said(app)
    assert finding[3].startswith('Add raw_data.grant_read(sales.step("look"))')


@pytest.mark.parametrize("kind", ["queue", "secret"])
def test_each_type_has_its_grant(tmp_path: Path, kind: str) -> None:
    """What the plain use of it takes."""
    app, stack = app_in(tmp_path)
    given, grant = {
        "queue": lambda: (sqs.Queue(stack, "It").queue_url, "grant_send_messages"),
        "secret": lambda: (secretsmanager.Secret(stack, "It").secret_arn, "grant_read"),
    }[kind]()
    Pipeline(stack, "Sales", steps=[look(given)])
    assert [mend.partition("(")[0] for *_, mend in said(app)] == [f"Add it.{grant}"]


def test_a_plain_word_is_no_name(tmp_path: Path) -> None:
    """Unless the definition refers to the resource; a name with a dash is one."""
    app, stack = app_in(tmp_path)
    table_in(stack, table_name="labels")
    s3.Bucket(stack, "Raw", bucket_name="my-data")
    Pipeline(stack, "Sales", steps=[look("labels", "my-data", "other-data")])
    assert [mend.partition("(")[0] for *_, mend in said(app)] == ["Add raw.grant_read"]


def test_constructs_and_inputs_bring_their_grants(tmp_path: Path) -> None:
    """They are what the library grants by itself."""
    app, stack = app_in(tmp_path)
    bucket = s3.Bucket(stack, "RawData")
    Pipeline(stack, "Sales", steps=[look(table_in(stack), bucket, S3Input(bucket, "a.csv"))])
    assert said(app) == []


@pytest.mark.parametrize(
    "make",
    [
        lambda s: dynamodb.Table(s, "It", partition_key=ID),
        lambda s: kms.Key(s, "It"),
        lambda s: s3.Bucket(s, "It", encryption=s3.BucketEncryption.KMS),
        lambda s: secretsmanager.Secret(s, "It", secret_name="a/b"),
        lambda s: sns.Topic(s, "It"),
        lambda s: sqs.Queue(s, "It", fifo=True),
        lambda s: ssm.StringParameter(s, "It", string_value="1"),
        lambda s: ssm.StringParameter(s, "It", string_value="1", parameter_name="limit"),
        lambda s: ssm.StringParameter(s, "It", string_value="1", parameter_name="/app/limit"),
    ],
)
def test_what_each_construct_is_granted_is_enough(
    tmp_path: Path, make: Callable[[cdk.Stack], Any]
) -> None:
    """However its name stands in its ARN; its name alone is still told of."""
    app, stack = app_in(tmp_path)
    it = make(stack)
    Pipeline(stack, "Sales", steps=[look(it)])
    Pipeline(stack, "Named", steps=[look(text_of_resource(it))])
    assert [text.rpartition(" of ")[2] for _, _, text, _ in said(app)] == [
        "Dev/Named/Steps/look/Role allows it"
    ]


def test_policies_of_buckets_count(tmp_path: Path) -> None:
    """They may let a role in."""
    app, stack = app_in(tmp_path)
    bucket = s3.Bucket(stack, "RawData")
    sales = Pipeline(stack, "Sales", steps=[look(bucket.bucket_name)])
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["s3:GetObject"],
            principals=[iam.ArnPrincipal(sales.step("look").role.role_arn)],
            resources=[bucket.arn_for_objects("*")],
        )
    )
    assert said(app) == []


def test_what_is_not_known_is_a_note(tmp_path: Path) -> None:
    """Of a role that is imported, and of policies that are not in the app."""
    app, stack = app_in(tmp_path)
    name = table_in(stack).table_name
    arn = "arn:aws:iam::123456789012:role/Mine"
    policy = iam.ManagedPolicy.from_aws_managed_policy_name("AmazonDynamoDBReadOnlyAccess")
    full = iam.Role(stack, "Full", assumed_by=SAGEMAKER, managed_policies=[policy])
    steps = [
        look.with_options(name="imported", role=arn)(name),
        look.with_options(name="full", role=full)(name),
    ]
    Pipeline(stack, "Sales", steps=steps)
    notes = said(app)
    assert [level for _, level, *_ in notes] == ["note", "note"]
    assert arn in notes[0][2]
    assert "AmazonDynamoDBReadOnlyAccess" in notes[1][2]


def test_a_role_of_the_app_is_named_in_the_line(tmp_path: Path) -> None:
    """It is the grantee, whatever other steps have it."""
    app, stack = app_in(tmp_path)
    mine = iam.Role(stack, "Mine", assumed_by=SAGEMAKER)
    Pipeline(stack, "Sales", steps=[look.with_options(role=mine)(table_in(stack).table_name)])
    ((*_, mend),) = said(app)
    assert mend.startswith("Add labels.grant_read_data(mine)")


def test_a_step_without_a_network_calls_nothing(tmp_path: Path) -> None:
    """A grant would not help; the name of a bucket may be meant for a text."""
    app, stack = app_in(tmp_path)
    bucket = s3.Bucket(stack, "RawData")
    isolated = look.with_options(enable_network_isolation=True)
    Pipeline(stack, "Sales", steps=[isolated(table_in(stack).table_name, bucket.bucket_name)])
    ((rule, _, text, _),) = said(app)
    assert rule == "isolation"
    assert "Dev/Labels" in text


def test_an_odd_policy_is_a_note(tmp_path: Path) -> None:
    """One that takes a deployment to know does not stop the others from being checked."""
    app, stack = app_in(tmp_path)
    where = cdk.CfnParameter(stack, "Where")
    odd = iam.Role(stack, "Odd", assumed_by=SAGEMAKER)
    odd.add_to_policy(iam.PolicyStatement(actions=["s3:*"], resources=[where.value_as_string]))
    name = table_in(stack).table_name
    steps = [look.with_options(name="odd", role=odd)(name), look(name)]
    Pipeline(stack, "Sales", steps=steps)
    levels = {text.split("'")[1]: level for _, level, text, _ in said(app)}
    assert levels == {"odd": "note", "look": "warning"}


def test_no_false_alarms() -> None:
    """The samples are in order; what they have acknowledged aside."""
    sample = cdk.App(analytics_reporting=False)
    TrainingStack(sample, "Training")
    alarms = {
        name: [text for _, level, text, _ in said(app) if level != "note"]
        for name, app in {
            "sample": sample,
            "kitchen": kitchen_app.make_app(),
            "classic": classic_app.make_app(),
            "mapped": mapped_app.make_app(),
        }.items()
    }
    (pantry,) = alarms.pop("kitchen")
    assert pantry.startswith("step 'describe' is given Kitchen/Pantry")
    assert alarms == {"sample": [], "classic": [], "mapped": []}


def test_an_app_is_checked_once() -> None:
    """Whatever pipelines it has, and though the CDK made it for a stack that was given none."""
    stack = cdk.Stack(None, "Alone")
    labels = table_in(stack)
    for name in ("Sales", "Costs"):
        Pipeline(stack, name, steps=[look(labels.table_name)])
    app = stack.node.root
    assert isinstance(app, cdk.App)
    report = json.loads((Path(app.synth().directory) / "validation-report.json").read_text())
    plugins = [one for one in report["pluginReports"] if one["pluginName"] == "constructs-lib"]
    paths = [
        construct["constructPath"]
        for plugin in plugins
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    ]
    assert sorted(paths) == ["Alone/Costs/Steps/look", "Alone/Sales/Steps/look"]


def test_a_bucket_outside_of_the_app_is_told_with_its_import(tmp_path: Path) -> None:
    """There is no construct of it that could grant."""
    app, stack = app_in(tmp_path)
    Pipeline(stack, "Sales", steps=[look("s3://shared-data/2024/a.csv")])
    ((_, _, text, mend),) = said(app)
    assert text.startswith("step 'look' is given s3://shared-data (argument 'things.0'), which")
    assert mend == (
        'Add s3.Bucket.from_bucket_name(self, "Shared-Data", "shared-data")'
        '.grant_read(sales.step("look")), or do not pass it.'
    )


def test_the_line_for_a_bucket_outside_ends_the_warning(tmp_path: Path) -> None:
    """As the one for a bucket of the app does."""
    app, stack = app_in(tmp_path)
    sales = Pipeline(stack, "Sales", steps=[look("s3://shared-data/2024/a.csv")])
    shared = s3.Bucket.from_bucket_name(stack, "Shared-Data", "shared-data")
    shared.grant_read(sales.step("look"))
    assert said(app) == []


def test_inputs_of_buckets_outside_bring_their_grants(tmp_path: Path) -> None:
    """They are read by SageMaker, with a permission that the library adds."""
    app, stack = app_in(tmp_path)
    Pipeline(stack, "Sales", steps=[look(S3Input("shared-data", "2024/"))])
    assert said(app) == []
