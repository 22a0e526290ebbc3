"""The stacks that deployed pipelines are of, written as a cloud assembly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.deployed.account import Account, error_code
from constructs_lib.deployed.pipelines import DeployedPipeline

_PIPELINE = "AWS::SageMaker::Pipeline"
_DEFINITION = "Custom::SageMakerPipelineDefinition"
_PATH = "aws:cdk:path"
_HASHED = re.compile(r"(.*)[0-9A-F]{8}")
# Of paths, what logical IDs do not have.
_HIDDEN = ("Resource", "Default")


def write_assembly(account: Account, name: str | None, folder: Path) -> None:
    """Write the stack of a deployed pipeline as an assembly, as far as it is known.

    The stacks that it imports from are written as well, so that what it imports has a name. A
    pipeline of no stack becomes a stack of its own, with nothing but its definition.

    Args:
        account: Holds it.
        name: The pipeline's; None if the account has only one.
        folder: An empty one.

    Raises:
        RemoteError: There is no such pipeline.
    """
    pipeline = DeployedPipeline(account, name)
    stack = _stack_of(account, pipeline.name)
    templates = {pipeline.name: _alone(pipeline)} if stack is None else _templates(account, stack)
    artifacts: dict[str, Any] = {
        "assets": {"type": "cdk:asset-manifest", "properties": {"file": "assets.json"}},
    }
    files: dict[str, Any] = {}
    for number, (own, template) in enumerate(templates.items()):
        files |= _definition_files(account, own, template, folder)
        artifacts[own] = {
            "type": "aws:cloudformation:stack",
            "displayName": _path_of(template) or own,
            "properties": {"templateFile": f"{number}.template.json", "stackName": own},
        }
        _write(folder / f"{number}.template.json", template)
    _write(folder / "assets.json", {"files": files})
    _write(folder / "manifest.json", {"artifacts": artifacts})


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def _stack_of(account: Account, pipeline: str) -> str | None:
    """Return the name of the stack that has a pipeline, or None."""
    cloudformation = account.client("cloudformation")
    try:
        found = cloudformation.describe_stack_resources(PhysicalResourceId=pipeline)
    except ClientError as error:
        if error_code(error) != "ValidationError":
            raise
        return None
    # Of a large stack the answer has only some resources; and another thing may have that name.
    for stack in {resource["StackName"] for resource in found["StackResources"]}:
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        resources = [r for page in pages for r in page["StackResourceSummaries"]]
        if any(
            (r["ResourceType"], r["PhysicalResourceId"]) == (_PIPELINE, pipeline) for r in resources
        ):
            return str(stack)
    return None


def _templates(account: Account, stack: str) -> dict[str, dict[str, Any]]:
    """Return name to template of a stack and of those that it imports from, directly or not."""
    exports: dict[str, str] | None = None
    found: dict[str, dict[str, Any]] = {}
    waiting = [stack]
    while waiting:
        name = waiting.pop()
        found[name] = _template(account, name)
        if name != stack:
            # Its pipelines are not what is asked for.
            resources = found[name]["Resources"].items()
            found[name]["Resources"] = {k: r for k, r in resources if r["Type"] != _PIPELINE}
        imported = [*_imports(found[name])]
        if imported and exports is None:
            exports = _exports(account)
        known = {exports[one] for one in imported if exports and one in exports}
        waiting += sorted(known - {*found, *waiting})
    return found


def _template(account: Account, stack: str) -> dict[str, Any]:
    answer = account.client("cloudformation").get_template(
        StackName=stack, TemplateStage="Original"
    )
    body = answer["TemplateBody"]
    return json.loads(body) if isinstance(body, str) else dict(body)


def _imports(value: Any) -> Iterator[str]:
    """Yield the names under which a template imports what others export."""
    if isinstance(value, dict):
        name = value.get("Fn::ImportValue")
        if isinstance(name, str):
            yield name
        for entry in value.values():
            yield from _imports(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _imports(entry)


def _exports(account: Account) -> dict[str, str]:
    """Return name to stack of what the stacks of the account export."""
    pages = account.client("cloudformation").get_paginator("list_exports").paginate()
    return {
        export["Name"]: export["ExportingStackId"].split("/")[1]
        for page in pages
        for export in page["Exports"]
    }


def _alone(pipeline: DeployedPipeline) -> dict[str, Any]:
    """Return a template with nothing but a pipeline's definition."""
    resource = {
        "Type": _PIPELINE,
        "Properties": {
            "PipelineName": pipeline.name,
            "PipelineDefinition": {"PipelineDefinitionBody": json.dumps(pipeline.definition)},
        },
        "Metadata": {_PATH: f"{pipeline.name}/Pipeline/Resource"},
    }
    return {"Resources": {"Pipeline": resource}}


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
        file = f"{stack}.{logical_id}"
        account.client("s3").download_file(real, given["SourceKey"], str(folder / file))
        files[file] = {
            "source": {"path": file},
            "destinations": {"here": {"bucketName": bucket, "objectKey": given["SourceKey"]}},
        }
    return files


def _path_of(template: dict[str, Any]) -> str | None:
    """Return the path of a template's stack: what its constructs' IDs leave of their paths."""
    for logical_id, resource in template["Resources"].items():
        parts = resource.get("Metadata", {}).get(_PATH, "").split("/")
        hashed = _HASHED.fullmatch(logical_id)
        for number in range(1, len(parts) if hashed else 0):
            if hashed and _as_id(parts[number:]) == hashed[1]:
                return "/".join(parts[:number])
    return None


def _as_id(parts: list[str]) -> str:
    """Return a path as the CDK has it in a logical ID, before the hash.

    https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html#identifiers-logical-ids
    """
    found: list[str] = []
    for part in parts:
        if part not in _HIDDEN and not (found and found[-1].endswith(part)):
            found.append(part)
    return re.sub(r"[^A-Za-z0-9]", "", "".join(found))
