"""A function step as the request for its training job.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib.definition.expressions import (
    JSON,
    address,
    render_expression,
    render_text,
    result_uri,
)
from constructs_lib.model.checkpoints import CHECKPOINT_FOLDER
from constructs_lib.model.expressions import Iteration
from constructs_lib.model.file_systems import FileSystemInput
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.images import DEFAULT_INTERPRETER
from constructs_lib.model.inputs import S3Input
from constructs_lib.model.placement import CollectedEdge, Edge, Placement
from constructs_lib.model.settings import StepSettings
from constructs_lib.model.steps import FunctionStep
from constructs_lib.model.variables import PipelineVariable, as_expression
from constructs_lib.runtime.bootstrap import START_CODE
from constructs_lib.runtime.protocol import CODE_CHANNEL, DEPENDENCIES_CHANNEL

# What the CDK's constructs call the text that stands for them in a request.
_IDENTIFIERS = ("key_arn", "role_arn", "security_group_id", "subnet_id")


@dataclass(frozen=True)
class Deployment:
    """What a function step's job gets from its surroundings. Strings may hold CDK tokens.

    Attributes:
        placement: Where its arguments travel.
        code_uri: S3 URI of its bundle, named ``<sha256>.zip``.
        code_sha256: Of the bundle, in hex.
        image_uri: The step's image.
        role_arn: Role of the job.
        job_name: Prefix of the job's name, at most 38 characters.
        output_path: S3 URI below which the service stores the job's output; for a step in the
            body of a ForEach step, below a folder for each execution.
        interpreter: The image's Python.
        wheels_uri: S3 URI of its wheels, named ``<sha256>.zip``; None if it has none.
        wheels_sha256: Of the list of its wheels, in hex.
    """

    placement: Placement
    code_uri: str
    code_sha256: str
    image_uri: str | PipelineVariable
    role_arn: str
    job_name: str
    output_path: str
    interpreter: str = DEFAULT_INTERPRETER
    wheels_uri: str | None = None
    wheels_sha256: str | None = None


def training_job(step: FunctionStep, deployment: Deployment, graph: PipelineGraph) -> JSON:
    """Return a CreateTrainingJob request; TrainingJobName is a prefix.

    The bundle's location, last of the channels, its hash and the step's name are neighbours: see
    :func:`~constructs_lib.definition.renderer.definition_lines`.
    """
    settings = step.settings
    value = _Values(graph)
    return _without_empty(
        {
            "TrainingJobName": deployment.job_name,
            "RoleArn": deployment.role_arn,
            "InputDataConfig": _channels(deployment, graph),
            "AlgorithmSpecification": {
                "ContainerArguments": [
                    deployment.code_sha256,
                    graph.names[step],
                    *([deployment.wheels_sha256] if deployment.wheels_sha256 else []),
                ],
                "ContainerEntrypoint": _entrypoint(settings, deployment.interpreter, value),
                "MetricDefinitions": value.tree(settings.metric_definitions or ()),
                "TrainingImage": value.of(deployment.image_uri),
                "TrainingInputMode": "File",
            },
            "HyperParameters": {
                key: render_text(expression, graph)
                for key, expression in deployment.placement.hyperparameters.items()
            },
            "Environment": value.texts(settings.environment_variables or {}),
            "CheckpointConfig": _checkpoints(settings, value),
            "OutputDataConfig": {
                "S3OutputPath": _output_path(step, deployment),
                "CompressionType": "NONE",
                "KmsKeyId": value.of(settings.output_kms_key),
            },
            "ResourceConfig": _resources(settings, value),
            "StoppingCondition": {
                "MaxRuntimeInSeconds": value.of(settings.max_runtime_in_seconds),
                "MaxWaitTimeInSeconds": value.of(settings.max_wait_time_in_seconds),
            },
            "RetryStrategy": {"MaximumRetryAttempts": value.of(settings.max_retry_attempts)},
            "VpcConfig": {
                "SecurityGroupIds": [value.of(one) for one in settings.security_group_ids or ()],
                "Subnets": [value.of(one) for one in settings.subnets or ()],
            },
            "EnableNetworkIsolation": value.of(settings.enable_network_isolation),
            "EnableManagedSpotTraining": value.of(settings.use_spot_instances),
            "EnableInterContainerTrafficEncryption": value.of(
                settings.encrypt_inter_container_traffic
            ),
            "Tags": render_tags(settings.tags, graph),
        }
    )


def render_tags(tags: Any, graph: PipelineGraph) -> list[JSON]:
    """Return the JSON of tags."""
    texts = _Values(graph).texts(tags or {})
    return [{"Key": key, "Value": text} for key, text in texts.items()]


class _Values:
    """Settings as JSON."""

    def __init__(self, graph: PipelineGraph) -> None:
        self._graph = graph

    def of(self, setting: Any) -> JSON:
        """Return the JSON of a literal, a variable or a construct; None stays."""
        if setting is None:
            return None
        for name in _IDENTIFIERS:
            if not isinstance(setting, (str, PipelineVariable)) and hasattr(setting, name):
                return getattr(setting, name)
        return render_expression(as_expression(setting, "a setting"), self._graph)

    def tree(self, setting: Any) -> JSON:
        """Return the JSON of lists and mappings with variables in them."""
        if isinstance(setting, Mapping):
            return {key: self.tree(entry) for key, entry in setting.items()}
        if isinstance(setting, (list, tuple)):
            return [self.tree(entry) for entry in setting]
        return self.of(setting)

    def texts(self, settings: Mapping[str, Any]) -> dict[str, JSON]:
        """Return the JSON of a mapping whose values the service wants as text."""
        return {
            key: render_text(as_expression(value, "a setting"), self._graph)
            for key, value in settings.items()
        }


def _entrypoint(settings: StepSettings, interpreter: str, value: _Values) -> list[JSON]:
    start = ["-c", START_CODE]
    if settings.job_conda_env is None:
        return [interpreter, *start]
    # Without the option conda keeps all output back until the end.
    run = ["conda", "run", "--no-capture-output", "-n", value.of(settings.job_conda_env)]
    return [*run, DEFAULT_INTERPRETER, *start]


def _resources(settings: StepSettings, value: _Values) -> JSON:
    groups = settings.instance_groups
    instances: JSON = (
        {"InstanceGroups": value.tree(groups)}
        if groups
        else {
            "InstanceType": value.of(settings.instance_type),
            "InstanceCount": value.of(settings.instance_count),
        }
    )
    return {
        **instances,
        "VolumeSizeInGB": value.of(settings.volume_size),
        "VolumeKmsKeyId": value.of(settings.volume_kms_key),
        "KeepAlivePeriodInSeconds": value.of(settings.keep_alive_period_in_seconds),
        "TrainingPlanArn": value.of(settings.training_plan),
    }


def _checkpoints(settings: StepSettings, value: _Values) -> JSON:
    if settings.checkpoint_s3_uri is None:
        return {}
    return {
        "S3Uri": value.of(settings.checkpoint_s3_uri),
        "LocalPath": settings.checkpoint_local_path or CHECKPOINT_FOLDER,
    }


def _without_empty(value: JSON) -> JSON:
    """Leave out what is not set: None, and lists and mappings without entries."""
    if not isinstance(value, dict):
        return value
    entries = {key: _without_empty(entry) for key, entry in value.items()}
    return {key: entry for key, entry in entries.items() if entry not in (None, {}, [])}


def _channels(deployment: Deployment, graph: PipelineGraph) -> list[JSON]:
    channels = []
    for name, source in deployment.placement.channels.items():
        if isinstance(source, S3Input):
            channels.append(_input_channel(name, source, graph))
        elif isinstance(source, FileSystemInput):
            channels.append(_mount(name, source, graph))
        else:
            channels.append(_channel(name, _result_folder(source, graph)))
    if deployment.wheels_uri is not None:
        channels.append(_channel(DEPENDENCIES_CHANNEL, deployment.wheels_uri))
    return [*channels, _channel(CODE_CHANNEL, deployment.code_uri)]


def _input_channel(name: str, source: S3Input, graph: PipelineGraph) -> JSON:
    channel = _channel(name, render_expression(source.uri, graph))
    channel["InputMode"] = source.input_mode
    channel["DataSource"]["S3DataSource"].update(
        S3DataType=source.s3_data_type,
        S3DataDistributionType=source.distribution,
        InstanceGroupNames=list(source.instance_groups),
        AttributeNames=list(source.attribute_names),
    )
    channel.update(
        ContentType=source.content_type,
        CompressionType=source.compression,
        RecordWrapperType=source.record_wrapping,
        ShuffleConfig=source.shuffle_config,
    )
    return _without_empty(channel)


def _result_folder(edge: Edge | CollectedEdge, graph: PipelineGraph) -> JSON:
    if isinstance(edge, CollectedEdge):
        first = address(edge.step, Iteration(edge.for_each, 0), graph)
        folder = {"Get": f"{first}.OutputDataConfig.S3OutputPath"}
        return {"Std:Join": {"On": "/", "Values": [folder, ""]}}
    owner = address(edge.step, edge.iteration, graph)
    return result_uri(owner, "" if edge.part is None else f"{edge.part}/")


def _output_path(step: FunctionStep, deployment: Deployment) -> JSON:
    """Return where the job's output goes.

    The jobs of one ForEach step share a folder of their own, so that one channel can bring all of
    their results.
    """
    if step.for_each is None:
        return deployment.output_path
    execution = {"Get": "Execution.PipelineExecutionId"}
    return {"Std:Join": {"On": "/", "Values": [deployment.output_path, execution]}}


def _channel(name: str, uri: JSON) -> JSON:
    source = {"S3DataType": "S3Prefix", "S3DataDistributionType": "FullyReplicated", "S3Uri": uri}
    return {
        "ChannelName": name,
        "InputMode": "File",
        "DataSource": {"S3DataSource": source},
    }


def _mount(name: str, source: FileSystemInput, graph: PipelineGraph) -> JSON:
    members = {key: render_expression(value, graph) for key, value in source.members.items()}
    channel = {"ChannelName": name, "DataSource": {"FileSystemDataSource": members}}
    if source.media_type is not None:
        channel["ContentType"] = render_expression(source.media_type, graph)
    return channel
