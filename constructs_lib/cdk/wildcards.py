"""Why permissions end in ``*``: the reasons that checkers such as cdk-nag ask for.

Each reason stands for the statements of one kind, and is noted for exactly the resources that
these statements name. A wildcard without a reason here is reported like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.cdk.readable import without_tokens
from constructs_lib.cdk.statements import Parts, parts_of

# What the CDK's Validations write, which read an ID's brackets and cannot take every key of an
# object.
_ACKNOWLEDGED = "aws:cdk:acknowledged-rules"
_RULE = "Annotation::AwsSolutions-IAM5[Resource::{}]"

CODE = (
    "Every code bundle, because executions under way when a change is deployed start their later "
    "steps with the code they began with; what runs is decided by the hash in the definition."
)
NO_RESOURCES = (
    "These actions know no resources. cloudwatch:PutMetricData is limited to a namespace; "
    "ecr:GetAuthorizationToken gives no access by itself; those of EC2 are there only in a VPC."
)
#: Prefix of an action to why its resources end in a wildcard; the first that fits holds.
REASONS = {
    "s3:": "Objects below the prefixes that this step or pipeline names: the service appends the "
    "names of jobs and files.",
    "logs:": "Log streams that begin with the prefix of the step's jobs, or those of an endpoint: "
    "the service gives the rest of their names.",
    "sagemaker:": "Jobs that begin with the pipeline's own prefix, and resources whose names the "
    "service makes up or a request gives when the pipeline runs.",
    "ecr:": "The image is named by a variable of the pipeline.",
    "iam:PassRole": "The role is named by a variable of the pipeline; it can be passed to one "
    "service only.",
    "elasticfilesystem:": "The file system is named by a variable of the pipeline.",
    "elasticmapreduce:": "The cluster is made, or named, when the pipeline runs.",
    "events:": "The service names the rule by which it watches a cluster, behind this prefix.",
    "emr-serverless:": "The application is made, or named, when the pipeline runs.",
}


def note_wildcards(scope: Construct, statements: Iterable[iam.PolicyStatement]) -> None:
    """Say why statements have wildcards.

    Args:
        scope: The step or pipeline that has the role.
        statements: What the library itself grants.
    """
    stack = Stack.of(scope)
    noted = {
        _RULE.format(without_tokens(resource, stack)): reason
        for statement in statements
        for resource, reason in _reasons(parts_of(statement))
    }
    if noted:
        scope.node.add_metadata(_ACKNOWLEDGED, noted)


def _reasons(parts: Parts) -> Iterator[tuple[str, str]]:
    for resource in parts.resources:
        if resource == "*":
            yield resource, NO_RESOURCES
        elif resource.endswith("*.zip"):
            yield resource, CODE
        elif "*" in resource:
            found = [text for start, text in REASONS.items() if parts.actions[0].startswith(start)]
            yield from ((resource, text) for text in found[:1])
