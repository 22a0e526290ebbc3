"""Which SageMaker experiment an execution is recorded in."""

from __future__ import annotations

from dataclasses import dataclass

from constructs_lib.model.variables import ExecutionVariables, PipelineVariable


@dataclass(frozen=True)
class PipelineExperimentConfig:
    """The experiment and the trial that each execution is recorded in.

    https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-experiments.html

    Attributes:
        experiment_name: Default: the pipeline's name.
        trial_name: Default: the execution's ID.
    """

    experiment_name: str | PipelineVariable = ExecutionVariables.PIPELINE_NAME
    trial_name: str | PipelineVariable = ExecutionVariables.PIPELINE_EXECUTION_ID
