"""The names and ARNs that resources have on this machine."""

from __future__ import annotations

from typing import Any

ACCOUNT = "000000000000"
REGION = "us-east-1"

_PARAMETER = "AWS::SSM::Parameter"
# Types whose ARN is not arn:aws:<service>:<region>:<account>:<name>.
_ARNS = {
    "AWS::DynamoDB::GlobalTable": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{}}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{{}}",
    _PARAMETER: f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{{}}",
}
# Types whose Ref is not their name.
_REFS = {
    "AWS::SecretsManager::Secret": _ARNS["AWS::SecretsManager::Secret"],
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{{}}",
    "AWS::SQS::Queue": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{{}}",
}


def arn_of(resource_type: str, name: str) -> str:
    """Return an ARN as the service would form it.

    Args:
        resource_type: Such as ``AWS::S3::Bucket``.
        name: The resource's physical name.
    """
    service = resource_type.split("::")[1].lower()
    if resource_type == _PARAMETER:
        name = name.removeprefix("/")  # /a/b is parameter/a/b
    return _ARNS.get(resource_type, f"arn:aws:{service}:{REGION}:{ACCOUNT}:{{}}").format(name)


def ref_of(resource_type: str, name: str) -> str:
    """Return what CloudFormation's ``Ref`` of a resource is: its name, its ARN or its URL.

    Args:
        resource_type: Such as ``AWS::SQS::Queue``.
        name: The resource's physical name.
    """
    return _REFS.get(resource_type, "{}").format(name)


def given_name(resource: dict[str, Any]) -> Any:
    """Return the property that names a resource, such as ``BucketName``, or None."""
    properties = resource.get("Properties", {})
    kind = resource["Type"].split("::")[-1]
    keys = (f"{kind}Name", f"{kind.removeprefix('Global')}Name", "Name")
    return next((properties[key] for key in keys if key in properties), None)
