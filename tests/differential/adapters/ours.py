"""Prints the definitions that this library makes of the pipelines, as JSON by name."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
from pipelines import PIPELINES

import constructs_lib
from constructs_lib import ConstructsLibError, Pipeline, ProcessingStep, PropertyFile


class Names:
    """This library's names, and those of what the SDK makes differently."""

    def __getattr__(self, name: str) -> Any:
        return getattr(constructs_lib, name)

    @staticmethod
    def function(arn: str) -> str:
        """Return what ``LambdaStep`` takes."""
        return arn

    @staticmethod
    def processing(
        name: str, *, image: str, role: str, instance_type: str, report: str | None = None
    ) -> ProcessingStep:
        """Return a processing step; ``report`` is a JSON file among its outputs."""
        cluster = {"InstanceType": instance_type, "InstanceCount": 1, "VolumeSizeInGB": 30}
        request: dict[str, Any] = {
            "AppSpecification": {"ImageUri": image},
            "ProcessingResources": {"ClusterConfig": cluster},
            "RoleArn": role,
        }
        files = []
        if report is not None:
            output = {
                "S3Uri": "s3://bucket/report",
                "LocalPath": "/opt/ml/processing/report",
                "S3UploadMode": "EndOfJob",
            }
            outputs = [{"OutputName": "report", "S3Output": output}]
            request["ProcessingOutputConfig"] = {"Outputs": outputs}
            files = [PropertyFile("report", output_name="report", path=report)]
        return ProcessingStep(name, request, property_files=files)


def definitions() -> dict[str, Any]:
    """Return the definition of each pipeline, or what was raised instead."""
    app = cdk.App()
    env = cdk.Environment(account="123456789012", region="us-east-1")
    made: dict[str, Any] = {}
    for name, pipeline in PIPELINES.items():
        try:
            steps, parameters = pipeline(Names())
            stack = cdk.Stack(app, name, env=env)
            Pipeline(stack, "P", steps=steps, parameters=parameters, pipeline_name=name)
        except Exception as error:  # noqa: BLE001 - the test tells refusals from accidents
            outcome = "refused" if isinstance(error, ConstructsLibError) else "crashed"
            made[name] = {outcome: f"{type(error).__name__}: {error}"}
            app.node.try_remove_child(name)
    for stack in app.synth().stacks:
        resources = stack.template["Resources"].values()
        (found,) = [r for r in resources if r["Type"] == "AWS::SageMaker::Pipeline"]
        body = found["Properties"]["PipelineDefinition"]["PipelineDefinitionBody"]
        made[stack.stack_name] = json.loads(_text(body))
    return made


def _text(value: Any) -> str:
    """Return a text of the template, with what is known only at deployment as <name>."""
    if isinstance(value, str):
        return value
    ((name, argument),) = value.items()
    if name == "Fn::Join":
        return str(argument[0]).join(_text(part) for part in argument[1])
    if name == "Fn::Select" and isinstance(argument[1], list):
        return _text(argument[1][int(argument[0])])
    return f"<{argument[0] if isinstance(argument, list) else argument}>"


if __name__ == "__main__":
    print(json.dumps(definitions()))  # noqa: T201 - it is what the test reads
