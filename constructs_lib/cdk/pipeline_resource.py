"""The ``AWS::SageMaker::Pipeline`` of a template."""

from __future__ import annotations

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct


def make_pipeline_resource(
    scope: Construct,
    *,
    name: str,
    role_arn: str,
    display_name: str | None,
    description: str | None,
    max_parallel_execution_steps: int | None,
) -> sagemaker.CfnPipeline:
    """Return the resource, whose definition is set later.

    Args:
        scope: The pipeline.
        name: Physical name.
        role_arn: Of the role that runs the steps.
        display_name: Shown in the console.
        description: Shown in the console.
        max_parallel_execution_steps: Most steps at once, if there is a limit.
    """
    # PascalCase: the typed properties of CfnPipeline render names that the service refuses.
    parallelism = {"MaxParallelExecutionSteps": max_parallel_execution_steps}
    return sagemaker.CfnPipeline(
        scope,
        "Resource",
        pipeline_name=name,
        pipeline_definition={"PipelineDefinitionBody": "set by set_definition"},
        role_arn=role_arn,
        pipeline_display_name=display_name,
        pipeline_description=description,
        parallelism_configuration=parallelism if max_parallel_execution_steps else None,
    )
