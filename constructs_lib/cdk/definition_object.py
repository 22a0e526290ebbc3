"""A definition that is too long for a template: an object in a bucket.

A definition holds names that only a deployment gives, so it cannot be an asset. The asset has
markers in their places; a function, called by CloudFormation when the asset or a name has changed,
writes the object with the names in it, under the hash of its content.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from aws_cdk import CustomResource, RemovalPolicy, Stack, Stage
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.cdk import policies
from constructs_lib.cdk.file_asset import add_file_asset
from constructs_lib.cdk.keys import grant_key
from constructs_lib.cdk.place import place_of
from constructs_lib.cdk.readable import TOKEN
from constructs_lib.cdk.roles import RoleOptions
from constructs_lib.cdk.statements import allow
from constructs_lib.cdk.wildcards import note_wildcards

RESOURCE_TYPE = "Custom::SageMakerPipelineDefinition"
_RUNTIME = "python3.14"

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
CODE = """\
import hashlib, json, re, urllib.request
import boto3


def handler(event, context):
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer["PhysicalResourceId"] = event.get("PhysicalResourceId", event["LogicalResourceId"])
    try:
        if event["RequestType"] != "Delete":
            answer["Data"] = {"Name": write(event["ResourceProperties"], boto3.client("s3"))}
        answer["Status"] = "SUCCESS"
    except Exception as error:
        answer.update(Status="FAILED", Reason=f"{type(error).__name__}: {error}")
    request = urllib.request.Request(
        event["ResponseURL"], json.dumps(answer).encode(), {"Content-Type": ""}, method="PUT"
    )
    urllib.request.urlopen(request)


def write(given, s3):
    source = s3.get_object(Bucket=given["SourceBucket"], Key=given["SourceKey"])
    texts = [json.dumps(value, ensure_ascii=False)[1:-1] for value in given["Values"]]
    marked = source["Body"].read().decode()
    text = re.sub(r"<<name (\\d+)>>", lambda found: texts[int(found[1])], marked)
    name = hashlib.sha256(text.encode()).hexdigest() + ".json"
    s3.put_object(Bucket=given["Bucket"], Key=given["Folder"] + name, Body=text.encode())
    return name
"""


class DefinitionObject(Construct):
    """Writes a definition into a bucket. Earlier ones stay: a rollback needs them.

    Attributes:
        folder: Where in the bucket the object is, ending in ``/``.
        name: The rest of its key, known when it is deployed.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        text: str,
        bucket: s3.IBucket,
        folder: str,
        reader: iam.IGrantable,
        role_options: RoleOptions,
    ) -> None:
        """Make the asset, the function and the call of it.

        Args:
            scope: The pipeline.
            id: Construct ID.
            text: The definition; may hold CDK tokens.
            bucket: Where the object goes.
            folder: In the bucket, for this pipeline.
            reader: May read the object.
            role_options: For the function's role.
        """
        super().__init__(scope, id)
        # No step has such a name, so no step can write there.
        self.folder = f"{folder}/.definitions/"
        stack = Stack.of(self)
        text = text.replace("<<name ", r"\u003c<name ")  # a user's text is no marker
        tokens = list(dict.fromkeys(TOKEN.findall(text)))
        numbers = {token: number for number, token in enumerate(tokens)}
        data = TOKEN.sub(lambda found: f"<<name {numbers[found[0]]}>>", text).encode()
        digest = hashlib.sha256(data).hexdigest()
        stage = Stage.of(stack)
        assert stage is not None, "a stack is always inside a stage"
        file = Path(stage.asset_outdir) / f"asset.{digest}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        location = add_file_asset(
            stack,
            source_hash=digest,
            file_name=str(file.relative_to(stage.outdir)),
            display_name=f"{folder} definition",
        )
        log_group = logs.LogGroup(
            self,
            "Log",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        # Any definition, not this one: a change of the definition is no change of permissions.
        start = location.object_key.removesuffix(f"{digest}.json")
        arn = f"arn:{place_of(stack).partition}:s3:::{location.bucket_name}/{start}*.json"
        statements = [
            allow(actions=["s3:GetObject"], resources=[arn]),
            *policies.write_objects(stack, bucket.bucket_name, self.folder),
            allow(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[log_group.log_group_arn],
            ),
        ]
        role = role_options.make(
            self,
            "Role",
            name=f"{folder}-definition",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"Writer": policies.document(statements)},
        )
        writer = lambda_.CfnFunction(
            self,
            "Writer",
            description=f"Writes the definition of pipeline {folder}",
            runtime=_RUNTIME,
            handler="index.handler",
            code={"zipFile": CODE},
            timeout=60,
            logging_config={"logGroup": log_group.log_group_name},
            role=role.role_arn,
        )
        note_wildcards(self, statements)
        grant_key(role, bucket.encryption_key, writes=True)
        call = CustomResource(
            self,
            "Written",
            service_token=writer.attr_arn,
            resource_type=RESOURCE_TYPE,
            properties={
                "SourceBucket": location.bucket_name,
                "SourceKey": location.object_key,
                "Bucket": bucket.bucket_name,
                "Folder": self.folder,
                "Values": tokens,
            },
        )
        call.node.add_dependency(role)
        reads = policies.read_objects(stack, bucket.bucket_name, f"{self.folder}*")
        note_wildcards(scope, reads)
        for statement in reads:
            added = reader.grant_principal.add_to_principal_policy(statement)
            if added.policy_dependable is not None:
                call.node.add_dependency(added.policy_dependable)
        grant_key(reader, bucket.encryption_key, writes=False)
        self.name = call.get_att_string("Name")
