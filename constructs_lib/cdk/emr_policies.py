"""What the pipeline may do at EMR: statements for the steps that ask it.

https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from constructs_lib.cdk.place import arn_in, place_of
from constructs_lib.cdk.statements import allow
from constructs_lib.model.requests import RequestStep

# Members of RunJobFlow with a role, and the services that it is passed to.
# https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-iam-roles.html
_CLUSTER_ROLES = {
    "ServiceRole": "elasticmapreduce.amazonaws.com",
    "JobFlowRole": "ec2.amazonaws.com",
    "AutoScalingRole": "application-autoscaling.amazonaws.com",
}


def emr_statements(stack: Stack, step: RequestStep) -> list[iam.PolicyStatement]:
    """Return statements for a step of EMR or EMR Serverless; none for any other.

    Args:
        stack: Gives account and Region.
        step: The step.
    """
    if step.step_type == "EMR":
        return _cluster_statements(stack, step.arguments)
    if step.step_type == "EMRServerless":
        return [
            allow(
                actions=[
                    "emr-serverless:CancelJobRun",
                    "emr-serverless:CreateApplication",
                    "emr-serverless:DeleteApplication",
                    "emr-serverless:GetApplication",
                    "emr-serverless:GetJobRun",
                    "emr-serverless:StartApplication",
                    "emr-serverless:StartJobRun",
                    "emr-serverless:StopApplication",
                ],
                resources=[arn_in(stack, "emr-serverless", "/applications*")],
            ),
            *_pass_role(
                stack, step.arguments.get("ExecutionRoleArn"), "emr-serverless.amazonaws.com"
            ),
        ]
    return []


def _cluster_statements(stack: Stack, arguments: Any) -> list[iam.PolicyStatement]:
    known = arguments.get("ClusterId")
    name = known if isinstance(known, str) and "${" not in known else "*"
    own = ["elasticmapreduce:RunJobFlow", "elasticmapreduce:TerminateJobFlows"]
    config = arguments.get("ClusterConfig") or {}
    return [
        allow(
            actions=[
                "elasticmapreduce:AddJobFlowSteps",
                "elasticmapreduce:CancelSteps",
                "elasticmapreduce:DescribeCluster",
                "elasticmapreduce:DescribeStep",
                *(own if known is None else []),
            ],
            resources=[arn_in(stack, "elasticmapreduce", f"cluster/{name}")],
        ),
        allow(
            actions=["events:DescribeRule", "events:PutRule", "events:PutTargets"],
            resources=[arn_in(stack, "events", "rule/SageMakerPipelineExecutionEMR*")],
        ),
        *(
            statement
            for member, service in _CLUSTER_ROLES.items()
            for statement in _pass_role(stack, config.get(member), service)
        ),
    ]


def _pass_role(stack: Stack, role: Any, service: str) -> Sequence[iam.PolicyStatement]:
    """Return a statement to pass a role, given by its name or ARN; none if there is no role."""
    if role is None:
        return []
    place = place_of(stack)
    name = role if isinstance(role, str) else "*"  # known only when the pipeline runs
    arn = name if ":" in name else f"arn:{place.partition}:iam::{place.account}:role/{name}"
    return [
        allow(
            actions=["iam:PassRole"],
            resources=[arn],
            conditions={"StringEquals": {"iam:PassedToService": service}},
        )
    ]
