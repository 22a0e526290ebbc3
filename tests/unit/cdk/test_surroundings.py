"""A pipeline's own network and key reach its steps, and only as far as the service takes them."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Match, Template

from constructs_lib import (
    ConditionEquals,
    ConditionStep,
    Pipeline,
    PipelineError,
    StepDefaults,
    step,
)
from constructs_lib.service.instances import has_local_storage
from tests.unit.cdk.test_pipeline import definition_of


@step
def work(value=1):
    return value


@pytest.fixture
def stack() -> cdk.Stack:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(cdk.App(), "Training", env=env)


def requests(stack: cdk.Stack) -> dict[str, Any]:
    """Return the request of each step by its name."""
    return {one["Name"]: one["Arguments"] for one in definition_of(stack)["Steps"]}


def role_of(stack: cdk.Stack, name: str) -> str:
    """Return the JSON of a step's role and its policies."""
    template = Template.from_stack(stack)
    found = {
        **template.find_resources("AWS::IAM::Role"),
        **template.find_resources("AWS::IAM::Policy"),
    }
    return json.dumps([content for key, content in found.items() if f"Steps{name}" in key])


def test_key_reaches_bucket_results_and_storage(stack: cdk.Stack) -> None:
    """And the steps' roles may use it."""
    key = kms.Key(stack, "Key")
    Pipeline(stack, "P", steps=[work()], encryption_key=key)
    request = requests(stack)["work"]
    assert request["OutputDataConfig"]["KmsKeyId"].startswith("<Key")
    assert request["ResourceConfig"]["VolumeKmsKeyId"].startswith("<Key")
    role = role_of(stack, "work")
    assert "kms:GenerateDataKey" in role
    assert "kms:CreateGrant" in role
    Template.from_stack(stack).has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {
                        "BucketKeyEnabled": True,
                        "ServerSideEncryptionByDefault": {
                            "KMSMasterKeyID": Match.any_value(),
                            "SSEAlgorithm": "aws:kms",
                        },
                    }
                ]
            }
        },
    )


def test_more_special_keys_win(stack: cdk.Stack) -> None:
    """The step's before the defaults' before the pipeline's."""
    pipeline, defaults, own = (kms.Key(stack, name) for name in ("Keya", "Keyb", "Keyc"))
    steps = [work(), work.with_options(name="other", volume_kms_key=own)()]
    step_defaults = StepDefaults(output_kms_key=defaults)
    Pipeline(stack, "P", steps=steps, encryption_key=pipeline, step_defaults=step_defaults)
    found = requests(stack)
    keys = [
        (one["OutputDataConfig"]["KmsKeyId"][1:5], one["ResourceConfig"]["VolumeKmsKeyId"][1:5])
        for one in found.values()
    ]
    assert keys == [("Keyb", "Keya"), ("Keyb", "Keyc")]


def test_no_key_is_asked_for_where_the_hardware_encrypts(stack: cdk.Stack) -> None:
    """The service refuses one for instances with disks of their own; results keep it."""
    key = kms.Key(stack, "Key")
    steps = [work.with_options(instance_type="ml.g5.xlarge")()]
    Pipeline(stack, "P", steps=steps, encryption_key=key)
    request = requests(stack)["work"]
    assert "VolumeKmsKeyId" not in request["ResourceConfig"]
    assert "KmsKeyId" in request["OutputDataConfig"]


def test_step_that_asks_for_such_a_key_itself_gets_it(stack: cdk.Stack) -> None:
    """What is said of one step is never dropped silently."""
    key = kms.Key(stack, "Key")
    steps = [work.with_options(instance_type="ml.g5.xlarge", volume_kms_key=key)()]
    Pipeline(stack, "P", steps=steps)
    assert "VolumeKmsKeyId" in requests(stack)["work"]["ResourceConfig"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        *((f"ml.{name}.xlarge", True) for name in ("g4dn", "m6id", "p4d", "p4de", "g6e", "trn1n")),
        *((f"ml.{name}.xlarge", False) for name in ("m5", "c6i", "p3", "r5", "m7i", "inf2")),
    ],
)
def test_disks_are_known_by_the_name(kind: str, expected: bool) -> None:
    """AWS marks them with a "d", except for some families."""
    assert has_local_storage(kind) is expected


def test_vpc_reaches_every_step(stack: cdk.Stack) -> None:
    """In its private subnets, with one security group that connections open."""
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    pipeline = Pipeline(stack, "P", steps=[work(), work.with_options(name="other")()], vpc=vpc)
    database = ec2.SecurityGroup(stack, "Database", vpc=vpc)
    database.connections.allow_from(pipeline.step("work"), ec2.Port.tcp(5432))
    database.connections.allow_from(pipeline, ec2.Port.tcp(5433))
    configs = [one["VpcConfig"] for one in requests(stack).values()]
    assert configs[0] == configs[1]
    assert len(configs[0]["Subnets"]) == 2
    template = Template.from_stack(stack)
    rules = template.find_resources("AWS::EC2::SecurityGroupIngress").values()
    assert {rule["Properties"]["FromPort"] for rule in rules} == {5432, 5433}
    assert "PSecurityGroup" in json.dumps(list(rules))
    for name in ("work", "other"):
        assert "ec2:CreateNetworkInterface" in role_of(stack, name)


def test_subnets_and_groups_can_be_chosen(stack: cdk.Stack) -> None:
    """As for other constructs in a VPC."""
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    group = ec2.SecurityGroup(stack, "Mine", vpc=vpc)
    chosen = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC, one_per_az=True)
    Pipeline(stack, "P", steps=[work()], vpc=vpc, vpc_subnets=chosen, security_groups=[group])
    config = requests(stack)["work"]["VpcConfig"]
    assert all("Public" in name for name in config["Subnets"])
    assert [name[:5] for name in config["SecurityGroupIds"]] == ["<Mine"]


def test_step_in_another_network_is_in_that_alone(stack: cdk.Stack) -> None:
    """Its own subnets are not mixed with the pipeline's security groups."""
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    own = {"subnets": ["subnet-1"], "security_group_ids": ["sg-1"]}
    Pipeline(stack, "P", steps=[work.with_options(**own)()], vpc=vpc)
    assert requests(stack)["work"]["VpcConfig"] == {
        "Subnets": ["subnet-1"],
        "SecurityGroupIds": ["sg-1"],
    }


def test_network_permissions_only_in_a_vpc(stack: cdk.Stack) -> None:
    """Nothing of EC2 elsewhere, nor for a step without a network outside of a VPC."""
    steps = [work(), work.with_options(name="alone", enable_network_isolation=True)()]
    Pipeline(stack, "P", steps=steps)
    assert "ec2:" not in json.dumps(Template.from_stack(stack).to_json())


def test_isolation_and_traffic_encryption_of_the_whole_pipeline(stack: cdk.Stack) -> None:
    """Said once, for every function step; a step may say otherwise."""
    defaults = StepDefaults(enable_network_isolation=True, encrypt_inter_container_traffic=True)
    steps = [work(), work.with_options(name="open", enable_network_isolation=False)()]
    Pipeline(stack, "P", steps=steps, step_defaults=defaults)
    found = requests(stack)
    assert [one.get("EnableNetworkIsolation") for one in found.values()] == [True, False]
    for one in found.values():
        assert one["EnableInterContainerTrafficEncryption"] is True


def test_groups_without_a_vpc_are_refused(stack: cdk.Stack) -> None:
    """They would have no effect."""
    with pytest.raises(PipelineError, match="allowed: it only together with vpc"):
        Pipeline(stack, "P", steps=[work()], vpc_subnets=ec2.SubnetSelection())


def test_bucket_that_is_given_keeps_its_own_encryption(stack: cdk.Stack) -> None:
    """Nothing of it is changed; results are still encrypted with the pipeline's key."""
    mine = s3.Bucket(stack, "Mine")
    key = kms.Key(stack, "Key")
    Pipeline(stack, "P", steps=[work()], artifacts_bucket=mine, encryption_key=key)
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::S3::Bucket", 1)
    assert "KmsKeyId" in requests(stack)["work"]["OutputDataConfig"]


def test_who_reads_a_result_may_use_the_key_it_is_encrypted_with(stack: cdk.Stack) -> None:
    """Later steps and the conditions of the pipeline decrypt it, and encrypt nothing with it."""
    key = kms.Key(stack, "Key")
    arn = "arn:aws:kms:eu-west-1:123456789012:key/other"
    first = work.with_options(name="first", output_kms_key=key)()
    second = work.with_options(name="second", output_kms_key=arn)(first)
    third = work.with_options(name="third")(second)
    gate = ConditionStep("gate", conditions=[ConditionEquals(second, 1)], if_steps=[third])
    Pipeline(stack, "P", steps=[gate])
    for name in ("PStepsthird", "PRole"):
        found = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
        (text,) = (json.dumps(policy) for key, policy in found.items() if key.startswith(name))
        assert arn in text
        assert "kms:Encrypt" not in text
    assert "kms:Decrypt" in role_of(stack, "second")
    assert "kms:Encrypt" in role_of(stack, "first")
