"""What the service does for each type of step: the request it makes, and what can be read of it.

https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.model import ServiceModel, Shape

# Arguments of Condition and ForEach steps that hold steps.
INNER_STEPS = ("IfSteps", "ElseSteps", "ForEachBody")


@dataclass(frozen=True)
class StepType:
    """A type of step.

    Attributes:
        operation: Of the SageMaker API: its input is the step's ``Arguments``; None if they are
            no such request.
        response: Operation whose output has the step's properties; None if it has others.
        job_name: Member that takes a prefix of the job's name; None if the service makes no job.
        longest_prefix: Characters of that prefix.
        role: Where the job's role stands in the request; empty if it takes none.
        resource: What its ARN begins with, such as ``training-job``; None if there is none.
        stop: Operation that stops it; None if it cannot be stopped.
        log_group: Of its log, below ``/aws/sagemaker/``; None if it writes none.
    """

    operation: str | None = None
    response: str | None = None
    job_name: str | None = None
    longest_prefix: int = 38
    role: tuple[str, ...] = ()
    resource: str | None = None
    stop: str | None = None
    log_group: str | None = None


_PROCESSING = StepType(
    "CreateProcessingJob",
    "DescribeProcessingJob",
    "ProcessingJobName",
    role=("RoleArn",),
    resource="processing-job",
    stop="StopProcessingJob",
    log_group="ProcessingJobs",
)

STEP_TYPES = {
    "Training": StepType(
        "CreateTrainingJob",
        "DescribeTrainingJob",
        "TrainingJobName",
        role=("RoleArn",),
        resource="training-job",
        stop="StopTrainingJob",
        log_group="TrainingJobs",
    ),
    "Processing": _PROCESSING,
    "QualityCheck": _PROCESSING,
    "ClarifyCheck": _PROCESSING,
    "Transform": StepType(
        "CreateTransformJob",
        "DescribeTransformJob",
        "TransformJobName",
        resource="transform-job",
        stop="StopTransformJob",
        log_group="TransformJobs",
    ),
    "Tuning": StepType(
        "CreateHyperParameterTuningJob",
        "DescribeHyperParameterTuningJob",
        "HyperParameterTuningJobName",
        6,
        role=("TrainingJobDefinition", "RoleArn"),
        resource="hyper-parameter-tuning-job",
        stop="StopHyperParameterTuningJob",
        log_group="TrainingJobs",
    ),
    "AutoML": StepType(
        "CreateAutoMLJob",
        "DescribeAutoMLJob",
        "AutoMLJobName",
        6,
        role=("RoleArn",),
        resource="automl-job",
        stop="StopAutoMLJob",
        log_group="TrainingJobs",
    ),
    "Model": StepType(
        "CreateModel",
        "DescribeModel",
        "ModelName",
        role=("ExecutionRoleArn",),
        resource="model",
    ),
    "RegisterModel": StepType(
        "CreateModelPackage",
        "DescribeModelPackage",
        resource="model-package",
    ),
    "EndpointConfig": StepType(
        "CreateEndpointConfig", "DescribeEndpointConfig", resource="endpoint-config"
    ),
    "Endpoint": StepType("CreateEndpoint", "DescribeEndpoint", resource="endpoint"),
    "InferenceComponent": StepType(
        "CreateInferenceComponent", "DescribeInferenceComponent", resource="inference-component"
    ),
    "Lambda": StepType(),
    "Callback": StepType(),
    "EMR": StepType(),
    "EMRServerless": StepType(),
    "Lineage": StepType(),
    "Cleanup": StepType(),
    "Condition": StepType(),
    "Fail": StepType(),
}


def step_type_of(name: str) -> StepType:
    """Return what is known of a type of step; nothing, if it is newer than this list."""
    return STEP_TYPES.get(name, StepType())


def request_shape(step_type: str) -> Shape | None:
    """Return the shape of a step type's ``Arguments``, or None if no model has it."""
    operation = step_type_of(step_type).operation
    return None if operation is None else service_model().operation_model(operation).input_shape


def response_shape(step_type: str) -> Shape | None:
    """Return the shape that has a step type's properties, or None if no model has it."""
    operation = step_type_of(step_type).response
    return None if operation is None else service_model().operation_model(operation).output_shape


def given_names(step_type: str) -> tuple[str, ...]:
    """Return the members of the request that the service fills in itself."""
    name = step_type_of(step_type).job_name
    return () if name is None else (name,)


@functools.cache
def service_model() -> ServiceModel:
    """Return botocore's model of the SageMaker API."""
    # Not at import, which modules with steps must not be slowed by.
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    # The model's file alone: no session, so no configuration and no credentials are read.
    return ServiceModel(Loader().load_service_model("sagemaker", "service-2"), "sagemaker")
