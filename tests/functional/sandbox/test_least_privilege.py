"""Roles have what their jobs use, and nothing else.

A deployed pipeline runs in the sandbox, which writes down each request that it makes with a role.
What SageMaker does besides, such as pulling images and writing logs, follows from the requests of
the steps; so does what the training jobs of a tuning job do, which is not played. Both are compared
with the policies that the roles carry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aws_cdk as cdk
import pytest

from constructs_lib.local.execution import Execution, StepRecord, load_execution
from constructs_lib.local.platform import split_uri
from constructs_lib.sandbox import Sandbox
from constructs_lib.sandbox.executions.needs import asked_for, passed_role
from constructs_lib.sandbox.policies import AccessRequest, explain_denial
from constructs_lib.service.step_types import step_type_of
from sample_app.data import write_table
from sample_app.stack import TrainingStack
from tests.functional.sandbox.apps import ACCOUNT, REGION, deploy
from tests.functional.sandbox.pipelines import make_role, start, steps_of, wait
from tests.samples import classic_app, mapped_app
from tests.samples.kitchen_app import make_app

# What is granted and not used in these runs: whose, action, resource, and why.
UNUSED = [
    (".*", "iam:PassRole", ".*failifused.*", "of a step in the branch that is not taken"),
    (".*", "s3:AbortMultipartUpload", ".*", "only when the upload of a large result fails"),
    (".*", "sagemaker:Stop.*", ".*", "only when an execution is stopped"),
    (".*", "dynamodb:.*", ".*", "the CDK's grants, which give more than one call uses"),
    (
        ".*",
        "logs:CreateLogGroup|logs:DescribeLogStreams",
        ".*:log-stream:$",
        "DescribeLogStreams is authorized for the group's streams; CreateLogGroup shares its "
        "statement",
    ),
    (".*", "kms:Encrypt", ".*", "demanded by CreateTrainingJob of a role with an output key"),
    (".*lookup.*", "sqs:.*", ".*", "of an argument, which this function does not call"),
    (
        ".*mounted.*",
        "elasticfilesystem:ClientMount|s3:.*",
        ".*",
        "file systems cannot be mounted in the sandbox, so that the function does not start",
    ),
    (
        ".*PipelineRole.*",
        "elasticmapreduce:.*|events:.*|emr-serverless:.*",
        ".*:cluster/.*|.*:rule/SageMakerPipelineExecutionEMR.*|.*:/applications.*",
        "no cluster is played; what the service's documentation lists for these steps",
    ),
    (
        ".*PipelineRole.*",
        "sagemaker:.*",
        ".*:experiment(-trial(-component)?)?/.*",
        "no experiments are played; what the service's documentation lists for them",
    ),
]
# What the tests have found to be granted and not used: role, action, resource.
SEEN: dict[str, list[tuple[str, str, str]]] = {}

# https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
IN_A_NETWORK = (
    "CreateNetworkInterface",
    "CreateNetworkInterfacePermission",
    "DeleteNetworkInterface",
    "DeleteNetworkInterfacePermission",
    "DescribeDhcpOptions",
    "DescribeNetworkInterfaces",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeVpcs",
)
# https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
FOR_STORAGE = (
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
)


@dataclass(frozen=True)
class Use:
    """A request that was made with a role."""

    role: str
    action: str
    resource: str
    context: dict[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Case:
    """A pipeline that is deployed.

    Attributes:
        stack: Name of its stack.
        parameters: To start it with.
        not_played: Steps that fail, because this machine has not what they need.
    """

    stack: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    not_played: tuple[str, ...] = ()


def kitchen(sandbox: Sandbox, folder: Any) -> Case:
    """Deploy the pipeline with every kind of argument."""
    stack = make_app(account=ACCOUNT, region=REGION).node.find_child("Kitchen")
    assert isinstance(stack, cdk.Stack)
    deploy(sandbox, stack)
    bucket = _physical(sandbox, "Kitchen", "AWS::S3::Bucket", "Pantry")
    for key in ("in/a.txt", "in/b/c.txt"):
        sandbox.client("s3").put_object(Bucket=bucket, Key=key, Body=b"a")
    return Case("Kitchen")


def sample(sandbox: Sandbox, folder: Any) -> Case:
    """Deploy the sample app."""
    app = cdk.App(analytics_reporting=False)
    deploy(
        sandbox,
        TrainingStack(app, "Sample", env=cdk.Environment(account=ACCOUNT, region=REGION)),
    )
    table = write_table(folder)
    bucket = _physical(sandbox, "Sample", "AWS::S3::Bucket", "Raw")
    sandbox.client("s3").upload_file(str(table), bucket, table.name)
    return Case("Sample")


def classic(sandbox: Sandbox, folder: Any) -> Case:
    """Deploy the pipeline with steps that are requests, a key, and a VPC."""
    stack = classic_app.make_app(ACCOUNT, REGION).node.find_child("Classic")
    assert isinstance(stack, cdk.Stack)
    deploy(sandbox, stack)
    bucket = _physical(sandbox, "Classic", "AWS::S3::Bucket", "Data")
    sandbox.client("s3").put_object(Bucket=bucket, Key="in/table.csv", Body=b"1,2")
    parameters = {
        "Cluster": "j-1",
        "FileSystem": "fs-0123456789abcdef0",
        "Image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/image:1",  # of this account
        "Role": make_role(sandbox, "of-somebody-else"),
    }
    return Case("Classic", parameters, not_played=("mounted",))


def mapped(sandbox: Sandbox, folder: Any) -> Case:
    """Deploy the pipeline with iterations."""
    stack = mapped_app.make_app(ACCOUNT, REGION).node.find_child("Mapped")
    assert isinstance(stack, cdk.Stack)
    deploy(sandbox, stack)
    bucket = _physical(sandbox, "Mapped", "AWS::S3::Bucket", "Raw")
    for name in ("north", "south"):
        sandbox.client("s3").put_object(Bucket=bucket, Key=f"regions/{name}", Body=name.encode())
    return Case("Mapped")


@pytest.mark.parametrize("make", [kitchen, sample, classic, mapped])
def test_granted_is_what_is_used(
    sandbox: Sandbox, tmp_path: Any, make: Callable[[Sandbox, Any], Case]
) -> None:
    """All that is used is granted; all that is granted is used, or explained."""
    case = make(sandbox, tmp_path)
    pipeline = _physical(sandbox, case.stack, "AWS::SageMaker::Pipeline", "")
    parameters = [{"Name": name, "Value": value} for name, value in case.parameters.items()]
    arn = start(sandbox, pipeline, PipelineParameters=parameters)
    wait(sandbox, arn)
    failed = [n for n, one in steps_of(sandbox, arn).items() if one["StepStatus"] == "Failed"]
    assert failed == list(case.not_played)
    execution = load_execution(sandbox.folder / "executions" / pipeline / arn.rpartition("/")[2])
    of_pipeline = sandbox.client("sagemaker").describe_pipeline(PipelineName=pipeline)["RoleArn"]
    passed = {_role_of(record, execution) for record in execution.steps}
    ran = {of_pipeline, *passed} & _own_roles(sandbox, case.stack)
    uses = [use for use in _recorded(sandbox) if use.role in ran]
    assert {use.action for use in uses} >= {"s3:GetObject", "s3:PutObject", "iam:PassRole"}
    for record in execution.steps:
        uses += _implied(sandbox, record, execution, of_pipeline)

    unused = []
    for role in sorted(ran):
        policies = _policies(sandbox, role)
        own = [use for use in uses if use.role == role]
        for use in own:
            request = AccessRequest(role, use.action, use.resource, use.context)
            assert explain_denial(request, policies) is None
        unused += [(role, *granted) for granted in _granted(policies) if not _is_used(granted, own)]
    unexplained = [one for one in unused if not _is_explained(*one)]
    assert unexplained == []
    SEEN[make.__name__] = unused


def test_each_explanation_is_needed() -> None:
    """Nothing stands in the list that is used, or not granted any more."""
    if len(SEEN) < 4:
        pytest.skip("needs what the other tests have found")
    unused = [one for found in SEEN.values() for one in found]
    idle = [entry for entry in UNUSED if not any(_explains(entry, *one) for one in unused)]
    assert idle == []


def _physical(sandbox: Sandbox, stack: str, kind: str, name: str) -> str:
    """Return the physical ID of a stack's only resource of a type with a logical ID like that."""
    resources = sandbox.client("cloudformation").describe_stack_resources(StackName=stack)
    (found,) = (
        one["PhysicalResourceId"]
        for one in resources["StackResources"]
        if one["ResourceType"] == kind and name in one["LogicalResourceId"]
    )
    return str(found)


def _own_roles(sandbox: Sandbox, stack: str) -> set[str]:
    """Return the ARNs of the roles that a stack has made."""
    resources = sandbox.client("cloudformation").describe_stack_resources(StackName=stack)
    return {
        sandbox.client("iam").get_role(RoleName=one["PhysicalResourceId"])["Role"]["Arn"]
        for one in resources["StackResources"]
        if one["ResourceType"] == "AWS::IAM::Role"
    }


def _recorded(sandbox: Sandbox) -> Iterator[Use]:
    """Yield what the sandbox has done with roles."""
    for line in sandbox.log.read_text().splitlines():
        _, found, text = line.partition("executions.access used ")
        if found:
            yield Use(**json.loads(text))


def _role_of(record: StepRecord, execution: Execution) -> str | None:
    """Return the role that a step's job runs with; of a transform job, that of its model."""
    made = record.properties or {}
    if record.type == "Transform":
        models = [one for one in execution.steps if one.type == "Model"]
        (record,) = (m for m in models if (m.properties or {})["ModelName"] == made["ModelName"])
    return passed_role(record.type, record.properties or {})


def _implied(
    sandbox: Sandbox, record: StepRecord, execution: Execution, pipeline_role: str
) -> Iterator[Use]:
    """Yield what SageMaker does for a step, by what it was asked for, and nobody records."""
    if record.properties is None:
        return  # it has not run
    kind, role, request = step_type_of(record.type), _role_of(record, execution), record.properties
    if kind.operation is not None:
        made = _made_by(record, execution)
        for resource in {one for _, one in asked_for(record.type, made, request, {})}:
            yield Use(pipeline_role, f"sagemaker:{kind.response}", resource)
    if role is None:
        return
    yield from _pulls(role, request)
    if kind.log_group is None:
        return
    name = made.rpartition("/")[2]
    if record.type == "Tuning":
        request = request["TrainingJobDefinition"]
        yield from _moves_data(sandbox, role, request, f"{name}-001-0123abcd")
    yield from _logs(role, name, kind.log_group)
    network = {**request.get("NetworkConfig", {}), **request}
    if "VpcConfig" in network:
        for action in IN_A_NETWORK:
            yield Use(role, f"ec2:{action}", "*")
    resources = request.get("ResourceConfig") or {}
    if "VolumeKmsKeyId" in resources:
        for action in FOR_STORAGE:
            context = {"kms:GrantIsForAWSResource": "true"}
            yield Use(role, f"kms:{action}", resources["VolumeKmsKeyId"], context)
    if "KmsKeyId" in request.get("OutputDataConfig", {}):
        for action in ("Decrypt", "GenerateDataKey"):
            yield Use(role, f"kms:{action}", request["OutputDataConfig"]["KmsKeyId"])


def _made_by(record: StepRecord, execution: Execution) -> str:
    """Return the ARN of what a step has made, or would have."""
    job = execution.job_of(record)
    made = record.properties or {}
    name = str(step_type_of(record.type).operation).removeprefix("Create")
    return str(made[f"{name}Arn"]) if job is None else job[1]


def _pulls(role: str, request: dict[str, Any]) -> Iterator[Use]:
    """Yield what it takes to pull the images that a request names."""
    for image in set(re.findall(r"\d+\.dkr\.ecr\.[^\"]+", json.dumps(request))):
        match = re.fullmatch(r"(\d+)\.dkr\.ecr\.([^.]+)\.[^/]+/([^:@]+).*", image)
        assert match is not None
        repository = f"arn:aws:ecr:{match[2]}:{match[1]}:repository/{match[3]}"
        for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"):
            yield Use(role, f"ecr:{action}", repository)
        yield Use(role, "ecr:GetAuthorizationToken", "*")


def _logs(role: str, name: str, log_group: str) -> Iterator[Use]:
    """Yield what it takes to write a job's log and its metrics."""
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/{log_group}"
    yield Use(role, "logs:CreateLogGroup", group)
    yield Use(role, "logs:DescribeLogStreams", group)
    for action in ("CreateLogStream", "PutLogEvents"):
        yield Use(role, f"logs:{action}", f"{group}:log-stream:{name}/algo-1-1")
    space = {"cloudwatch:namespace": f"/aws/sagemaker/{log_group}"}
    yield Use(role, "cloudwatch:PutMetricData", "*", space)


def _moves_data(sandbox: Sandbox, role: str, request: dict[str, Any], name: str) -> Iterator[Use]:
    """Yield what a training job reads and writes that is not played."""
    s3 = sandbox.client("s3")
    for channel in request["InputDataConfig"]:
        bucket, key = split_uri(channel["DataSource"]["S3DataSource"]["S3Uri"])
        yield Use(role, "s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": key})
        for found in s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]:
            yield Use(role, "s3:GetObject", f"arn:aws:s3:::{bucket}/{found['Key']}")
    bucket, key = split_uri(request["OutputDataConfig"]["S3OutputPath"])
    stored = f"{key.rstrip('/')}/{name}/output/model.tar.gz"
    yield Use(role, "s3:PutObject", f"arn:aws:s3:::{bucket}/{stored}")
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    for action in ("Decrypt", "GenerateDataKey"):
        default = rule["ApplyServerSideEncryptionByDefault"]
        yield Use(role, f"kms:{action}", default["KMSMasterKeyID"])


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


def _is_explained(role: str, action: str, resource: str) -> bool:
    return any(_explains(entry, role, action, resource) for entry in UNUSED)


def _explains(entry: tuple[str, ...], *granted: str) -> bool:
    return all(re.fullmatch(*pair) for pair in zip(entry, granted, strict=False))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
