"""What a pipeline gives to all of its function steps: network and encryption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Acknowledgment, Duration, Validations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.model.settings import StepDefaults


def make_bucket(scope: Construct, key: kms.IKey | None) -> s3.Bucket:
    """Make the bucket for results: encrypted, private, TLS only.

    Args:
        scope: The pipeline.
        key: Encrypts it; None for a key of S3.
    """
    bucket = s3.Bucket(
        scope,
        "Artifacts",
        encryption=s3.BucketEncryption.S3_MANAGED if key is None else s3.BucketEncryption.KMS,
        encryption_key=key,
        bucket_key_enabled=None if key is None else True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        lifecycle_rules=[
            s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(7))
        ],
    )
    Validations.of(bucket).acknowledge(
        Acknowledgment(
            id="AwsSolutions-S1",
            reason="Where access logs go is for the account to say: artifacts_bucket= takes a "
            "bucket that has them.",
        )
    )
    return bucket


def network_settings(
    scope: Construct,
    vpc: ec2.IVpc | None,
    vpc_subnets: ec2.SubnetSelection | None,
    security_groups: Sequence[ec2.ISecurityGroup] | None,
) -> dict[str, Any]:
    """Return the settings of steps in a VPC; a security group is made if none is given.

    Args:
        scope: The pipeline.
        vpc: The VPC; None for none.
        vpc_subnets: Which of its subnets. Default: the private ones.
        security_groups: Of the jobs.
    """
    if vpc is None:
        return {}
    choice = {} if vpc_subnets is None else dict(vpc_subnets._values)
    selected = vpc.select_subnets(**choice)
    groups = security_groups or [
        ec2.SecurityGroup(scope, "SecurityGroup", vpc=vpc, description="Jobs of the pipeline")
    ]
    return {"subnets": selected.subnet_ids, "security_group_ids": list(groups)}


def key_settings(key: kms.IKey | None) -> dict[str, Any]:
    """Return the settings of steps whose results and storage are encrypted with a key."""
    return {} if key is None else {"output_kms_key": key, "volume_kms_key": key}


def with_surroundings(defaults: StepDefaults | None, given: dict[str, Any]) -> StepDefaults:
    """Return step defaults in which what they do not set is taken from the pipeline.

    Args:
        defaults: The user's.
        given: The pipeline's settings, by name.
    """
    own = defaults or StepDefaults()
    # A step that names subnets means its own network, not the pipeline's groups in them.
    network = {"subnets", "security_group_ids"}
    if any(getattr(own, name) is not None for name in network):
        given = {name: value for name, value in given.items() if name not in network}
    return own.over(given)
