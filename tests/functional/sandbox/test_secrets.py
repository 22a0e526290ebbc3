"""Secrets and parameters are read inside of the step, with the permission that it was given."""

from __future__ import annotations

import json
from pathlib import Path

from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from constructs_lib import Pipeline, step
from constructs_lib.sandbox import Sandbox
from tests.functional.sandbox.apps import deploy, new_stack
from tests.functional.sandbox.pipelines import start, steps_of, wait


@step
def opened(secret: str, limit: str) -> list[int]:
    import boto3

    text = boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    value = boto3.client("ssm").get_parameter(Name=limit)["Parameter"]["Value"]
    return [len(text), int(value)]


def test_secret_is_read_in_the_step(sandbox: Sandbox, tmp_path: Path) -> None:
    """Its value reaches the function, and nothing that is deployed or described."""
    manager = sandbox.client("secretsmanager")
    secret_arn = manager.create_secret(Name="word", SecretString="hush " * 7)["ARN"]
    stack = new_stack(tmp_path / "cdk.out", "Secrets")
    secret = secretsmanager.Secret.from_secret_complete_arn(stack, "Secret", secret_arn)
    limit = ssm.StringParameter(stack, "Limit", parameter_name="/limit", string_value="3")
    Pipeline(stack, "P", steps=[opened(secret, limit)], pipeline_name="secrets")
    folder = deploy(sandbox, stack)
    arn = start(sandbox, "secrets")
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Succeeded"

    record = json.loads((_folder(sandbox, arn) / "run.json").read_text())["steps"][0]
    assert record["result"] == [35, 3]
    job = steps_of(sandbox, arn)["opened"]["Metadata"]["TrainingJob"]["Arn"]
    described = sandbox.client("sagemaker").describe_training_job(
        TrainingJobName=job.rpartition("/")[2]
    )
    assert secret_arn in described["HyperParameters"]["secret"]
    assert "hush" not in str(described)
    files = [*folder.rglob("*"), *_folder(sandbox, arn).rglob("*")]
    assert not [path for path in files if path.is_file() and b"hush" in path.read_bytes()]


def _folder(sandbox: Sandbox, arn: str) -> Path:
    """Return all that the sandbox keeps of an execution: requests, data of jobs, logs."""
    return sandbox.folder / "executions" / "secrets" / arn.rpartition("/")[2]
