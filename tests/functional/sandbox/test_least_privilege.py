"""Roles have what their jobs use, and nothing else.

A deployed pipeline runs in the sandbox, which writes down each request that it makes with a role.
What SageMaker does besides, such as pulling images and writing logs, follows from the jobs' own
descriptions. Both are compared with the policies that the roles carry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import aws_cdk as cdk
import pytest

from constructs_lib.sandbox import Sandbox
from constructs_lib.sandbox.policies import AccessRequest, explain_denial
from sample_app.data import write_table
from sample_app.stack import TrainingStack
from tests.functional.sandbox.apps import ACCOUNT, REGION, deploy
from tests.functional.sandbox.pipelines import start, wait
from tests.samples.kitchen_app import make_app

# What is granted and not used in these runs: action, resource, and why.
UNUSED = [
    ("iam:PassRole", ".*failifused.*", "of a step in the branch that is not taken"),
    ("s3:AbortMultipartUpload", ".*", "only when the upload of a large result fails"),
    ("sagemaker:StopTrainingJob", ".*", "only when an execution is stopped"),
    ("dynamodb:.*", ".*", "grant_write_data of the app itself, which gives more than put_item"),
    (
        "logs:CreateLogGroup|logs:DescribeLogStreams",
        ".*:log-stream:$",
        "DescribeLogStreams is authorized for the group's streams; CreateLogGroup shares its "
        "statement",
    ),
]


@dataclass(frozen=True)
class Use:
    """A request that was made with a role."""

    role: str
    action: str
    resource: str
    context: dict[str, str] = field(default_factory=dict, compare=False)


def kitchen(sandbox: Sandbox, folder: Any) -> str:
    """Deploy the pipeline with every kind of argument; returns the stack's name."""
    stack = make_app(account=ACCOUNT, region=REGION).node.find_child("Kitchen")
    assert isinstance(stack, cdk.Stack)
    deploy(sandbox, stack)
    bucket = _physical(sandbox, "Kitchen", "AWS::S3::Bucket", "Pantry")
    for key in ("in/a.txt", "in/b/c.txt"):
        sandbox.client("s3").put_object(Bucket=bucket, Key=key, Body=b"a")
    return "Kitchen"


def sample(sandbox: Sandbox, folder: Any) -> str:
    """Deploy the sample app; returns the stack's name."""
    app = cdk.App(analytics_reporting=False)
    deploy(
        sandbox,
        TrainingStack(app, "Sample", env=cdk.Environment(account=ACCOUNT, region=REGION)),
    )
    table = write_table(folder)
    bucket = _physical(sandbox, "Sample", "AWS::S3::Bucket", "Raw")
    sandbox.client("s3").upload_file(str(table), bucket, table.name)
    return "Sample"


@pytest.mark.parametrize("make", [kitchen, sample])
def test_granted_is_what_is_used(
    sandbox: Sandbox, tmp_path: Any, make: Callable[[Sandbox, Any], str]
) -> None:
    """All that is used is granted; all that is granted is used, or explained."""
    stack = make(sandbox, tmp_path)
    pipeline = _physical(sandbox, stack, "AWS::SageMaker::Pipeline", "")
    execution = start(sandbox, pipeline)
    assert wait(sandbox, execution)["PipelineExecutionStatus"] == "Succeeded"
    jobs = list(_jobs(sandbox, execution))
    described = sandbox.client("sagemaker").describe_pipeline(PipelineName=pipeline)
    ran = {described["RoleArn"], *(job["RoleArn"] for job in jobs)}
    uses = [use for use in _recorded(sandbox) if use.role in ran]
    assert {use.action for use in uses} >= {"s3:GetObject", "s3:PutObject", "iam:PassRole"}
    uses += [use for job in jobs for use in _implied(job, described["RoleArn"])]

    unused = []
    for role in sorted(ran):
        policies = _policies(sandbox, role)
        own = [use for use in uses if use.role == role]
        for use in own:
            request = AccessRequest(role, use.action, use.resource, use.context)
            assert explain_denial(request, policies) is None
        unused += [(role, *granted) for granted in _granted(policies) if not _is_used(granted, own)]
    unexplained = [one for one in unused if not _is_explained(*one[1:])]
    assert unexplained == []


def _physical(sandbox: Sandbox, stack: str, kind: str, name: str) -> str:
    """Return the physical ID of a stack's only resource of a type with a logical ID like that."""
    resources = sandbox.client("cloudformation").describe_stack_resources(StackName=stack)
    (found,) = (
        one["PhysicalResourceId"]
        for one in resources["StackResources"]
        if one["ResourceType"] == kind and name in one["LogicalResourceId"]
    )
    return str(found)


def _recorded(sandbox: Sandbox) -> Iterator[Use]:
    """Yield what the sandbox has done with roles."""
    for line in sandbox.log.read_text().splitlines():
        _, found, text = line.partition("executions.access used ")
        if found:
            yield Use(**json.loads(text))


def _jobs(sandbox: Sandbox, execution: str) -> Iterator[dict[str, Any]]:
    """Yield the descriptions of an execution's jobs."""
    sagemaker = sandbox.client("sagemaker")
    pages = sagemaker.get_paginator("list_pipeline_execution_steps")
    for page in pages.paginate(PipelineExecutionArn=execution):
        for step in page["PipelineExecutionSteps"]:
            job = step.get("Metadata", {}).get("TrainingJob", {}).get("Arn")
            if job is not None:
                name = job.rpartition("/")[2]
                yield sagemaker.describe_training_job(TrainingJobName=name)


def _implied(job: dict[str, Any], pipeline_role: str) -> Iterator[Use]:
    """Yield what SageMaker does for a job, with the roles of the job and the pipeline."""
    role, name, arn = job["RoleArn"], job["TrainingJobName"], job["TrainingJobArn"]
    image = job["AlgorithmSpecification"]["TrainingImage"]
    match = re.fullmatch(r"(\d+)\.dkr\.ecr\.([^.]+)\.[^/]+/([^:@]+).*", image)
    assert match is not None
    repository = f"arn:aws:ecr:{match[2]}:{match[1]}:repository/{match[3]}"
    for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"):
        yield Use(role, f"ecr:{action}", repository)
    yield Use(role, "ecr:GetAuthorizationToken", "*")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs"
    yield Use(role, "logs:CreateLogGroup", group)
    yield Use(role, "logs:DescribeLogStreams", group)
    for action in ("CreateLogStream", "PutLogEvents"):
        yield Use(role, f"logs:{action}", f"{group}:log-stream:{name}/algo-1-1")
    space = {"cloudwatch:namespace": "/aws/sagemaker/TrainingJobs"}
    yield Use(role, "cloudwatch:PutMetricData", "*", space)
    yield Use(pipeline_role, "sagemaker:DescribeTrainingJob", arn)


def _policies(sandbox: Sandbox, role: str) -> list[dict[str, Any]]:
    iam, name = sandbox.client("iam"), role.rpartition("/")[2]
    return [
        iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    ]


def _granted(policies: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield action and resource of everything that is allowed."""
    for policy in policies:
        for statement in policy["Statement"]:
            for action in _listed(statement["Action"]):
                for resource in _listed(statement["Resource"]):
                    yield action, resource


def _is_used(granted: tuple[str, str], uses: list[Use]) -> bool:
    action, resource = (re.escape(one).replace(r"\*", ".*") for one in granted)
    return any(
        re.fullmatch(action, use.action) and re.fullmatch(resource, use.resource) for use in uses
    )


def _is_explained(action: str, resource: str) -> bool:
    return any(re.fullmatch(a, action) and re.fullmatch(r, resource) for a, r, _ in UNUSED)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
