"""What each role may do: statements for steps and for the pipeline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from aws_cdk import Fn, Stack, Token
from aws_cdk import aws_iam as iam

from constructs_lib.cdk.emr_policies import emr_statements
from constructs_lib.cdk.place import arn_in, place_of
from constructs_lib.cdk.statements import allow
from constructs_lib.model.integration_steps import CallbackStep, LambdaStep
from constructs_lib.model.requests import RequestStep
from constructs_lib.service.step_types import step_type_of

_SAGEMAKER = "sagemaker.amazonaws.com"
# Account and Region may be tokens, which have dots of their own.
_NAME = r"((?:\$\{Token\[[^\]]+\]\}|[^./])+)"
_ECR_IMAGE = re.compile(rf"{_NAME}\.dkr\.ecr\.{_NAME}\.[^/]+/([^:@]+)")


def sagemaker_principal(stack: Stack, *resources: str) -> iam.IPrincipal:
    """Return SageMaker as a principal, acting for some resources of this account only.

    https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html

    Args:
        stack: Gives account and Region.
        *resources: Ends of the ARNs it may act for, such as ``training-job/churn-train-*``.
    """
    arns = _sagemaker_arns(stack, resources)
    return iam.ServicePrincipal(
        _SAGEMAKER,
        conditions={
            "StringEquals": {"aws:SourceAccount": place_of(stack).account},
            "ArnLike": {"aws:SourceArn": _one_or_list(arns)},
        },
    )


def read_objects(stack: Stack, bucket: str, prefix: str) -> list[iam.PolicyStatement]:
    """Return statements to read the objects of a bucket whose keys match a prefix.

    A channel lists its prefix before it copies the objects.

    Args:
        stack: Gives the partition.
        bucket: The bucket's name.
        prefix: May hold ``*``; everything behind it is allowed too.
    """
    arn = f"arn:{place_of(stack).partition}:s3:::{bucket}"
    pattern = prefix if prefix.endswith(("*", ".zip")) else f"{prefix}*"
    # Who lists a whole bucket may leave the prefix out, and then no condition on it holds.
    limit = None if pattern == "*" else {"StringLike": {"s3:prefix": pattern}}
    return [
        allow(actions=["s3:GetObject"], resources=[f"{arn}/{pattern}"]),
        allow(actions=["s3:ListBucket"], resources=[arn], conditions=limit),
    ]


def write_objects(stack: Stack, bucket: str, prefix: str) -> list[iam.PolicyStatement]:
    """Return statements to store objects of a bucket below a prefix."""
    return [
        allow(
            actions=["s3:PutObject", "s3:AbortMultipartUpload"],
            resources=[f"arn:{place_of(stack).partition}:s3:::{bucket}/{prefix}*"],
        )
    ]


def delete_objects(stack: Stack, bucket: str, pattern: str) -> list[iam.PolicyStatement]:
    """Return statements to delete objects of a bucket.

    Args:
        stack: Gives the partition.
        bucket: The bucket's name.
        pattern: Of their keys; objects that it does not name one by one are listed first.
    """
    arn = f"arn:{place_of(stack).partition}:s3:::{bucket}"
    delete = allow(actions=["s3:DeleteObject"], resources=[f"{arn}/{pattern}"])
    if "*" not in pattern:
        return [delete]
    listing = allow(
        actions=["s3:ListBucket"],
        resources=[arn],
        conditions={"StringLike": {"s3:prefix": pattern}},
    )
    return [delete, listing]


def mount_efs(file_system_arn: str, *, writes: bool) -> iam.PolicyStatement:
    """Return a statement to mount an EFS file system, to write to it if asked.

    https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
    """
    actions = ["elasticfilesystem:ClientMount"]
    actions += ["elasticfilesystem:ClientWrite"] if writes else []
    return allow(actions=actions, resources=[file_system_arn])


def efs_arn(stack: Stack, file_system_id: str) -> str:
    """Return the ARN of an EFS file system of the stack's account and Region."""
    return arn_in(stack, "elasticfilesystem", f"file-system/{file_system_id}")


def write_logs(
    stack: Stack, streams: str, *, group: str = "TrainingJobs"
) -> list[iam.PolicyStatement]:
    """Return statements for log streams and the metrics of instances.

    https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html

    Args:
        stack: Gives account and Region.
        streams: Pattern of their names; those of a job begin with its name.
        group: Log group below ``/aws/sagemaker/``; its first part is the metrics' namespace.
    """
    name = f"/aws/sagemaker/{group.partition('/')[0]}"
    group = f"log-group:/aws/sagemaker/{group}"
    streams = arn_in(stack, "logs", f"{group}:log-stream:{streams}")
    return [
        allow(
            actions=["logs:CreateLogGroup", "logs:DescribeLogStreams"],
            resources=[
                arn_in(stack, "logs", group),
                arn_in(stack, "logs", f"{group}:log-stream:"),
            ],
        ),
        allow(actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[streams]),
        # PutMetricData knows no resources; its namespace limits it.
        allow(
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": name}},
        ),
    ]


def publish(topics: Sequence[str]) -> iam.PolicyStatement:
    """Return a statement to notify topics of SNS."""
    return allow(actions=["sns:Publish"], resources=list(topics))


def pull_image(stack: Stack, image: str) -> list[iam.PolicyStatement]:
    """Return statements to pull an image.

    Args:
        stack: Gives the partition.
        image: URI of the image; one that is not of the ECR form, such as a pipeline variable's,
            may be in any repository of the account.
    """
    match = _ECR_IMAGE.match(image)
    repository = (
        f"arn:{place_of(stack).partition}:ecr:{match[2]}:{match[1]}:repository/{match[3]}"
        if match
        else arn_in(stack, "ecr", "repository/*")
    )
    return [
        allow(
            actions=[
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            resources=[repository],
        ),
        # GetAuthorizationToken knows no resources.
        allow(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
    ]


def run_jobs(stack: Stack, step_type: str, resources: Sequence[str]) -> list[iam.PolicyStatement]:
    """Return statements for the pipeline to make what a type of step makes.

    Args:
        stack: Gives account and Region.
        step_type: Such as ``Training``.
        resources: Ends of the ARNs of what it makes; none if it makes nothing.
    """
    kind = step_type_of(step_type)
    operations = ["AddTags", kind.operation, kind.response, kind.stop]
    if not resources:
        return []
    return [
        allow(
            actions=sorted(f"sagemaker:{name}" for name in operations if name is not None),
            resources=_sagemaker_arns(stack, resources),
        )
    ]


def pass_roles(roles: Sequence[str]) -> list[iam.PolicyStatement]:
    """Return statements for the pipeline to pass the roles of its steps, by their ARNs."""
    return [
        allow(
            actions=["iam:PassRole"],
            resources=list(roles),
            conditions={"StringEquals": {"iam:PassedToService": _SAGEMAKER}},
        )
    ]


def ask_services(stack: Stack, step: RequestStep) -> list[iam.PolicyStatement]:
    """Return statements for the pipeline to ask the service that a step is about.

    https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html
    """
    if isinstance(step, LambdaStep):
        return [allow(actions=["lambda:InvokeFunction"], resources=[step.function_arn])]
    if isinstance(step, CallbackStep):
        return [allow(actions=["sqs:SendMessage"], resources=[_queue_arn(stack, step)])]
    return emr_statements(stack, step)


def _queue_arn(stack: Stack, step: CallbackStep) -> str:
    """Return the ARN of a step's queue: ``https://sqs.<region>.amazonaws.com/<account>/<name>``."""
    if step.queue_arn is not None:
        return step.queue_arn
    parts = ["", "", *step.queue_url.split("/")][-2:]
    if Token.is_unresolved(step.queue_url):
        # Known only when the stack is deployed, as a whole.
        parts = [Fn.select(index, Fn.split("/", step.queue_url)) for index in (3, 4)]
    return f"arn:{stack.partition}:sqs:{stack.region}:{':'.join(parts)}"


def join_network() -> list[iam.PolicyStatement]:
    """Return statements for jobs in a VPC; EC2 knows no resources for them.

    https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    return [
        allow(
            actions=[
                "ec2:CreateNetworkInterface",
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            resources=["*"],
        )
    ]


#: To read what a key has encrypted.
DECRYPT = ("kms:Decrypt",)
#: To encrypt with a key as well; by name, because wildcards reach actions that are yet to come.
ENCRYPT = (
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def use_key(key_arn: str, *, writes: bool, attaches: bool) -> list[iam.PolicyStatement]:
    """Return statements to use a key.

    Args:
        key_arn: Its ARN.
        writes: Whether data is encrypted with it, not only decrypted.
        attaches: Whether it encrypts storage that is attached to instances.
    """
    actions = [*DECRYPT, *(ENCRYPT if writes else ())]
    use = allow(actions=actions, resources=[key_arn])
    return [use, attach_storage(key_arn)] if attaches else [use]


def attach_storage(key_arn: str) -> iam.PolicyStatement:
    """Return a statement to let EC2 use a key for storage that it attaches."""
    return allow(
        actions=["kms:CreateGrant"],
        resources=[key_arn],
        conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
    )


# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
_EXPERIMENTS = {
    "experiment": ("CreateExperiment", "DescribeExperiment"),
    "experiment-trial": ("AssociateTrialComponent", "CreateTrial", "DescribeTrial"),
    "experiment-trial-component": (
        "AssociateTrialComponent",
        "CreateTrialComponent",
        "DescribeTrialComponent",
        "UpdateTrialComponent",
    ),
}


def record_experiments(stack: Stack) -> list[iam.PolicyStatement]:
    """Return statements to record executions as trials of an experiment.

    https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-experiments.html
    """
    return [
        allow(
            actions=[f"sagemaker:{action}" for action in ("AddTags", *actions)],
            resources=[arn_in(stack, "sagemaker", f"{kind}/*")],
        )
        for kind, actions in _EXPERIMENTS.items()
    ]


def document(statements: Iterable[iam.PolicyStatement]) -> iam.PolicyDocument:
    """Return a policy of these statements; those that can be merged are."""
    return iam.PolicyDocument(statements=list(statements), minimize=True)


def _one_or_list(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _sagemaker_arns(stack: Stack, resources: Iterable[str]) -> list[str]:
    """Return ARNs as they are given and as the service writes them: in lower case."""
    both = [form for one in resources for form in (one, one if "${" in one else one.lower())]
    return [arn_in(stack, "sagemaker", resource) for resource in dict.fromkeys(both)]
