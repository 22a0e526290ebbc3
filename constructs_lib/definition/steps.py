"""Steps as definition JSON, one renderer a step kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch

from constructs_lib.definition.expressions import (
    JSON,
    render_conditions,
    render_expression,
    render_text,
    result_uri,
)
from constructs_lib.model.branches import Branch
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.inputs import S3Input
from constructs_lib.model.placement import Edge, Placement
from constructs_lib.model.steps import ConditionStep, FailStep, FunctionStep, Step
from constructs_lib.model.variables import as_expression
from constructs_lib.runtime.bootstrap import START_CODE
from constructs_lib.runtime.protocol import CODE_CHANNEL


@dataclass(frozen=True)
class Deployment:
    """What a function step's job gets from its surroundings. Strings may hold CDK tokens.

    Attributes:
        placement: Where its arguments travel.
        code_uri: S3 URI of its bundle, named ``<sha256>.zip``.
        code_sha256: Of the bundle, in hex.
        image_uri: Default image; the step's own setting goes before it.
        role_arn: Role of the job.
        job_name: Prefix of the job's name, at most 38 characters.
        output_path: S3 URI below which the service stores the job's output.
    """

    placement: Placement
    code_uri: str
    code_sha256: str
    image_uri: str
    role_arn: str
    job_name: str
    output_path: str


@dataclass(frozen=True)
class Context:
    """What a renderer may look up: the whole graph, and each function step's deployment."""

    graph: PipelineGraph
    deployments: Mapping[Step, Deployment]


def render_steps(branch: Branch | None, context: Context) -> list[JSON]:
    """Return the JSON of the steps that run directly in a branch, or always if it is None."""
    return [_complete(step, context) for step in context.graph.steps_in(branch)]


def _complete(step: Step, context: Context) -> JSON:
    names = context.graph.names
    rendered: JSON = {"Name": names[step], **render_step(step, context)}
    depends_on = [names[other] for other in context.graph.steps if other in set(step.upstream())]
    if depends_on:
        rendered["DependsOn"] = depends_on
    if step.display_name is not None:
        rendered["DisplayName"] = step.display_name
    if step.description is not None:
        rendered["Description"] = step.description
    arguments = rendered.pop("Arguments")
    return {**rendered, "Arguments": arguments}  # the long part last


@singledispatch
def render_step(step: Step, context: Context) -> JSON:  # noqa: ARG001 - the others use it
    """Return ``Type``, ``Arguments`` and what else is special to a step's kind."""
    raise TypeError(f"unknown step kind {type(step).__name__}")


@render_step.register
def _(step: ConditionStep, context: Context) -> JSON:
    return {
        "Type": "Condition",
        "Arguments": {
            "Conditions": render_conditions(step.conditions, context.graph),
            "IfSteps": render_steps(Branch(step, holds=True), context),
            "ElseSteps": render_steps(Branch(step, holds=False), context),
        },
    }


@render_step.register
def _(step: FailStep, context: Context) -> JSON:
    message = render_text(step.error_message, context.graph)
    return {"Type": "Fail", "Arguments": {"ErrorMessage": message}}


@render_step.register
def _(step: FunctionStep, context: Context) -> JSON:
    settings = step.settings
    rendered: JSON = {"Type": "Training", "Arguments": _training_job(step, context)}
    if settings.cache_config is not None:
        rendered["CacheConfig"] = {
            "Enabled": settings.cache_config.enable_caching,
            "ExpireAfter": settings.cache_config.expire_after,
        }
    return rendered


def _training_job(step: FunctionStep, context: Context) -> JSON:
    """Return a CreateTrainingJob request; TrainingJobName is a prefix.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html

    The bundle's location, last of the channels, and its hash are neighbours: see
    :func:`~constructs_lib.definition.renderer.definition_lines`.
    """
    deployment, settings, graph = context.deployments[step], step.settings, context.graph

    def setting(value: object) -> JSON:
        return render_expression(as_expression(value, "a setting"), graph)

    image = deployment.image_uri if settings.image_uri is None else setting(settings.image_uri)
    job: JSON = {
        "TrainingJobName": deployment.job_name,
        "RoleArn": deployment.role_arn,
        "InputDataConfig": _channels(deployment, graph),
        "AlgorithmSpecification": {
            "ContainerArguments": [deployment.code_sha256, graph.names[step]],
            "ContainerEntrypoint": ["python3", "-c", START_CODE],
            "TrainingImage": image,
            "TrainingInputMode": "File",
        },
        "HyperParameters": {
            key: render_text(value, graph)
            for key, value in deployment.placement.hyperparameters.items()
        },
        "Environment": {
            key: render_text(as_expression(value, "a setting"), graph)
            for key, value in settings.environment_variables.items()
        },
        "OutputDataConfig": {
            "S3OutputPath": deployment.output_path,
            "CompressionType": "NONE",
        },
        "ResourceConfig": {
            "InstanceType": setting(settings.instance_type),
            "InstanceCount": 1,
            "VolumeSizeInGB": setting(settings.volume_size),
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": setting(settings.max_runtime_in_seconds)},
    }
    return {key: value for key, value in job.items() if value != {}}


def _channels(deployment: Deployment, graph: PipelineGraph) -> list[JSON]:
    channels = []
    for name, source in deployment.placement.channels.items():
        if isinstance(source, S3Input):
            uri = render_expression(source.uri, graph)
            channels.append(_channel(name, uri, source.input_mode))
        else:
            channels.append(_channel(name, _result_folder(source, graph), "File"))
    return [*channels, _channel(CODE_CHANNEL, deployment.code_uri, "File")]


def _result_folder(edge: Edge, graph: PipelineGraph) -> JSON:
    return result_uri(graph.names[edge.step], "" if edge.part is None else f"{edge.part}/")


def _channel(name: str, uri: JSON, input_mode: str) -> JSON:
    source = {"S3DataType": "S3Prefix", "S3DataDistributionType": "FullyReplicated", "S3Uri": uri}
    return {
        "ChannelName": name,
        "InputMode": input_mode,
        "DataSource": {"S3DataSource": source},
    }
