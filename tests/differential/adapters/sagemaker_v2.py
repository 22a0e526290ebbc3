"""Prints the definitions that sagemaker 2.x makes of the pipelines, as JSON by name."""

from __future__ import annotations

from typing import Any

from adapters import sdk

if __name__ == "__main__":
    sdk.prepare()

    import boto3
    from sagemaker.lambda_helper import Lambda
    from sagemaker.processing import ProcessingOutput, Processor
    from sagemaker.s3 import S3Uploader
    from sagemaker.workflow.pipeline import Pipeline
    from sagemaker.workflow.pipeline_context import PipelineSession
    from sagemaker.workflow.properties import PropertyFile
    from sagemaker.workflow.steps import ProcessingStep

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
            destination = "s3://bucket/report"
            source = "/opt/ml/processing/report"
            outputs = [
                ProcessingOutput(source=source, destination=destination, output_name="report")
            ]
            files = [PropertyFile("report", output_name="report", path=report)]
        arguments = processor.run(outputs=outputs)
        return ProcessingStep(name, step_args=arguments, property_files=files)

    names = sdk.names(["sagemaker.workflow"], function=function, processing=processing)
    sdk.print_definitions(names, Pipeline, session, S3Uploader)
