"""A definition that is too long for a template: an object in a bucket.

A definition holds names that only a deployment gives, so it cannot be an asset. The asset has
markers in their places; a function, called by CloudFormation when the asset or a name has changed,
writes the object with the names in it, under the hash of its content.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from aws_cdk import CustomResource, Duration, Stack, Stage
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.cdk.file_asset import add_file_asset
from constructs_lib.cdk.place import place_of
from constructs_lib.cdk.readable import TOKEN

RESOURCE_TYPE = "Custom::SageMakerPipelineDefinition"

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
        reader: iam.IRole,
    ) -> None:
        """Make the asset, the function and the call of it.

        Args:
            scope: The pipeline.
            id: Construct ID.
            text: The definition; may hold CDK tokens.
            bucket: Where the object goes.
            folder: In the bucket, for this pipeline.
            reader: May read the object.
        """
        super().__init__(scope, id)
        # No step has such a name, so no step can write there.
        self.folder = f"{folder}/.definitions/"
        stack = Stack.of(self)
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
        # Any definition, not this one: a change of the definition is no change of permissions.
        start = location.object_key.removesuffix(f"{digest}.json")
        function = lambda_.Function(
            self,
            "Writer",
            description=f"Writes the definition of pipeline {folder}",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline(CODE),
            timeout=Duration.minutes(1),
            initial_policy=[
                iam.PolicyStatement(
                    actions=["s3:GetObject"],
                    resources=[
                        f"arn:{place_of(stack).partition}:s3:::{location.bucket_name}/{start}*.json"
                    ],
                )
            ],
        )
        bucket.grant_put(function, f"{self.folder}*")
        call = CustomResource(
            self,
            "Written",
            service_token=function.function_arn,
            resource_type=RESOURCE_TYPE,
            properties={
                "SourceBucket": location.bucket_name,
                "SourceKey": location.object_key,
                "Bucket": bucket.bucket_name,
                "Folder": self.folder,
                "Values": tokens,
            },
        )
        grant = bucket.grant_read(reader, f"{self.folder}*")
        call.node.add_dependency(function)
        grant.apply_before(call)
        self.name = call.get_att_string("Name")
