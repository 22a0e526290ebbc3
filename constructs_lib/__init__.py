"""SageMaker pipelines from decorated Python functions, as AWS CDK constructs.

Importing this package loads nothing: a name loads its module when it is first used, so modules
that define steps stay cheap to import. ``Pipeline`` and what belongs to it load the CDK.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from constructs_lib.authoring.decorators import StepFunction, step
    from constructs_lib.authoring.delayed import DelayedReturn, MappedReturn, get_step
    from constructs_lib.authoring.model_packages import PackagedModel, get_result_uri, package_model
    from constructs_lib.cdk.pipeline import Pipeline
    from constructs_lib.cdk.pipeline_function import PipelineFunction, pipeline
    from constructs_lib.cdk.step import PipelineStep
    from constructs_lib.exceptions import (
        BundleError,
        ConstructsLibError,
        LocalRunError,
        PipelineError,
        RemoteError,
        RemoteFunctionError,
        StepError,
    )
    from constructs_lib.model.caching import CacheConfig
    from constructs_lib.model.check_steps import (
        ClarifyCheckStep,
        QualityCheckStep,
    )
    from constructs_lib.model.checkpoints import CheckpointLocation
    from constructs_lib.model.cleanup_steps import (
        CleanupStep,
        S3CleanupSource,
    )
    from constructs_lib.model.conditions import (
        ConditionAnd,
        ConditionEquals,
        ConditionGreaterThan,
        ConditionGreaterThanOrEqualTo,
        ConditionIn,
        ConditionLessThan,
        ConditionLessThanOrEqualTo,
        ConditionNot,
        ConditionOr,
    )
    from constructs_lib.model.dependencies import (
        StepDependency,
        TriggerCondition,
    )
    from constructs_lib.model.experiments import PipelineExperimentConfig
    from constructs_lib.model.file_systems import FileSystemInput
    from constructs_lib.model.for_each import (
        CurrentItem,
        ForEachSelector,
        ForEachSelectorPickType,
        ForEachStep,
        IterationOutput,
    )
    from constructs_lib.model.functions import (
        JsonGet,
    )
    from constructs_lib.model.images import Image
    from constructs_lib.model.inputs import S3Input
    from constructs_lib.model.integration_steps import (
        CallbackOutput,
        CallbackOutputTypeEnum,
        CallbackStep,
        EMRServerlessStep,
        EMRStep,
        EMRStepConfig,
        LambdaOutput,
        LambdaOutputTypeEnum,
        LambdaStep,
    )
    from constructs_lib.model.job_steps import (
        AutoMLStep,
        ProcessingStep,
        PropertyFile,
        TrainingStep,
        TransformStep,
        TuningStep,
    )
    from constructs_lib.model.launchers import SparkConfig
    from constructs_lib.model.model_steps import (
        EndpointConfigStep,
        EndpointStep,
        InferenceComponentStep,
        LineageStep,
        ModelStep,
        RegisterModel,
    )
    from constructs_lib.model.notebook_job_step import NotebookJobStep
    from constructs_lib.model.parameters import (
        ParameterBoolean,
        ParameterFloat,
        ParameterInteger,
        ParameterString,
    )
    from constructs_lib.model.retries import (
        RetryPolicy,
        SageMakerJobExceptionTypeEnum,
        SageMakerJobStepRetryPolicy,
        StepExceptionTypeEnum,
        StepRetryPolicy,
    )
    from constructs_lib.model.settings import StepDefaults
    from constructs_lib.model.steps import ConditionStep, FailStep
    from constructs_lib.model.variables import ExecutionVariables, Join
    from constructs_lib.remote_function import RemoteFunction, remote

__all__ = [
    "AutoMLStep",
    "BundleError",
    "CacheConfig",
    "CallbackOutput",
    "CallbackOutputTypeEnum",
    "CallbackStep",
    "CheckpointLocation",
    "ClarifyCheckStep",
    "CleanupStep",
    "ConditionAnd",
    "ConditionEquals",
    "ConditionGreaterThan",
    "ConditionGreaterThanOrEqualTo",
    "ConditionIn",
    "ConditionLessThan",
    "ConditionLessThanOrEqualTo",
    "ConditionNot",
    "ConditionOr",
    "ConditionStep",
    "ConstructsLibError",
    "CurrentItem",
    "DelayedReturn",
    "EMRServerlessStep",
    "EMRStep",
    "EMRStepConfig",
    "EndpointConfigStep",
    "EndpointStep",
    "ExecutionVariables",
    "FailStep",
    "FileSystemInput",
    "ForEachSelector",
    "ForEachSelectorPickType",
    "ForEachStep",
    "Image",
    "InferenceComponentStep",
    "IterationOutput",
    "Join",
    "JsonGet",
    "LambdaOutput",
    "LambdaOutputTypeEnum",
    "LambdaStep",
    "LineageStep",
    "LocalRunError",
    "MappedReturn",
    "ModelStep",
    "NotebookJobStep",
    "PackagedModel",
    "ParameterBoolean",
    "ParameterFloat",
    "ParameterInteger",
    "ParameterString",
    "Pipeline",
    "PipelineError",
    "PipelineExperimentConfig",
    "PipelineFunction",
    "PipelineStep",
    "ProcessingStep",
    "PropertyFile",
    "QualityCheckStep",
    "RegisterModel",
    "RemoteError",
    "RemoteFunction",
    "RemoteFunctionError",
    "RetryPolicy",
    "S3CleanupSource",
    "S3Input",
    "SageMakerJobExceptionTypeEnum",
    "SageMakerJobStepRetryPolicy",
    "SparkConfig",
    "StepDefaults",
    "StepDependency",
    "StepError",
    "StepExceptionTypeEnum",
    "StepFunction",
    "StepRetryPolicy",
    "TrainingStep",
    "TransformStep",
    "TriggerCondition",
    "TuningStep",
    "get_result_uri",
    "get_step",
    "package_model",
    "pipeline",
    "remote",
    "step",
]

# Module to its names: it is loaded when one of them is first used.
_HOMES = {
    "authoring.decorators": "StepFunction step",
    "authoring.delayed": "DelayedReturn MappedReturn get_step",
    "authoring.model_packages": "PackagedModel get_result_uri package_model",
    "cdk.pipeline": "Pipeline",
    "cdk.pipeline_function": "PipelineFunction pipeline",
    "cdk.step": "PipelineStep",
    "exceptions": (
        "BundleError ConstructsLibError LocalRunError PipelineError RemoteError "
        "RemoteFunctionError StepError"
    ),
    "model.caching": "CacheConfig",
    "model.checkpoints": "CheckpointLocation",
    "model.check_steps": "ClarifyCheckStep QualityCheckStep",
    "model.cleanup_steps": "CleanupStep S3CleanupSource",
    "model.conditions": (
        "ConditionAnd ConditionEquals ConditionGreaterThan ConditionGreaterThanOrEqualTo "
        "ConditionIn ConditionLessThan ConditionLessThanOrEqualTo ConditionNot ConditionOr"
    ),
    "model.dependencies": "StepDependency TriggerCondition",
    "model.experiments": "PipelineExperimentConfig",
    "model.file_systems": "FileSystemInput",
    "model.for_each": (
        "CurrentItem ForEachSelector ForEachSelectorPickType ForEachStep IterationOutput"
    ),
    "model.functions": "JsonGet",
    "model.images": "Image",
    "model.inputs": "S3Input",
    "model.integration_steps": (
        "CallbackOutput CallbackOutputTypeEnum CallbackStep EMRServerlessStep EMRStep "
        "EMRStepConfig LambdaOutput LambdaOutputTypeEnum LambdaStep"
    ),
    "model.job_steps": (
        "AutoMLStep ProcessingStep PropertyFile TrainingStep TransformStep TuningStep"
    ),
    "model.launchers": "SparkConfig",
    "model.model_steps": (
        "EndpointConfigStep EndpointStep InferenceComponentStep LineageStep ModelStep RegisterModel"
    ),
    "model.notebook_job_step": "NotebookJobStep",
    "model.parameters": "ParameterBoolean ParameterFloat ParameterInteger ParameterString",
    "model.retries": (
        "RetryPolicy SageMakerJobExceptionTypeEnum SageMakerJobStepRetryPolicy "
        "StepExceptionTypeEnum StepRetryPolicy"
    ),
    "model.settings": "StepDefaults",
    "model.steps": "ConditionStep FailStep",
    "model.variables": "ExecutionVariables Join",
    "remote_function": "RemoteFunction remote",
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
