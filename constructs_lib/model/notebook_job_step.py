"""A step that runs a Jupyter notebook."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from constructs_lib.model.properties import Properties
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.settings import StepDefaults
from constructs_lib.model.variables import ExecutionVariables, Join, PipelineVariable
from constructs_lib.service.step_types import response_shape

if TYPE_CHECKING:
    from constructs_lib.model.retries import RetryPolicy
    from constructs_lib.model.steps import StepLike

# The image's own program, and where it looks for files.
# https://docs.aws.amazon.com/sagemaker/latest/dg/notebook-auto-run-constraints.html
ENTRYPOINT = "amazon_sagemaker_scheduler"
CHANNEL = "sagemaker_headless_execution_pipelinestep"


class NotebookJobStep(RequestStep):
    """A notebook that runs as a training job.

    https://docs.aws.amazon.com/sagemaker/latest/dg/create-notebook-auto-run-sdk.html

    The notebook and the files that it needs are published with the app, below a key that changes
    with their content. Paths begin in the folder of the file that makes the step, else in the
    working directory.

    Args:
        input_notebook: Path of the notebook.
        image_uri: A SageMaker Distribution image, or one that can run notebook jobs.
        kernel_name: Name of a kernel in the image.
        name: Unique in the pipeline. Default: made from the notebook's file name.
        display_name: Shown in the console.
        description: Shown in the console.
        notebook_job_name: Letters, digits, '-' and '_', a letter first; the finished notebook is
            called so. Default: made from the notebook's file name.
        role: ``IRole`` or ARN; used as it is. Default: a role is made for the step, with the
            least permissions.
        s3_root_uri: Where the output goes, below ``<pipeline>/<step>/<job>/output``. Default: the
            pipeline's artifacts bucket.
        parameters: Texts and pipeline variables that the notebook gets as its parameters.
        environment_variables: For the container: texts and pipeline variables.
        initialization_script: Path of a shell script that runs before the notebook.
        s3_kms_key: Key or ARN of the key that encrypts the output.
        instance_type: Default: ``ml.m5.large``.
        volume_size: In GiB. Default: 30.
        volume_kms_key: Key or ARN of the key that encrypts the instance's storage.
        encrypt_inter_container_traffic: Default: True.
        security_group_ids: IDs, or ``ISecurityGroup``; together with ``subnets``.
        subnets: IDs, or ``ISubnet``; together with ``security_group_ids``.
        max_retry_attempts: How often the service starts the job again. Default: 1.
        max_runtime_in_seconds: Default: two days.
        tags: Tags of the job: a mapping, or ``{"Key": ..., "Value": ...}`` each, or pairs.
        additional_dependencies: Paths of files and folders that stand beside the notebook.
        retry_policies: When the service runs it again.
        depends_on: Steps that must have succeeded before, besides those whose values it reads.

    Raises:
        StepError: A value can stand in no request.
    """

    step_type = "Training"

    def __init__(
        self,
        input_notebook: str,
        image_uri: str | PipelineVariable,
        kernel_name: str,
        name: str | None = None,
        display_name: str | None = None,
        description: str | None = None,
        notebook_job_name: str | None = None,
        role: Any = None,
        s3_root_uri: str | PipelineVariable | None = None,
        parameters: Mapping[str, str | PipelineVariable] | None = None,
        environment_variables: Mapping[str, str | PipelineVariable] | None = None,
        initialization_script: str | None = None,
        s3_kms_key: Any = None,
        instance_type: str | PipelineVariable | None = "ml.m5.large",
        volume_size: int | PipelineVariable = 30,
        volume_kms_key: Any = None,
        encrypt_inter_container_traffic: bool | PipelineVariable | None = True,
        security_group_ids: Sequence[Any] | None = None,
        subnets: Sequence[Any] | None = None,
        max_retry_attempts: int = 1,
        max_runtime_in_seconds: int = 2 * 24 * 60 * 60,
        tags: Mapping[str, Any] | Sequence[Any] | None = None,
        additional_dependencies: Sequence[str] | None = None,
        retry_policies: Sequence[RetryPolicy] | None = None,
        depends_on: Sequence[StepLike] | None = None,
    ) -> None:
        derived = _job_name(PurePath(input_notebook).name)
        self.input_notebook = input_notebook
        self.initialization_script = initialization_script
        self.additional_dependencies = tuple(additional_dependencies or ())
        self.notebook_job_name = notebook_job_name or derived
        given = StepDefaults(
            environment_variables=environment_variables,
            security_group_ids=security_group_ids,
            subnets=subnets,
            tags=tags,
        )
        script = PurePath(initialization_script).name if initialization_script else None
        if isinstance(s3_root_uri, str):
            s3_root_uri = s3_root_uri.rstrip("/")
        self.s3_root_uri = s3_root_uri
        output_path = (
            None
            if s3_root_uri is None
            else Join("/", [s3_root_uri, ExecutionVariables.PIPELINE_NAME, name or derived])
        )
        request = {
            "RoleArn": getattr(role, "role_arn", role),
            "RetryStrategy": {"MaximumRetryAttempts": max_retry_attempts},
            "StoppingCondition": {"MaxRuntimeInSeconds": max_runtime_in_seconds},
            "EnableInterContainerTrafficEncryption": encrypt_inter_container_traffic,
            "AlgorithmSpecification": {
                "TrainingImage": image_uri,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": [ENTRYPOINT],
            },
            "OutputDataConfig": {"S3OutputPath": output_path, "KmsKeyId": _key(s3_kms_key)},
            "ResourceConfig": {
                "InstanceCount": 1,
                "InstanceType": instance_type,
                "VolumeSizeInGB": volume_size,
                "VolumeKmsKeyId": _key(volume_kms_key),
            },
            "VpcConfig": {
                "SecurityGroupIds": [
                    getattr(group, "security_group_id", group)
                    for group in given.security_group_ids or ()
                ],
                "Subnets": [getattr(subnet, "subnet_id", subnet) for subnet in given.subnets or ()],
            }
            if given.subnets or given.security_group_ids
            else None,
            "Tags": [
                *({"Key": key, "Value": value} for key, value in (given.tags or {}).items()),  # type: ignore[union-attr]  # a dict by now
                {"Key": "sagemaker:name", "Value": self.notebook_job_name},
                {"Key": "sagemaker:notebook-name", "Value": PurePath(input_notebook).name},
                {"Key": "sagemaker:notebook-job-origin", "Value": "PIPELINE_STEP"},
                {"Key": "sagemaker:is-studio-archived", "Value": "false"},
            ],
            "Environment": {
                **(given.environment_variables or {}),
                "SM_JOB_DEF_VERSION": "1.0",
                "SM_ENV_NAME": "sagemaker-default-env",
                "SM_SKIP_EFS_SIMULATION": "true",
                "SM_EXECUTION_INPUT_PATH": f"/opt/ml/input/data/{CHANNEL}",
                "SM_KERNEL_NAME": kernel_name,
                "SM_INPUT_NOTEBOOK_NAME": PurePath(input_notebook).name,
                "SM_OUTPUT_NOTEBOOK_NAME": f"{_job_name(self.notebook_job_name)}.ipynb",
                "SM_INIT_SCRIPT": script,
            },
            "HyperParameters": parameters or None,
        }
        super().__init__(
            name or derived,
            request,
            display_name=display_name,
            description=description,
            depends_on=depends_on or (),
            retry_policies=retry_policies or (),
        )

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of all that is put beside the notebook, itself first."""
        script = (self.initialization_script,) if self.initialization_script else ()
        return (self.input_notebook, *script, *self.additional_dependencies)

    @property
    def properties(self) -> NotebookProperties:
        """What the service knows of the job once it has run, also by the names of the SDK."""
        return NotebookProperties(self, "", response_shape(self.step_type))


class NotebookProperties(Properties):
    """Properties of the training job, and the SageMaker SDK's names for some of them.

    These are ``ComputingJobName``, ``ComputingJobStatus``, ``NotebookJobInputLocation``,
    ``NotebookJobOutputLocationPrefix``, ``InputNotebookName`` and ``OutputNotebookName``.
    """

    def __getattr__(self, name: str) -> Properties:
        if name == "NotebookJobInputLocation":
            return self.InputDataConfig[0].DataSource.S3DataSource.S3Uri
        if name == "NotebookJobOutputLocationPrefix":
            return self.OutputDataConfig.S3OutputPath
        if name in ("InputNotebookName", "OutputNotebookName"):
            kind = name.removesuffix("NotebookName").upper()
            return self.Environment[f"SM_{kind}_NOTEBOOK_NAME"]
        known = {"ComputingJobName": "TrainingJobName", "ComputingJobStatus": "TrainingJobStatus"}
        return super().__getattr__(known.get(name, name))


def _job_name(text: str) -> str:
    """Return a text as the name of a job: letters, digits and dashes."""
    return re.sub(r"[^a-zA-Z0-9-]", "-", re.sub(r"^[^a-zA-Z0-9]+", "", text))


def _key(key: Any) -> Any:
    return getattr(key, "key_arn", key)
