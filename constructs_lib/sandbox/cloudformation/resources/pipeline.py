"""AWS::SageMaker::Pipeline.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-pipeline.html
"""

from __future__ import annotations

from typing import Any

from moto.sagemaker.models import sagemaker_backends

from constructs_lib.sandbox.cloudformation.resources.base import Resource


class Pipeline(Resource):
    """A pipeline in moto's SageMaker."""

    type_name = "AWS::SageMaker::Pipeline"
    name_property = "PipelineName"

    @classmethod
    def create(
        cls, name: str, properties: dict[str, Any], account: str, region: str
    ) -> dict[str, Any]:
        """Make it.

        Raises:
            ValidationError: The service would refuse its definition.
        """
        sagemaker_backends[account][region].create_pipeline(
            pipeline_name=name, tags=properties.get("Tags") or [], **_settings(properties)
        )
        return {}

    @classmethod
    def change(cls, resource: Any, properties: dict[str, Any], account: str, region: str) -> None:
        """Give it another definition, role or description."""
        sagemaker_backends[account][region].update_pipeline(resource.name, **_settings(properties))

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete it with its executions."""
        sagemaker_backends[account_id][region_name].delete_pipeline(self.name)


def _settings(properties: dict[str, Any]) -> dict[str, Any]:
    definition = properties["PipelineDefinition"]
    location = definition.get("PipelineDefinitionS3Location")
    return {
        "pipeline_display_name": properties.get("PipelineDisplayName"),
        "pipeline_definition": definition.get("PipelineDefinitionBody"),
        "pipeline_definition_s3_location": location
        and {"Bucket": location["Bucket"], "ObjectKey": location["Key"]},
        "pipeline_description": properties.get("PipelineDescription"),
        "role_arn": properties["RoleArn"],
        "parallelism_configuration": properties.get("ParallelismConfiguration"),
    }
