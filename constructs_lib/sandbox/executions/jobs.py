"""Training jobs of executions, in moto's SageMaker: to describe, list, search and tag."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from moto.sagemaker.models import FakeTrainingJob, sagemaker_backends

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


def begin_job(execution: Execution, record: StepRecord) -> None:
    """Add the training job of a step that begins to run."""
    request = copy.deepcopy(record.properties or {})
    account, region = execution.pipeline_arn.split(":")[4], execution.pipeline_arn.split(":")[3]
    metrics = request.get("AlgorithmSpecification", {}).get("MetricDefinitions")
    tags = [
        {"Key": "sagemaker:pipeline-execution-arn", "Value": execution.arn},
        {"Key": "sagemaker:pipeline-step-name", "Value": record.name},
    ]
    settings = {name: request.get(member) for name, member in _SETTINGS.items()}
    job = FakeTrainingJob(
        account_id=account,
        region_name=region,
        training_job_name=record.job_name,
        tags=[*request.get("Tags", []), *tags],
        **settings,
    )
    # moto invents these.
    job.algorithm_specification["MetricDefinitions"] = metrics or []
    job.environment = request.get("Environment")
    job.model_artifacts = None
    job.final_metric_data_list = []
    job.training_end_time = None
    job.arn = execution.arn_of_job(record.job_name or "")
    _set_status(job, "InProgress", "Training")
    with LOCK:
        sagemaker_backends[account][region].training_jobs[record.job_name] = job


def end_job(execution: Execution, record: StepRecord, failure: str | None) -> None:
    """Write into a step's training job how it ended.

    Args:
        execution: The execution.
        record: The step's, with the properties of the job.
        failure: Why it failed, ``Stopped`` if it was stopped, or None.
    """
    account, region = execution.pipeline_arn.split(":")[4], execution.pipeline_arn.split(":")[3]
    with LOCK:
        job = sagemaker_backends[account][region].training_jobs.get(record.job_name)
        if job is None or job.training_job_status != "InProgress":
            return
        properties: Mapping[str, Any] = record.properties or {}
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
            job.failure_reason = f"AlgorithmError: {failure}"[:1024]
            _set_status(job, "Failed", "Failed")


def _set_status(job: Any, status: str, secondary: str) -> None:
    time = now().replace(tzinfo=None)
    job.training_job_status, job.secondary_status = status, secondary
    ended = {} if status == "InProgress" else {"EndTime": time}
    job.secondary_status_transitions = [
        {"Status": secondary, "StartTime": job.training_start_time, **ended}
    ]
