"""The cloud assembly: its pipelines, buckets and assets."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.functions import LambdaFunction, read_function
from constructs_lib.local.intrinsics import Template
from constructs_lib.local.names import ACCOUNT, arn_of, given_name
from constructs_lib.local.reader import AssemblyReader, read_json

_FUNCTION = "AWS::Lambda::Function"
# What reading a file raises that is none of the CDK's.
_MALFORMED = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
_WRITTEN = "Custom::SageMakerPipelineDefinition"
_MARKER = re.compile(r"<<name (\d+)>>")


@dataclass(frozen=True)
class Resource:
    """A bucket, a file system or a pipeline of a stack.

    Attributes:
        name: What the definition calls it on this machine.
        logical_id: In the template.
        path: Of its construct, such as ``Dev/Training/Tumour/Artifacts``.
        stack: Path of its stack's construct.
    """

    name: str
    logical_id: str
    path: str
    stack: str

    @property
    def construct(self) -> str:
        """Path inside its stack, such as ``Tumour/Artifacts``."""
        return self.path.removeprefix(f"{self.stack}/")

    def is_called(self, text: str) -> bool:
        """Tell whether a user means it: by name, logical ID, or the end of the path."""
        return text in {self.name, self.logical_id} or f"/{self.path}".endswith(f"/{text}")


@dataclass(frozen=True)
class SynthesizedPipeline:
    """A pipeline of the assembly, with its intrinsic functions resolved.

    Attributes:
        resource: Which one it is.
        definition: The definition's JSON.
        max_parallel_steps: Limit of steps at once, or None.
        buckets: Those of its stack.
        find_function: Returns a Lambda function of the assembly by its ARN, if it can be called.
    """

    resource: Resource
    definition: dict[str, Any]
    max_parallel_steps: int | None
    buckets: tuple[Resource, ...]
    find_function: Callable[[str], LambdaFunction | None]

    @property
    def name(self) -> str:
        """Physical name."""
        return self.resource.name


class Assembly:
    """A cloud assembly folder.

    Args:
        folder: Usually ``cdk.out``.

    Attributes:
        templates: Every stack.
        pipeline_resources: Every pipeline, unread.

    Raises:
        LocalRunError: There is no assembly, or it is malformed.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "manifest.json").is_file():
            raise LocalRunError(
                f"{folder} is no cloud assembly: it has no manifest.json; run `cdk synth` first, "
                f"or name the folder with --app"
            )
        try:
            self._read(folder)
        except _MALFORMED as error:
            raise _malformed(str(folder), error) from error

    def _read(self, folder: Path) -> None:
        reader = AssemblyReader(self._import_value)
        reader.read(folder)
        self._assets = reader.assets
        self._made_assets = reader.made_assets
        self._making = Lock()
        self.templates = reader.templates
        counts = Counter(logical_id for t in self.templates for logical_id in t.resources)
        for template in self.templates:
            template.shared_ids = frozenset(i for i in template.resources if counts[i] > 1)
        self.buckets = self._resources("AWS::S3::Bucket")
        self.file_systems = [
            *self._resources("AWS::EFS::FileSystem"),
            *self._resources("AWS::FSx::FileSystem"),
        ]
        self.pipeline_resources = self._resources("AWS::SageMaker::Pipeline")

    @property
    def pipelines(self) -> list[SynthesizedPipeline]:
        """Every pipeline.

        Raises:
            LocalRunError: The definition of one cannot be read.
        """
        return [self.pipeline(resource) for resource in self.pipeline_resources]

    def pipeline(self, resource: Resource) -> SynthesizedPipeline:
        """Return one of ``pipeline_resources``.

        Raises:
            LocalRunError: Its definition cannot be read.
        """
        try:
            return self._resolved(resource)
        except _MALFORMED as error:
            raise _malformed(f"the template of {resource.path}", error) from error

    def find(self, name: str | None) -> SynthesizedPipeline:
        """Return a pipeline by name, logical ID, construct path or the end of that path.

        Args:
            name: May be None if there is only one.

        Raises:
            LocalRunError: None, or more than one, is meant; or its definition cannot be read.
        """
        names = ", ".join(self._label(resource) for resource in self.pipeline_resources) or "none"
        if name is None:
            if len(self.pipeline_resources) == 1:
                return self.pipeline(self.pipeline_resources[0])
            raise LocalRunError(f"name the pipeline to run; the assembly has: {names}")
        matches = [r for r in self.pipeline_resources if r.name == name]
        matches = matches or [r for r in self.pipeline_resources if r.is_called(name)]
        if len(matches) != 1:
            found = "no pipeline" if not matches else f"{len(matches)} pipelines"
            raise LocalRunError(f"{found} called {name!r}; the assembly has: {names}")
        return self.pipeline(matches[0])

    def find_bucket(self, name: str, stack: str) -> Resource | None:
        """Return a bucket by physical name, logical ID or the end of its construct path.

        Args:
            name: What the user calls it.
            stack: Path of the stack that is meant if several have one of that name.

        Raises:
            LocalRunError: More than one is meant.
        """
        return _find("buckets", self.buckets, name, stack)

    def find_file_system(self, name: str, stack: str) -> Resource | None:
        """Return a file system, as :meth:`find_bucket` returns a bucket."""
        return _find("file systems", self.file_systems, name, stack)

    def is_made_up(self, text: str) -> bool:
        """Tell whether a text holds a name or an account that only a deployment gives."""
        return ACCOUNT in text or any(
            template.physical_name(logical_id) in text
            for template in self.templates
            for logical_id, resource in template.resources.items()
            if given_name(resource) is None
        )

    def find_function(self, arn: str) -> LambdaFunction | None:
        """Return a Lambda function by its ARN, or None if it cannot be called here.

        Raises:
            LocalRunError: Its properties cannot be resolved.
        """
        for function in self._resources(_FUNCTION):
            own = arn_of(_FUNCTION, function.name)
            if arn == own or arn.startswith(f"{own}:"):  # the code of each version is the same here
                template = self.template_of(function)
                return read_function(template, function.logical_id, arn, self.asset)
        return None

    def asset(self, bucket: str, key: str) -> Path | None:
        """Return the file that is published as an object, or None.

        A file that a command makes is made when it is asked for, as when it is published.

        Raises:
            LocalRunError: The command fails.
        """
        place = (bucket, key)
        with self._making:
            command = self._made_assets.get(place)
            if place not in self._assets and command is not None:
                self._assets[place] = _made(command, key)
        return self._assets.get(place)

    def asset_paths(self) -> list[Path]:
        """Return the files and folders that are published."""
        return list(self._assets.values())

    def asset_keys(self, bucket: str) -> list[str]:
        """Return the keys of the objects that are published to a bucket."""
        return [key for name, key in {**self._assets, **self._made_assets} if name == bucket]

    def _resources(self, kind: str) -> list[Resource]:
        return [
            Resource(
                template.physical_name(logical_id),
                logical_id,
                resource["Metadata"]["aws:cdk:path"],
                template.path,
            )
            for template in self.templates
            for logical_id, resource in template.resources.items()
            if resource["Type"] == kind
        ]

    def _label(self, resource: Resource) -> str:
        same = [other for other in self.pipeline_resources if other.name == resource.name]
        return resource.name if len(same) == 1 else resource.path

    def _import_value(self, name: str) -> Any:
        for template in self.templates:
            output = template.exports().get(name)
            if output is not None:
                return template.output(output)
        raise LocalRunError(f"a stack imports {name!r}, which no stack of the assembly exports")

    def _resolved(self, resource: Resource) -> SynthesizedPipeline:
        template = self.template_of(resource)
        properties = template.resources[resource.logical_id]["Properties"]
        source = template.resolve(properties["PipelineDefinition"])
        parallelism = template.resolve(properties.get("ParallelismConfiguration", {}))
        return SynthesizedPipeline(
            resource=resource,
            definition=self._definition(source, resource.path, template),
            max_parallel_steps=parallelism.get("MaxParallelExecutionSteps"),
            buckets=tuple(b for b in self.buckets if b.stack == resource.stack),
            find_function=self.find_function,
        )

    def template_of(self, resource: Resource) -> Template:
        """Return the stack that makes a resource."""
        return next(
            template
            for template in self.templates
            if template.path == resource.stack and resource.logical_id in template.resources
        )

    def _definition(self, source: dict[str, Any], path: str, template: Template) -> dict[str, Any]:
        if "PipelineDefinitionBody" in source:
            return read_json(source["PipelineDefinitionBody"], f"the definition of {path}")
        location = source["PipelineDefinitionS3Location"]
        place, names = (location["Bucket"], location["Key"]), []
        for resource in template.resources.values():
            # What is written when the stack is deployed, from an asset with markers for names.
            given = resource.get("Properties", {})
            if resource["Type"] == _WRITTEN and location["Key"].startswith(given["Folder"]):
                place = (
                    template.resolve(given["SourceBucket"]),
                    template.resolve(given["SourceKey"]),
                )
                names = template.resolve(given["Values"])
        file = self.asset(*place)
        if file is None:
            raise LocalRunError(
                f"the definition of {path} is at s3://{'/'.join(place)}, "
                f"which is no asset of the assembly"
            )
        text = _MARKER.sub(
            lambda found: json.dumps(names[int(found[1])])[1:-1], file.read_text(encoding="utf-8")
        )
        return read_json(text, str(file))


def _made(command: list[str], key: str) -> Path:
    try:
        ended = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    except OSError as error:
        raise LocalRunError(f"the asset {key} cannot be made: {error}") from error
    if ended.returncode != 0:
        raise LocalRunError(f"the asset {key} cannot be made: see above")
    return Path(ended.stdout.strip())


def _malformed(what: str, error: Exception) -> LocalRunError:
    return LocalRunError(
        f"{what} is malformed: {type(error).__name__}: {error}; synthesize the app again"
    )


def _find(kind: str, resources: list[Resource], name: str, stack: str) -> Resource | None:
    matches = [resource for resource in resources if resource.is_called(name)]
    if len(matches) > 1:
        matches = [resource for resource in matches if resource.stack == stack] or matches
    exact = [resource for resource in matches if resource.construct == name]
    matches = exact if len(exact) == 1 else matches
    if len(matches) > 1:
        paths = ", ".join(resource.path for resource in matches)
        raise LocalRunError(f"{len(matches)} {kind} are called {name!r}: {paths}")
    return matches[0] if matches else None
