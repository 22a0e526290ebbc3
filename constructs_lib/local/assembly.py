"""The cloud assembly: its pipelines, buckets and assets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.intrinsics import ACCOUNT, REGION, Template


@dataclass(frozen=True)
class Bucket:
    """A bucket that a stack makes.

    Attributes:
        name: What the definition calls it on this machine.
        logical_id: In the template.
        construct: Last parts of its construct's path, such as ``Raw`` or ``Tumour/Artifacts``.
    """

    name: str
    logical_id: str
    construct: str


@dataclass(frozen=True)
class SynthesizedPipeline:
    """A pipeline of the assembly, with its intrinsic functions resolved.

    Attributes:
        name: Physical name.
        aliases: Other names to find it by: logical ID, construct path, construct ID.
        definition: The definition's JSON.
        max_parallel_steps: Limit of steps at once, or None.
        buckets: Those of its stack.
    """

    name: str
    aliases: tuple[str, ...]
    definition: dict[str, Any]
    max_parallel_steps: int | None
    buckets: tuple[Bucket, ...]


class Assembly:
    """A cloud assembly folder.

    Args:
        folder: Usually ``cdk.out``.

    Raises:
        LocalRunError: There is no assembly.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "manifest.json").is_file():
            raise LocalRunError(
                f"{folder} is no cloud assembly: it has no manifest.json; run `cdk synth` first, "
                f"or name the folder with --app"
            )
        self._assets: dict[tuple[str, str], Path] = {}
        self.pipelines: list[SynthesizedPipeline] = list(self._read(folder))

    def find(self, name: str | None) -> SynthesizedPipeline:
        """Return a pipeline by name, logical ID, construct path or construct ID.

        Args:
            name: May be None if there is only one.

        Raises:
            LocalRunError: None, or more than one, is meant.
        """
        names = ", ".join(pipeline.name for pipeline in self.pipelines) or "none"
        if name is None:
            if len(self.pipelines) == 1:
                return self.pipelines[0]
            raise LocalRunError(f"name the pipeline to run; the assembly has: {names}")
        matches = [p for p in self.pipelines if name == p.name or name in p.aliases]
        if len(matches) != 1:
            found = "no pipeline" if not matches else f"{len(matches)} pipelines"
            raise LocalRunError(f"{found} called {name!r}; the assembly has: {names}")
        return matches[0]

    def asset(self, bucket: str, key: str) -> Path | None:
        """Return the file that is published as an object, or None."""
        return self._assets.get((bucket, key))

    def asset_keys(self, bucket: str) -> list[str]:
        """Return the keys of the objects that are published to a bucket."""
        return [key for name, key in self._assets if name == bucket]

    def _read(self, folder: Path) -> Iterator[SynthesizedPipeline]:
        artifacts = _json(folder / "manifest.json").get("artifacts", {})
        for artifact in artifacts.values():
            properties = artifact.get("properties", {})
            kind = artifact["type"]
            if kind == "cdk:asset-manifest":
                self._read_assets(folder, _json(folder / properties["file"]))
            elif kind == "cdk:cloud-assembly":
                yield from self._read(folder / properties["directoryName"])
            elif kind == "aws:cloudformation:stack":
                name = properties.get("stackName") or artifact.get("displayName", "")
                yield from self._read_stack(folder, properties["templateFile"], name)

    def _read_assets(self, folder: Path, manifest: dict[str, Any]) -> None:
        for file in manifest.get("files", {}).values():
            path = file.get("source", {}).get("path")
            if path is None:
                continue
            for destination in file["destinations"].values():
                place = (_plain(destination["bucketName"]), _plain(destination["objectKey"]))
                self._assets[place] = folder / path

    def _read_stack(self, folder: Path, file: str, name: str) -> Iterator[SynthesizedPipeline]:
        template = Template(_json(folder / file), name)
        buckets = tuple(
            Bucket(template.physical_name(logical_id), logical_id, _construct(logical_id, resource))
            for logical_id, resource in template.resources.items()
            if resource["Type"] == "AWS::S3::Bucket"
        )
        for logical_id, resource in template.resources.items():
            if resource["Type"] == "AWS::SageMaker::Pipeline":
                yield self._pipeline(template, logical_id, buckets)
            elif resource["Type"] == "AWS::CloudFormation::Stack":
                nested = resource.get("Metadata", {}).get("aws:asset:path")
                if nested is not None:
                    yield from self._read_stack(folder, nested, logical_id)

    def _pipeline(
        self, template: Template, logical_id: str, buckets: tuple[Bucket, ...]
    ) -> SynthesizedPipeline:
        resource = template.resources[logical_id]
        properties = resource["Properties"]
        source = template.resolve(properties["PipelineDefinition"])
        if "PipelineDefinitionBody" in source:
            text = source["PipelineDefinitionBody"]
        else:
            location = source["PipelineDefinitionS3Location"]
            path = self.asset(location["Bucket"], location["Key"])
            if path is None:
                raise LocalRunError(
                    f"the definition of {logical_id} is at s3://{location['Bucket']}/"
                    f"{location['Key']}, which is no asset of the assembly"
                )
            text = path.read_text(encoding="utf-8")
        path = resource.get("Metadata", {}).get("aws:cdk:path", "").removesuffix("/Resource")
        parallelism = template.resolve(properties.get("ParallelismConfiguration", {}))
        return SynthesizedPipeline(
            name=template.physical_name(logical_id),
            aliases=tuple(filter(None, (logical_id, path, _construct(logical_id, resource)))),
            definition=json.loads(text),
            max_parallel_steps=parallelism.get("MaxParallelExecutionSteps"),
            buckets=buckets,
        )


def _construct(logical_id: str, resource: dict[str, Any]) -> str:
    """Return the construct's path inside its stack, such as ``Raw`` or ``Tumour/Artifacts``.

    Where the template does not tell paths, it is the logical ID without the hash at its end.
    """
    path: str = resource.get("Metadata", {}).get("aws:cdk:path", "")
    inside = path.removesuffix("/Resource").partition("/")[2]
    return inside or re.sub(r"[0-9A-F]{8}$", "", logical_id)


def _plain(text: str) -> str:
    for name, value in (("AccountId", ACCOUNT), ("Region", REGION), ("Partition", "aws")):
        text = text.replace(f"${{AWS::{name}}}", value)
    return text


def _json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
