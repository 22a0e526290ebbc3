"""The step of a pipeline that a function runs like."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from constructs_lib.deployed.account import Account
from constructs_lib.deployed.pipelines import DeployedPipeline, pipeline_names
from constructs_lib.exceptions import LocalRunError, RemoteError
from constructs_lib.local.assembly import Assembly, SynthesizedPipeline
from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.definition import parse_definition
from constructs_lib.local.expressions import Scope
from constructs_lib.local.platform import split_uri
from constructs_lib.model.images import DEFAULT_INTERPRETER
from constructs_lib.runtime.protocol import CODE_CHANNEL, DEPENDENCIES_CHANNEL


@dataclass(frozen=True)
class DeployedWheels:
    """What the jobs of a pipeline's step install.

    Attributes:
        uri: S3 URI of the wheels.
        sha256: Of the list of wheels, in hex.
        requirements: What they meet, one a line.
    """

    uri: str
    sha256: str
    requirements: str


@dataclass(frozen=True)
class DeployedStep:
    """A function step of a pipeline's definition.

    Attributes:
        name: The step's name.
        pipeline: The pipeline's.
        arguments: The request for its training job, with expressions.
        parameters: The pipeline's parameters that have defaults, to these.
        is_made_up: Tells of a text whether it holds a name that only a deployment gives.
        bundle_file: Its bundle in an assembly; None if it is deployed.
    """

    name: str
    pipeline: str
    arguments: Mapping[str, Any]
    parameters: Mapping[str, Any]
    is_made_up: Callable[[str], bool] = lambda _: False
    bundle_file: Path | None = None

    @property
    def code_uri(self) -> str:
        """S3 URI of its bundle."""
        return _code_uri(self.arguments)

    def wheels(self, requirements: Sequence[str]) -> DeployedWheels | None:
        """Return what its jobs install, or None if they install no wheels.

        Args:
            requirements: Those of its bundle.
        """
        arguments = self.arguments["AlgorithmSpecification"].get("ContainerArguments", [])
        uri = _channel_uri(self.arguments, DEPENDENCIES_CHANNEL)
        if not uri or len(arguments) < 3:
            return None
        return DeployedWheels(uri, arguments[2], "".join(f"{line}\n" for line in requirements))

    @property
    def interpreter(self) -> str:
        """The Python that its image starts; of a conda environment, the usual one."""
        entry: list[Any] = self.arguments.get("AlgorithmSpecification", {})["ContainerEntrypoint"]
        return str(entry[0] if entry[1:2] == ["-c"] else DEFAULT_INTERPRETER)

    def resolve(self, value: Any, place: str, setting: str) -> Any:
        """Return a part of the request with the values of its expressions.

        Args:
            value: The part.
            place: What it is called in the request, for errors.
            setting: What can be given instead, for errors.

        Raises:
            RemoteError: It has no value before the pipeline runs, or is deployed.
        """
        scope = Scope(self.parameters, {"PipelineName": self.pipeline}, {}, _no_object)
        try:
            resolved = scope.evaluate(value)
        except (LocalRunError, StepFailedError):
            raise self._unknown(value, place, setting, "the pipeline runs") from None
        if self.is_made_up(json.dumps(resolved)):
            raise self._unknown(value, place, setting, "the pipeline is deployed, which it is not")
        return resolved

    def _unknown(self, value: Any, place: str, setting: str, when: str) -> RemoteError:
        return RemoteError(
            f"step {self.name!r} cannot run now: in pipeline {self.pipeline!r}, its {place} is "
            f"{json.dumps(value)}, which is known only when {when}; give {setting}="
        )


def find_step(account: Account, name: str, pipeline: str | None, app: Path) -> DeployedStep:
    """Return the step of a pipeline with a function's name.

    Args:
        account: Holds the pipeline.
        name: The step's name.
        pipeline: The pipeline's name, or its construct's in the assembly; None for the only one
            that has such a step.
        app: Cloud assembly; need not be there.

    Raises:
        RemoteError: There is no such pipeline or step, or None was given and there are several.
    """
    if pipeline is None:
        return _only_step(account, name)
    synthesized, assembly = _synthesized(pipeline, app)
    wanted = pipeline if synthesized is None else synthesized.name
    try:
        definition, is_deployed = DeployedPipeline(account, wanted).definition, True
    except RemoteError:
        if synthesized is None:
            raise
        definition, is_deployed = synthesized.definition, False
    found = _step_of(wanted, definition, name)
    if found is None:
        listed = ", ".join(_function_steps(definition)) or "none"
        raise RemoteError(
            f"pipeline {wanted!r} has no function step {name!r}; it has: {listed}; name the step "
            f"that is meant: remote(..., name=...)"
        )
    if is_deployed or assembly is None:
        return found
    file = assembly.asset(*split_uri(found.code_uri))
    return replace(found, is_made_up=assembly.is_made_up, bundle_file=file)


def _only_step(account: Account, name: str) -> DeployedStep:
    definitions = {
        pipeline: DeployedPipeline(account, pipeline).definition
        for pipeline in pipeline_names(account)
    }
    found = [
        step
        for pipeline, definition in definitions.items()
        if (step := _step_of(pipeline, definition, name))
    ]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(step.pipeline for step in found)
        raise RemoteError(
            f"{len(found)} deployed pipelines have a step {name!r}: {listed}; name the one whose "
            f"settings hold: remote(..., pipeline={found[0].pipeline!r})"
        )
    steps = {pipeline: ", ".join(_function_steps(d)) for pipeline, d in definitions.items()}
    listed = "; ".join(f"{pipeline}: {names}" for pipeline, names in steps.items() if names)
    raise RemoteError(
        f"no deployed pipeline has a function step {name!r}, whose settings would hold; there is "
        f"{listed or 'none'}; name the step that is meant with remote(..., name=...), or do "
        f"without: remote(..., role=, s3_root_uri=, image_uri=)"
    )


def _synthesized(name: str, app: Path) -> tuple[SynthesizedPipeline | None, Assembly | None]:
    try:
        assembly = Assembly(app)
        return assembly.find(name), assembly
    except LocalRunError:
        return None, None  # an assembly is of help, but need not be there


def _step_of(pipeline: str, definition: dict[str, Any], name: str) -> DeployedStep | None:
    arguments = _function_steps(definition).get(name)
    if arguments is None:
        return None
    parameters = {
        entry["Name"]: entry["DefaultValue"]
        for entry in definition.get("Parameters", [])
        if "DefaultValue" in entry
    }
    return DeployedStep(name, pipeline, arguments, parameters)


def _function_steps(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return name and request of the steps that run a bundle of this library."""
    try:
        steps = parse_definition(definition).steps
    except LocalRunError:
        return {}  # somebody else's pipeline, which this library cannot read
    return {
        step.name: step.arguments
        for step in steps
        if step.type == "Training" and _code_uri(step.arguments)
    }


def _code_uri(arguments: Mapping[str, Any]) -> str:
    return _channel_uri(arguments, CODE_CHANNEL)


def _channel_uri(arguments: Mapping[str, Any], name: str) -> str:
    for channel in arguments.get("InputDataConfig", []):
        uri = channel.get("DataSource", {}).get("S3DataSource", {}).get("S3Uri")
        if channel.get("ChannelName") == name and isinstance(uri, str):
            return uri if uri.endswith(".zip") else ""
    return ""


def _no_object(uri: str) -> bytes:
    raise FileNotFoundError(uri)
