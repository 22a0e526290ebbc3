"""What runs with the role of a model: transform jobs, endpoints and inference components.

None of them has a role of its own.
https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from constructs_lib.cdk import policies
from constructs_lib.cdk.names import known_name, request_job_prefix
from constructs_lib.model.expressions import producers_of
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.variables import as_expression

_TOPICS = ("SuccessTopic", "ErrorTopic")


@dataclass(frozen=True)
class ModelUse:
    """A step of the pipeline that has a model's role used.

    Attributes:
        step: Its request names the model.
        group: Log group, below ``/aws/sagemaker/``.
        streams: The log streams in it.
    """

    step: RequestStep
    group: str
    streams: str

    def statements(self, stack: Stack) -> Iterator[iam.PolicyStatement]:
        """Yield what it writes and whom it notifies, its data and keys apart."""
        yield from policies.write_logs(stack, self.streams, group=self.group)
        notified = self.step.arguments.get("AsyncInferenceConfig", {}).get("OutputConfig", {})
        given = notified.get("NotificationConfig", {})
        topics = [given[name] for name in _TOPICS if isinstance(given.get(name), str)]
        if topics:
            yield policies.publish(topics)

    @property
    def request(self) -> dict[str, Any]:
        """What the role needs keys for; an endpoint's storage is its creator's."""
        is_endpoint = self.step.step_type == "EndpointConfig"
        return {k: v for k, v in self.step.arguments.items() if not is_endpoint or k != "KmsKeyId"}


def uses_of(graph: PipelineGraph, pipeline_name: str, model: RequestStep) -> Iterator[ModelUse]:
    """Yield the uses of a model in its pipeline."""
    for name, step in graph.request_steps():
        arguments = step.arguments
        if step.step_type == "Transform" and _names(arguments.get("ModelName"), model):
            prefix = request_job_prefix(pipeline_name, name, step)
            yield ModelUse(step, "TransformJobs", f"{prefix}-*")
        if step.step_type == "EndpointConfig" and _is_served(arguments, model):
            for endpoint in _endpoints(graph, step):
                yield ModelUse(step, f"Endpoints/{endpoint}", "*")
        if step.step_type == "InferenceComponent":
            given = arguments.get("Specification", {}).get("ModelName")
            if _names(given, model):
                component = known_name(arguments.get("InferenceComponentName"))
                yield ModelUse(step, f"InferenceComponents/{component}", "*")


def _is_served(config: dict[str, Any], model: RequestStep) -> bool:
    variants = [
        variant
        for name in ("ProductionVariants", "ShadowProductionVariants")
        for variant in config.get(name, [])
    ]
    return any(_names(variant.get("ModelName"), model) for variant in variants)


def _endpoints(graph: PipelineGraph, config: RequestStep) -> list[str]:
    """Return the names of the endpoints with a configuration; any, if another pipeline's has it."""
    found = [
        known_name(step.arguments.get("EndpointName"))
        for _, step in graph.request_steps()
        if step.step_type == "Endpoint"
        and _has_config(step.arguments.get("EndpointConfigName"), config)
    ]
    return found or ["*"]


def _has_config(given: object, config: RequestStep) -> bool:
    own = config.arguments.get("EndpointConfigName")
    return _names(given, config) or (isinstance(given, str) and given == own)


def _names(given: object, step: RequestStep) -> bool:
    return given is not None and step in producers_of(as_expression(given, "a name"))
