"""AWS::S3::BucketPolicy."""

from __future__ import annotations

import json
from typing import Any

from moto.s3.models import FakeBucket, s3_backends
from moto.utilities.utils import get_partition

from constructs_lib.sandbox.cloudformation.resources.base import Resource


class BucketPolicy(Resource):
    """The policy of a bucket."""

    type_name = "AWS::S3::BucketPolicy"

    @classmethod
    def create(
        cls, name: str, properties: dict[str, Any], account: str, region: str
    ) -> dict[str, Any]:
        """Put it."""
        _put(properties, account, region)
        return {"Bucket": properties["Bucket"]}

    @classmethod
    def change(cls, resource: Any, properties: dict[str, Any], account: str, region: str) -> None:
        """Put another one."""
        _put(properties, account, region)

    def delete(self, account_id: str, region_name: str) -> None:
        """Remove it."""
        backend = s3_backends[account_id][get_partition(region_name)]
        if self.values["Bucket"] in backend.buckets:
            backend.delete_bucket_policy(self.values["Bucket"])


def _put(properties: dict[str, Any], account: str, region: str) -> None:
    document = json.dumps(properties["PolicyDocument"]).encode()
    s3_backends[account][get_partition(region)].put_bucket_policy(properties["Bucket"], document)


def _permission(self: Any, action: str, resource: str) -> Any:  # noqa: ARG001 - a method
    from moto.iam.access_control import PermissionResult

    return PermissionResult.NEUTRAL


def apply() -> None:
    """Keep moto from holding requests to bucket policies.

    It does not know conditions: the CDK's "deny what is not TLS" would deny all. The sandbox checks
    what jobs may do itself.
    """
    FakeBucket.get_permission = _permission
