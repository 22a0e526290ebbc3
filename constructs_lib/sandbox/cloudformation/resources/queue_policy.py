"""AWS::SQS::QueuePolicy."""

from __future__ import annotations

import json
from typing import Any

from moto.sqs.models import sqs_backends

from constructs_lib.sandbox.cloudformation.resources.base import Resource


class QueuePolicy(Resource):
    """The policy of one or more queues."""

    type_name = "AWS::SQS::QueuePolicy"

    @classmethod
    def create(
        cls, name: str, properties: dict[str, Any], account: str, region: str
    ) -> dict[str, Any]:
        """Set it on each queue."""
        _set(properties, account, region)
        return {}

    @classmethod
    def change(cls, resource: Any, properties: dict[str, Any], account: str, region: str) -> None:
        """Set another one."""
        _set(properties, account, region)


def _set(properties: dict[str, Any], account: str, region: str) -> None:
    document = json.dumps(properties["PolicyDocument"])
    for url in properties["Queues"]:
        name = url.rpartition("/")[2]
        sqs_backends[account][region].set_queue_attributes(name, {"Policy": document})
