"""Asks plain moto for what each patch gives; prints the patches that are no longer needed.

Run as a program, in a process where nothing is patched.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.cloudformation import models, parsing, utils
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends
from moto.sagemaker.responses import SageMakerResponse

ROLE = {"AssumeRolePolicyDocument": {"Statement": []}, "RoleName": "role"}
STATEMENT = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
DOCUMENT = {"Version": "2012-10-17", "Statement": [STATEMENT]}


def template_urls() -> bool:
    """A template is read from a bucket of another endpoint."""
    store = s3_backends["0" * 12]["aws"]
    store.create_bucket("bucket", "us-east-1")
    store.put_object("bucket", "key", b"{}")
    try:
        utils.get_stack_from_s3_url("http://127.0.0.1:5566/bucket/key", "0" * 12, "aws")
    except MissingBucket:
        return False
    return True


def change_sets() -> bool:
    """A change set tells which properties change."""
    return hasattr(models.Change("Modify", "A", "B"), "details")


def events() -> bool:
    """A stack has an event for each resource."""
    deploy("create", "events", role=ROLE)
    found = client("cloudformation").describe_stack_events(StackName="events")["StackEvents"]
    return any(event["ResourceType"] == "AWS::IAM::Role" for event in found)


def deployments() -> bool:
    """A deployment that fails is rolled back."""
    client("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")
    try:
        deploy("create", "deployments", role=ROLE)
    except ClientError:
        return False
    (stack,) = client("cloudformation").describe_stacks(StackName="deployments")["Stacks"]
    return bool(stack["StackStatus"] == "ROLLBACK_COMPLETE")


def resources() -> bool:
    """One of the resource types that the sandbox adds is known."""
    kinds = "SageMaker::Pipeline", "Scheduler::Schedule", "S3::BucketPolicy", "CDK::Metadata"
    return any(f"AWS::{kind}" in parsing.get_model_map() for kind in kinds)


def bucket_policies() -> bool:
    """A statement whose condition does not hold has no effect."""
    insecure = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    denied = {**STATEMENT, **insecure, "Effect": "Deny"}
    permitted = IAMPolicy(json.dumps({"Statement": [denied]})).is_action_permitted(
        "s3:GetObject", "arn:aws:s3:::b/k"
    )
    return permitted != PermissionResult.DENIED


def roles() -> bool:
    """A role has the inline and the managed policies of its template."""
    own = {"PolicyDocument": DOCUMENT, "ManagedPolicyName": "own"}
    arns = {"ManagedPolicyArns": [{"Ref": "own"}]}
    deploy("create", "roles", own=own, role={**ROLE, **arns, "Policies": [policy("first")]})
    deploy("update", "roles", own=own, role={**ROLE, **arns, "Policies": [policy("second")]})
    iam = client("iam")
    inline = iam.list_role_policies(RoleName="role")["PolicyNames"]
    attached = iam.list_attached_role_policies(RoleName="role")["AttachedPolicies"]
    return inline == ["second"] or bool(attached)


def failure_trail() -> bool:
    """CloudTrail answers which events there were."""
    try:
        client("cloudtrail").lookup_events()
    except NotImplementedError:
        return False
    return True


def stack_resources() -> bool:
    """A stack is found by one of its resources."""
    deploy("create", "found", role=ROLE)
    try:
        client("cloudformation").describe_stack_resources(PhysicalResourceId="role")
    except ClientError:
        return False
    return True


def image_assets() -> bool:
    """An image that the CDK is about to build is there already."""
    name = "cdk-a-container-assets-1"
    ecr = client("ecr")
    ecr.create_repository(repositoryName=name)
    try:
        ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": "a"}])
    except ClientError:
        return False
    return True


def executions() -> bool:
    """SageMaker lists the steps of an execution, or runs it again."""
    names = "list_pipeline_execution_steps", "retry_pipeline_execution"
    return any(hasattr(SageMakerResponse, name) for name in names)


def jobs() -> bool:
    """A training job can be stopped, or one that nothing can start does not succeed."""
    if hasattr(SageMakerResponse, "stop_training_job"):
        return True
    request = {
        "TrainingJobName": "job",
        "RoleArn": "arn:aws:iam::123456789012:role/there-is-none",
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://there-is-none/"},
        "ResourceConfig": {"VolumeSizeInGB": 1},
        "StoppingCondition": {},
    }
    sagemaker = client("sagemaker")
    sagemaker.create_training_job(**request)
    job = sagemaker.describe_training_job(TrainingJobName="job")
    return bool(job["TrainingJobStatus"] != "Completed")


def client(service: str) -> Any:
    """Return a client of plain moto."""
    return boto3.client(
        service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


def policy(name: str) -> dict[str, Any]:
    """Return an inline policy."""
    return {"PolicyName": name, "PolicyDocument": DOCUMENT}


def deploy(verb: str, name: str, **given: Any) -> None:
    """Make or change a stack of IAM resources."""
    kinds = {"role": "Role", "own": "ManagedPolicy"}
    template = {
        "Resources": {
            key: {"Type": f"AWS::IAM::{kinds[key]}", "Properties": properties}
            for key, properties in given.items()
        }
    }
    change = getattr(client("cloudformation"), f"{verb}_stack")
    change(StackName=name, TemplateBody=json.dumps(template))


CHECKS: dict[str, Callable[[], bool]] = {
    check.__name__.replace("_", "-"): check
    for check in (
        template_urls,
        change_sets,
        events,
        deployments,
        resources,
        bucket_policies,
        roles,
        failure_trail,
        stack_resources,
        image_assets,
        executions,
        jobs,
    )
}


def main() -> None:
    """Print the names of the gaps that moto has closed."""
    for name, is_closed in CHECKS.items():
        with mock_aws():
            if is_closed():
                sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
