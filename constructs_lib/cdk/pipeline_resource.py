"""The ``AWS::SageMaker::Pipeline`` of a template, with its definition line by line."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct


def make_pipeline_resource(
    scope: Construct,
    *,
    name: str,
    role_arn: str,
    lines: Sequence[str],
    display_name: str | None,
    description: str | None,
    max_parallel_execution_steps: int | None,
) -> sagemaker.CfnPipeline:
    """Return the resource.

    Args:
        scope: The pipeline.
        name: Physical name.
        role_arn: Of the role that runs the steps.
        lines: Of the definition, which may hold tokens.
        display_name: Shown in the console.
        description: Shown in the console.
        max_parallel_execution_steps: Most steps at once, if there is a limit.
    """
    # PascalCase: the typed properties of CfnPipeline render names that the service refuses.
    parallelism = {"MaxParallelExecutionSteps": max_parallel_execution_steps}
    resource = sagemaker.CfnPipeline(
        scope,
        "Resource",
        pipeline_name=name,
        pipeline_definition={"PipelineDefinitionBody": "replaced by the lines below"},
        role_arn=role_arn,
        pipeline_display_name=display_name,
        pipeline_description=description,
        parallelism_configuration=parallelism if max_parallel_execution_steps else None,
    )
    # An override, because the CDK joins neighbouring strings of a Fn::Join into one, and a diff
    # would print the whole definition for one changed line.
    resource.add_property_override(
        "PipelineDefinition.PipelineDefinitionBody", {"Fn::Join": ["\n", list(lines)]}
    )
    return resource
