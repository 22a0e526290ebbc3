"""Jobs of executions, in moto's SageMaker: to describe, list, search and tag."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from moto.sagemaker.models import (
    FakeProcessingJob,
    FakeTrainingJob,
    FakeTransformJob,
    sagemaker_backends,
)

from constructs_lib.local.execution import Execution, StepRecord, now
from constructs_lib.sandbox.state import LOCK

_SETTINGS = {
    "hyper_parameters": "HyperParameters",
    "algorithm_specification": "AlgorithmSpecification",
    "role_arn": "RoleArn",
    "input_data_config": "InputDataConfig",
    "output_data_config": "OutputDataConfig",
    "resource_config": "ResourceConfig",
    "vpc_config": "VpcConfig",
    "stopping_condition": "StoppingCondition",
    "enable_network_isolation": "EnableNetworkIsolation",
    "enable_inter_container_traffic_encryption": "EnableInterContainerTrafficEncryption",
    "enable_managed_spot_training": "EnableManagedSpotTraining",
    "checkpoint_config": "CheckpointConfig",
    "debug_hook_config": "DebugHookConfig",
    "debug_rule_configurations": "DebugRuleConfigurations",
    "tensor_board_output_config": "TensorBoardOutputConfig",
    "experiment_config": "ExperimentConfig",
}
_TRANSFORM_SETTINGS = {
    "model_name": "ModelName",
    "max_concurrent_transforms": "MaxConcurrentTransforms",
    "model_client_config": "ModelClientConfig",
    "max_payload_in_mb": "MaxPayloadInMB",
    "batch_strategy": "BatchStrategy",
    "environment": "Environment",
    "transform_input": "TransformInput",
    "transform_output": "TransformOutput",
    "data_capture_config": "DataCaptureConfig",
    "transform_resources": "TransformResources",
    "data_processing": "DataProcessing",
    "experiment_config": "ExperimentConfig",
}


#: Statuses of a job that has not ended.
RUNNING = ("InProgress", "Stopping")


def begin_job(execution: Execution, record: StepRecord) -> None:
    """Add the job of a step that begins to run."""
    if record.type == "Processing":
        _begin_processing(execution, record)
    elif record.type == "Transform":
        _begin_transform(execution, record)
    else:
        _begin_training(execution, record)


def _begin_processing(execution: Execution, record: StepRecord) -> None:
    request = copy.deepcopy(record.properties or {})
    account, region = execution.pipeline_arn.split(":")[4], execution.pipeline_arn.split(":")[3]
    job = FakeProcessingJob(
        app_specification=request["AppSpecification"],
        experiment_config=request.get("ExperimentConfig", {}),
        network_config=request.get("NetworkConfig", {}),
        processing_inputs=request.get("ProcessingInputs", []),
        processing_job_name=record.job_name or "",
        processing_output_config=request.get("ProcessingOutputConfig", {}),
        account_id=account,
        region_name=region,
        role_arn=request["RoleArn"],
        tags=[*request.get("Tags", []), *_tags(execution, record)],
        stopping_condition=request.get("StoppingCondition", {}),
    )
    job.arn = execution.arn_of("processing-job", record.job_name or "")
    job.processing_job_status, job.processing_end_time = "InProgress", None
    with LOCK:
        sagemaker_backends[account][region].processing_jobs[record.job_name or ""] = job


def _begin_transform(execution: Execution, record: StepRecord) -> None:
    request = copy.deepcopy(record.properties or {})
    account, region = execution.pipeline_arn.split(":")[4], execution.pipeline_arn.split(":")[3]
    job = FakeTransformJob(
        account_id=account,
        region_name=region,
        transform_job_name=record.job_name or "",
        tags=[*request.get("Tags", []), *_tags(execution, record)],
        **{name: request.get(member) for name, member in _TRANSFORM_SETTINGS.items()},
    )
    job.arn = execution.arn_of("transform-job", record.job_name or "")
    job.transform_job_status, job.transform_end_time = "InProgress", None
    with LOCK:
        sagemaker_backends[account][region].transform_jobs[record.job_name or ""] = job


def _tags(execution: Execution, record: StepRecord) -> list[dict[str, str]]:
    return [
        {"Key": "sagemaker:pipeline-execution-arn", "Value": execution.arn},
        {"Key": "sagemaker:pipeline-step-name", "Value": record.name},
    ]


def _begin_training(execution: Execution, record: StepRecord) -> None:
    name = record.job_name or ""
    begin_training(
        record.properties or {},
        name,
        execution.arn_of("training-job", name),
        _tags(execution, record),
    )


def begin_training(
    request: Mapping[str, Any], name: str, arn: str, tags: Sequence[Mapping[str, str]] = ()
) -> None:
    """Add a training job that begins to run.

    Args:
        request: For CreateTrainingJob.
        name: The job's name.
        arn: Its ARN.
        tags: Besides those of the request.
    """
    request = copy.deepcopy(dict(request))
    _, _, _, region, account, _ = arn.split(":", 5)
    metrics = request.get("AlgorithmSpecification", {}).get("MetricDefinitions")
    settings = {setting: request.get(member) for setting, member in _SETTINGS.items()}
    job = FakeTrainingJob(
        account_id=account,
        region_name=region,
        training_job_name=name,
        tags=[*request.get("Tags", []), *tags],
        **settings,
    )
    # moto invents these.
    job.algorithm_specification["MetricDefinitions"] = metrics or []
    job.environment = request.get("Environment")
    job.model_artifacts = None
    job.final_metric_data_list = []
    job.training_end_time = None
    job.arn = arn
    _set_status(job, "InProgress", "Training")
    with LOCK:
        sagemaker_backends[account][region].training_jobs[name] = job


def end_job(execution: Execution, record: StepRecord, failure: str | None) -> None:
    """Write into a step's training job how it ended.

    Args:
        execution: The execution.
        record: The step's, with the properties of the job.
        failure: Why it failed, ``Stopped`` if it was stopped, or None.
    """
    account, region = execution.pipeline_arn.split(":")[4], execution.pipeline_arn.split(":")[3]
    if record.type in {"Processing", "Transform"}:
        kind = record.type.lower()
        with LOCK:
            jobs = getattr(sagemaker_backends[account][region], f"{kind}_jobs")
            made: Any = jobs[record.job_name or ""]
            ended = {None: "Completed", "Stopped": "Stopped"}
            setattr(made, f"{kind}_end_time", now().replace(tzinfo=None))
            setattr(made, f"{kind}_job_status", ended.get(failure, "Failed"))
            made.failure_reason = failure[:1024] if failure and failure != "Stopped" else None
        return
    name = record.job_name or ""
    end_training(name, execution.arn_of("training-job", name), record.properties or {}, failure)


def end_training(name: str, arn: str, properties: Mapping[str, Any], failure: str | None) -> None:
    """Write into a training job how it ended.

    Args:
        name: The job's name.
        arn: Its ARN.
        properties: What the service would describe.
        failure: Why it failed, ``Stopped`` if it was stopped, or None.
    """
    with LOCK:
        job = find_training(name, arn)
        if job is None or job.training_job_status not in RUNNING:
            return
        job.training_end_time = job.last_modified_time = now().replace(tzinfo=None)
        job.final_metric_data_list = [
            {**metric, "Timestamp": datetime.fromtimestamp(metric["Timestamp"], timezone.utc)}
            for metric in properties.get("FinalMetricDataList", [])
        ]
        if failure is None:
            job.model_artifacts = properties["ModelArtifacts"]
            _set_status(job, "Completed", "Completed")
        elif failure == "Stopped":
            _set_status(job, "Stopped", "Stopped")
        else:
            job.failure_reason = failure[:1024]
            _set_status(job, "Failed", "Failed")


def find_training(name: str, arn: str) -> Any:
    """Return moto's training job, or None; its fields are changed with the lock held."""
    _, _, _, region, account, _ = arn.split(":", 5)
    return sagemaker_backends[account][region].training_jobs.get(name)


def mark_stopping(job: Any) -> None:
    """Write into moto's training job that it is being stopped."""
    _set_status(job, "Stopping", "Stopping")


def _set_status(job: Any, status: str, secondary: str) -> None:
    time = now().replace(tzinfo=None)
    job.training_job_status, job.secondary_status = status, secondary
    ended = {} if status in RUNNING else {"EndTime": time}
    job.secondary_status_transitions = [
        {"Status": secondary, "StartTime": job.training_start_time, **ended}
    ]
