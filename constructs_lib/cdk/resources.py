"""What a step may do with the resources that it is given as arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aws_cdk import Stack

from constructs_lib.cdk import policies
from constructs_lib.cdk.keys import grant_key
from constructs_lib.cdk.step import PipelineStep
from constructs_lib.cdk.wildcards import note_wildcards
from constructs_lib.model.resources import resource_text


def grant_use(resource: Any, step: PipelineStep) -> None:
    """Allow a step the plain use of a resource: to read it, to send to it, to encrypt with it.

    Args:
        resource: One of those that :func:`~constructs_lib.model.resources.resource_text` knows.
        step: Gets the permission.
    """
    _GRANTS[str(resource_text(resource))](resource, step)


def _read_bucket(bucket: Any, step: PipelineStep) -> None:
    # Not grant_read, whose s3:GetBucket* and s3:List* reach the bucket's configuration.
    statements = policies.read_objects(Stack.of(step), bucket.bucket_name, "")
    note_wildcards(step, statements)
    for statement in statements:
        step.grant_principal.add_to_principal_policy(statement)
    grant_key(step, bucket.encryption_key, writes=False)


def _read_table(table: Any, step: PipelineStep) -> None:
    # Not grant_read_data, which adds the table's streams.
    table.grant(step, *_TABLE_ACTIONS)
    grant_key(step, table.encryption_key, writes=False)


_TABLE_ACTIONS = (
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
)
_GRANTS: Mapping[str, Callable[[Any, PipelineStep], Any]] = {
    "bucket_name": _read_bucket,
    "table_name": _read_table,
    "queue_url": lambda queue, step: queue.grant_send_messages(step),
    "topic_arn": lambda topic, step: topic.grant_publish(step),
    "secret_arn": lambda secret, step: secret.grant_read(step),
    "parameter_name": lambda parameter, step: parameter.grant_read(step),
    "key_arn": lambda key, step: grant_key(step, key, writes=True),
}
