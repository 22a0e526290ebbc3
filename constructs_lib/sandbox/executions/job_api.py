"""The SageMaker API of training jobs, in moto's place: moto's have always succeeded."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import AWSValidationException, ResourceInUseException
from moto.sagemaker.models import FakeTrainingJob
from moto.sagemaker.responses import SageMakerResponse

from constructs_lib.sandbox.executions.jobs import find_training
from constructs_lib.sandbox.executions.single_jobs import SingleJobs


def apply(jobs: SingleJobs) -> None:
    """Let moto's SageMaker create and stop real jobs."""

    def create(response: Any) -> ActionResult:
        request = dict(response._get_params())
        name = request["TrainingJobName"]
        arn = _arn(response, name)
        if find_training(name, arn) is not None:
            raise ResourceInUseException(
                f"Training job names must be unique within an AWS account and region, and a "
                f"training job with this name already exists ({arn})"
            )
        jobs.create(arn, request)
        return ActionResult({"TrainingJobArn": arn})

    def stop(response: Any) -> ActionResult:
        name = response._get_param("TrainingJobName")
        arn = _arn(response, name)
        job = find_training(name, arn)
        if job is None:
            raise AWSValidationException("Requested resource not found.")
        if not jobs.stop(name, arn):
            raise AWSValidationException(
                f"The request was rejected because the training job is in status "
                f"{job.training_job_status}."
            )
        return ActionResult({})

    SageMakerResponse.create_training_job = create
    SageMakerResponse.stop_training_job = stop


def _arn(response: Any, name: str) -> str:
    backend = response.sagemaker_backend
    made: str = FakeTrainingJob.arn_formatter(name, backend.account_id, backend.region_name)
    return made.lower()  # as the service writes it
