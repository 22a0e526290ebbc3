"""Resources of the app that a step can be given by name, ARN, URL or URI."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from constructs_lib.local.assembly import Assembly
from constructs_lib.local.intrinsics import Template
from constructs_lib.local.names import arn_of, given_name, ref_of

_S3_URI = re.compile(r"s3://([^/\0]+)(?:/(.*))?", re.DOTALL)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
#: Stands in a text for what only a run knows.
UNKNOWN = "\0"
# A text of letters alone is a name only where the template refers to the resource.
_WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True)
class Kind:
    """A type of resource that a step's code can use.

    Attributes:
        title: What people call the service.
        service: In the names of IAM actions and of VPC endpoints.
        grant: Method of its construct for the plain use.
        endpoint: Of ``InterfaceVpcEndpointAwsService``, or of ``GatewayVpcEndpointAwsService``.
        is_gateway: Whether its endpoint is a gateway.
    """

    title: str
    service: str
    grant: str
    endpoint: str
    is_gateway: bool = False


_TABLE = Kind("DynamoDB", "dynamodb", "grant_read_data", "DYNAMODB", is_gateway=True)
S3 = Kind("S3", "s3", "grant_read", "S3", is_gateway=True)
KINDS: Mapping[str, Kind] = {
    "AWS::DynamoDB::GlobalTable": _TABLE,
    "AWS::DynamoDB::Table": _TABLE,
    "AWS::KMS::Key": Kind("KMS", "kms", "grant_encrypt_decrypt", "KMS"),
    "AWS::Lambda::Function": Kind("Lambda", "lambda", "grant_invoke", "LAMBDA_"),
    "AWS::S3::Bucket": S3,
    "AWS::SecretsManager::Secret": Kind(
        "Secrets Manager", "secretsmanager", "grant_read", "SECRETS_MANAGER"
    ),
    "AWS::SNS::Topic": Kind("SNS", "sns", "grant_publish", "SNS"),
    "AWS::SQS::Queue": Kind("SQS", "sqs", "grant_send_messages", "SQS"),
    "AWS::SSM::Parameter": Kind("SSM", "ssm", "grant_read", "SSM"),
}


@dataclass(frozen=True)
class AppResource:
    """A resource of the app, or a bucket that is not in it.

    Attributes:
        kind: What is known of its type.
        path: Of its construct.
        arn: What its ARN is on this machine.
        imported: The expression that imports it; empty if it is of the app.
    """

    kind: Kind
    path: str
    arn: str
    imported: str = ""

    @property
    def variable(self) -> str:
        """What a Python variable with its construct may be called."""
        return self.imported or variable_of(self.path)


@dataclass(frozen=True)
class Mention:
    """A resource as a text names it.

    Attributes:
        resource: Which one.
        arn: Of the resource, or of the object or folder in it.
    """

    resource: AppResource
    arn: str


class Resources:
    """Finds the resources that a text names.

    Args:
        assembly: The app.
        referred: Logical IDs that the pipeline's template refers to.
    """

    def __init__(self, assembly: Assembly, referred: frozenset[str]) -> None:
        self._names: dict[str, AppResource] = {}
        self._arns: dict[str, AppResource] = {}
        for template in assembly.templates:
            for logical_id, found in _of_template(template):
                self._arns[found.arn] = found
                for name in _names(template, logical_id):
                    if logical_id in referred or not _WORD.fullmatch(name):
                        self._names[name] = found

    def find(self, text: str) -> Mention | None:
        """Return what a text names, or None."""
        uri = _S3_URI.fullmatch(text)
        if uri is not None:
            text = f"arn:aws:s3:::{uri[1]}/{(uri[2] or '').partition(UNKNOWN)[0]}"
        found = self._names.get(text) or self._arns.get(text)
        if found is not None:
            return Mention(found, found.arn)
        bucket = self._arns.get(text.partition("/")[0])
        if bucket is None and uri is not None:
            bucket = _outside(uri[1])
        return None if bucket is None or bucket.kind is not S3 else Mention(bucket, text)


def variable_of(path: str) -> str:
    """Return a Python name for a construct, from the last part of its path."""
    parts = [part for part in path.split("/") if part not in {"Resource", "Default"}]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", parts[-1])
    return words.strip("_").lower() or "resource"


def construct_path(path: str) -> str:
    """Return the path of a construct from that of its CloudFormation resource."""
    return path.removesuffix("/Resource").removesuffix("/Default")


def _outside(name: str) -> AppResource | None:
    """Return a bucket that is not in the app, or None if its name is only known to a run."""
    if not _BUCKET.fullmatch(name):
        return None
    imported = f's3.Bucket.from_bucket_name(self, "{name.title()}", "{name}")'
    return AppResource(S3, f"s3://{name}", f"arn:aws:s3:::{name}", imported)


def _of_template(template: Template) -> Iterator[tuple[str, AppResource]]:
    for logical_id, resource in template.resources.items():
        kind = KINDS.get(resource["Type"])
        if kind is not None:
            arn = arn_of(resource["Type"], template.physical_name(logical_id))
            path = construct_path(resource["Metadata"]["aws:cdk:path"])
            yield logical_id, AppResource(kind, path, arn)


def _names(template: Template, logical_id: str) -> Sequence[str]:
    resource = template.resources[logical_id]
    name = template.physical_name(logical_id)
    reference = ref_of(resource["Type"], name)
    # A secret or a key without a name of its own is known by its ARN or its Ref.
    return [reference, name] if given_name(resource) is not None else [reference]
