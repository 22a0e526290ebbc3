"""The stacks that deployed pipelines are of, written as a cloud assembly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.deployed.account import Account
from constructs_lib.deployed.pipelines import DeployedPipeline

_PIPELINE = "AWS::SageMaker::Pipeline"
_DEFINITION = "Custom::SageMakerPipelineDefinition"
_PATH = "aws:cdk:path"


def write_assembly(account: Account, name: str | None, folder: Path) -> None:
    """Write the stack of a deployed pipeline as an assembly, as far as it is known.

    A pipeline of no stack becomes a stack of its own, with nothing but its definition.

    Args:
        account: Holds it.
        name: The pipeline's; None if the account has only one.
        folder: An empty one.

    Raises:
        RemoteError: There is no such pipeline.
    """
    pipeline = DeployedPipeline(account, name)
    stack, template = _template(account, pipeline)
    files = _definition_files(account, stack, template, folder)
    artifacts: dict[str, Any] = {
        stack: {
            "type": "aws:cloudformation:stack",
            "displayName": _path_of(template) or stack,
            "properties": {"templateFile": "template.json", "stackName": stack},
        },
        "assets": {"type": "cdk:asset-manifest", "properties": {"file": "assets.json"}},
    }
    for file, content in (
        ("template.json", template),
        ("assets.json", {"files": files}),
        ("manifest.json", {"artifacts": artifacts}),
    ):
        (folder / file).write_text(json.dumps(content), encoding="utf-8")


def _template(account: Account, pipeline: DeployedPipeline) -> tuple[str, dict[str, Any]]:
    """Return a stack's name and its template."""
    cloudformation = account.client("cloudformation")
    try:
        found = cloudformation.describe_stack_resources(PhysicalResourceId=pipeline.name)
        resources = [r for r in found["StackResources"] if r["ResourceType"] == _PIPELINE]
    except ClientError:
        resources = []
    if resources:
        stack: str = resources[0]["StackName"]
        body = cloudformation.get_template(StackName=stack, TemplateStage="Original")
        text = body["TemplateBody"]
        return stack, json.loads(text) if isinstance(text, str) else dict(text)
    resource = {
        "Type": _PIPELINE,
        "Properties": {
            "PipelineName": pipeline.name,
            "PipelineDefinition": {"PipelineDefinitionBody": json.dumps(pipeline.definition)},
        },
        "Metadata": {_PATH: f"{pipeline.name}/Pipeline/Resource"},
    }
    return pipeline.name, {"Resources": {"Pipeline": resource}}


def _definition_files(
    account: Account, stack: str, template: dict[str, Any], folder: Path
) -> dict[str, Any]:
    """Fetch the definitions that are not in the template; returns entries of an asset manifest."""
    files: dict[str, Any] = {}
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] != _DEFINITION:
            continue
        given = resource["Properties"]
        sub = given["SourceBucket"]
        bucket = sub.get("Fn::Sub", "") if isinstance(sub, dict) else sub
        arn = account.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0][
            "StackId"
        ]
        partition, _, region, owner = arn.split(":")[1:5]
        real = bucket
        for key, value in (("AccountId", owner), ("Region", region), ("Partition", partition)):
            real = real.replace(f"${{AWS::{key}}}", value)
        account.client("s3").download_file(real, given["SourceKey"], str(folder / logical_id))
        files[logical_id] = {
            "source": {"path": logical_id},
            "destinations": {"here": {"bucketName": bucket, "objectKey": given["SourceKey"]}},
        }
    return files


def _path_of(template: dict[str, Any]) -> str | None:
    """Return the path of a template's stack: what the paths of its constructs begin with."""
    paths = [
        resource.get("Metadata", {}).get(_PATH, "") for resource in template["Resources"].values()
    ]
    known = [path.split("/") for path in paths if path]
    if not known:
        return None
    common: list[str] = []
    for parts in zip(*known, strict=False):
        if len({*parts}) > 1:
            break
        common.append(parts[0])
    shortest = min(map(len, known)) - 1
    return "/".join(common[:shortest]) or None
