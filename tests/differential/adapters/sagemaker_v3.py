"""Prints the definitions that sagemaker 3.x makes of the pipelines, as JSON by name."""

from __future__ import annotations

from typing import Any

from adapters import sdk

if __name__ == "__main__":
    sdk.prepare()

    import boto3
    from sagemaker.core.lambda_helper import Lambda
    from sagemaker.core.processing import Processor
    from sagemaker.core.s3 import S3Uploader
    from sagemaker.core.shapes import ProcessingOutput, ProcessingS3Output
    from sagemaker.core.workflow.pipeline_context import PipelineSession
    from sagemaker.core.workflow.properties import PropertyFile
    from sagemaker.mlops.workflow.cleanup_step import CleanupStep, S3CleanupSource
    from sagemaker.mlops.workflow.pipeline import Pipeline
    from sagemaker.mlops.workflow.step_dependency import StepDependency, TriggerCondition
    from sagemaker.mlops.workflow.steps import ProcessingStep

    session = PipelineSession(boto3.Session(region_name=sdk.REGION), default_bucket=sdk.BUCKET)
    session._default_bucket = sdk.BUCKET

    def function(arn: str) -> Any:
        """Return what ``LambdaStep`` takes."""
        return Lambda(function_arn=arn, session=session)

    def processing(
        name: str, *, image: str, role: str, instance_type: str, report: str | None = None
    ) -> Any:
        """Return a processing step; ``report`` is a JSON file among its outputs."""
        processor = Processor(role, image, 1, instance_type, sagemaker_session=session)
        outputs, files = [], []
        if report is not None:
            place = ProcessingS3Output(
                s3_uri="s3://bucket/report",
                local_path="/opt/ml/processing/report",
                s3_upload_mode="EndOfJob",
            )
            outputs = [ProcessingOutput(output_name="report", s3_output=place)]
            files = [PropertyFile("report", output_name="report", path=report)]
        arguments = processor.run(outputs=outputs)
        return ProcessingStep(name, step_args=arguments, property_files=files)

    packages = ["sagemaker.mlops.workflow", "sagemaker.core.workflow"]
    names = sdk.names(
        packages,
        function=function,
        processing=processing,
        CleanupStep=CleanupStep,
        S3CleanupSource=S3CleanupSource,
        StepDependency=StepDependency,
        TriggerCondition=TriggerCondition,
    )
    sdk.print_definitions(names, Pipeline, session, S3Uploader)
