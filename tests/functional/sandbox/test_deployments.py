"""Stacks that cannot be made or changed, and what CloudFormation says of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from constructs_lib.sandbox import Sandbox

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"RoleName": "maker", "AssumeRolePolicyDocument": {"Statement": []}},
}
BAD_PIPELINE = {
    "Type": "AWS::SageMaker::Pipeline",
    "Properties": {
        "PipelineName": "bad",
        "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "PipelineDefinition": {"PipelineDefinitionBody": json.dumps({"Steps": [{"Name": "a"}]})},
    },
}


def deploy(sandbox: Sandbox, verb: str, name: str, **resources: Any) -> tuple[str, str]:
    """Make or change a stack; returns its status, and the reason of what has failed."""
    cloudformation = sandbox.client("cloudformation")
    getattr(cloudformation, f"{verb}_stack")(
        StackName=name,
        TemplateBody=json.dumps({"Resources": resources}),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [e for e in events if e["ResourceStatus"].endswith("_FAILED")]
    return stack["StackStatus"], "".join(event["ResourceStatusReason"] for event in failed)


def roles(sandbox: Sandbox) -> set[str]:
    """Return the names of the roles that there are."""
    return {role["RoleName"] for role in sandbox.client("iam").list_roles()["Roles"]}


def test_stack_that_cannot_be_made_leaves_nothing(sandbox: Sandbox) -> None:
    """It rolls back, with the reason of the resource that failed."""
    status, reason = deploy(sandbox, "create", "failing", Role=ROLE, Pipe=BAD_PIPELINE)
    assert status == "ROLLBACK_COMPLETE"
    assert "Type" in reason
    assert "maker" not in roles(sandbox)


def test_change_that_cannot_be_made_leaves_what_was_there(sandbox: Sandbox) -> None:
    """The stack goes back to the template before; a better change can follow."""
    assert deploy(sandbox, "create", "changing", Role=ROLE) == ("CREATE_COMPLETE", "")
    status, reason = deploy(sandbox, "update", "changing", Role=ROLE, Pipe=BAD_PIPELINE)
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert "Type" in reason
    assert "maker" in roles(sandbox)
    other = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "changed"}}
    assert deploy(sandbox, "update", "changing", Role=ROLE, Bucket=other)[0] == "UPDATE_COMPLETE"


@pytest.mark.parametrize("kind", ["AWS::Imaginary::Thing", "AWS::Bedrock::Agent"])
def test_resources_that_the_sandbox_lacks_are_named(sandbox: Sandbox, kind: str) -> None:
    """Nothing is deployed as if it were there."""
    status, reason = deploy(sandbox, "create", kind.replace("::", ""), Thing={"Type": kind})
    assert status == "ROLLBACK_COMPLETE"
    assert f"the sandbox has no resources of type {kind}" in reason


def test_what_is_no_template_is_refused(sandbox: Sandbox) -> None:
    """There is no stack afterwards."""
    cloudformation = sandbox.client("cloudformation")
    with pytest.raises(ClientError, match="Template"):
        cloudformation.create_stack(StackName="none", TemplateBody="{not a template")
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName="none")


def test_images_of_assets_are_there_and_no_others(sandbox: Sandbox) -> None:
    """The CDK builds and publishes what is not."""
    ecr = sandbox.client("ecr")
    for name in ("cdk-a-container-assets-1", "mine"):
        ecr.create_repository(repositoryName=name)
    for tags in ({"a"}, {"a", "b"}):
        ids = [{"imageTag": tag} for tag in sorted(tags)]
        found = ecr.describe_images(repositoryName="cdk-a-container-assets-1", imageIds=ids)
        assert {tag for image in found["imageDetails"] for tag in image["imageTags"]} == tags
    with pytest.raises(ClientError, match="ImageNotFound"):
        ecr.describe_images(repositoryName="mine", imageIds=ids)
