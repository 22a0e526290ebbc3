"""Reads the files of a cloud assembly: manifests, templates, asset lists."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.intrinsics import Template
from constructs_lib.local.names import ACCOUNT, REGION

_PATH = "aws:cdk:path"


class AssemblyReader:
    """Collects what is in an assembly, the assemblies of Stages and nested stacks included.

    Args:
        import_value: Returns what a stack of the assembly exports under a name.

    Attributes:
        assets: Bucket and key to the file or folder that is published there.
        made_assets: Bucket and key to the command that makes the file, and prints its path.
        templates: Every stack; each resource has the path of its construct in its metadata.
    """

    def __init__(self, import_value: Callable[[str], Any]) -> None:
        self._import_value = import_value
        self.assets: dict[tuple[str, str], Path] = {}
        self.made_assets: dict[tuple[str, str], list[str]] = {}
        self.templates: list[Template] = []

    def read(self, folder: Path) -> None:
        """Read an assembly folder.

        Raises:
            LocalRunError: A file of it is missing or no JSON.
        """
        artifacts = _read(folder / "manifest.json").get("artifacts", {})
        # Assets first: nested stacks are found among them.
        for artifact in artifacts.values():
            if artifact["type"] == "cdk:asset-manifest":
                self._read_assets(folder, _read(folder / artifact["properties"]["file"]))
        for artifact in artifacts.values():
            if artifact["type"] == "cdk:cloud-assembly":
                self.read(folder / artifact["properties"]["directoryName"])
            elif artifact["type"] == "aws:cloudformation:stack":
                self._read_stack(folder, artifact)

    def _read_assets(self, folder: Path, manifest: dict[str, Any]) -> None:
        for file in manifest.get("files", {}).values():
            path = file.get("source", {}).get("path")
            command = file.get("source", {}).get("executable")
            for destination in file["destinations"].values():
                place = (_plain(destination["bucketName"]), _plain(destination["objectKey"]))
                if path is not None:
                    self.assets[place] = folder / path
                elif command is not None:
                    self.made_assets[place] = command

    def _read_stack(self, folder: Path, artifact: dict[str, Any]) -> None:
        properties = artifact["properties"]
        path = artifact.get("displayName") or properties.get("stackName", "")
        metadata = artifact.get("metadata", {})
        if "additionalMetadataFile" in artifact:
            metadata = {**metadata, **_read(folder / artifact["additionalMetadataFile"])}
        paths = [
            (entry["data"], place.strip("/").removesuffix("/Resource"))
            for place, entries in metadata.items()
            for entry in entries
            if entry.get("type") == "aws:cdk:logicalId"
        ]
        template = Template(
            _read(folder / properties["templateFile"]),
            properties.get("stackName") or path,
            path,
            import_value=self._import_value,
        )
        self._add(template, folder, paths)

    def _add(self, template: Template, folder: Path, paths: list[tuple[str, str]]) -> None:
        self.templates.append(template)
        for logical_id, resource in template.resources.items():
            metadata = resource.setdefault("Metadata", {})
            metadata[_PATH] = _path(template, logical_id, metadata, paths)
            if resource["Type"] == "AWS::CloudFormation::Stack":
                self._add_nested(template, logical_id, folder, paths)

    def _add_nested(
        self, parent: Template, logical_id: str, folder: Path, paths: list[tuple[str, str]]
    ) -> None:
        resource = parent.resources[logical_id]
        properties = resource.get("Properties", {})
        key = str(parent.resolve(properties.get("TemplateURL", ""))).rpartition("/")[2]
        asset = resource["Metadata"].get("aws:asset:path")
        file = next((path for (_, name), path in self.assets.items() if name == key), None)
        file = folder / asset if asset else file
        if file is None:
            return  # a template from elsewhere: none of the assembly's business
        given: Mapping[str, Callable[[], Any]] = {
            name: partial(parent.resolve, value)
            for name, value in properties.get("Parameters", {}).items()
        }
        nested = Template(
            _read(file),
            f"{parent.stack_name}-{logical_id}",
            resource["Metadata"][_PATH].partition(".NestedStack/")[0],
            given,
            self._import_value,
        )
        parent.nested[logical_id] = nested
        self._add(nested, folder, paths)


def _path(
    template: Template, logical_id: str, metadata: dict[str, Any], paths: list[tuple[str, str]]
) -> str:
    """Return the path of a resource's construct.

    An assembly tells it in the template, in the manifest, beside it, or not at all: then it is
    the stack's path and the logical ID without the hash at its end.
    """
    if _PATH in metadata:
        return str(metadata[_PATH]).removesuffix("/Resource")
    inside = [p for i, p in paths if i == logical_id and p.startswith(f"{template.path}/")]
    # A nested stack can have the same logical ID; its path is longer.
    return min(inside, key=len, default=_guess(template, logical_id))


def _guess(template: Template, logical_id: str) -> str:
    return f"{template.path}/{re.sub(r'[0-9A-F]{8}$', '', logical_id)}"


def _plain(text: str) -> str:
    for name, value in (("AccountId", ACCOUNT), ("Region", REGION), ("Partition", "aws")):
        text = text.replace(f"${{AWS::{name}}}", value)
    return text


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LocalRunError(f"{path} is missing: synthesize the app again") from None
    except (OSError, ValueError) as error:
        raise LocalRunError(f"{path} cannot be read: {error}; synthesize the app again") from error
    return read_json(text, str(path))


def read_json(text: str, origin: str) -> dict[str, Any]:
    """Return a JSON object.

    Args:
        text: The JSON.
        origin: Where it is from, for the error.

    Raises:
        LocalRunError: It is no JSON.
    """
    try:
        content: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LocalRunError(f"{origin} is no JSON: {error}; synthesize the app again") from error
    if not isinstance(content, dict):
        raise LocalRunError(f"{origin} is no JSON object; synthesize the app again")
    return content
