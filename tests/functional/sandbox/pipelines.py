"""Pipelines made with boto3 in the sandbox, whose jobs are one-line programs."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from constructs_lib.sandbox import Sandbox

BUCKET = "artifacts"
ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def trust(*services: str, **condition: Any) -> dict[str, Any]:
    """Return the policy of a role that services may assume."""
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": [f"{service}.amazonaws.com" for service in services]},
        **({"Condition": condition} if condition else {}),
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


TRUST = trust("sagemaker", "scheduler")
# Writes the JSON view of a result; `b` is the base folder, `h` the hyperparameters.
GIVE = (
    "import json,os;b=os.environ['SAGEMAKER_BASE_DIR'];"
    "h=json.load(open(b+'/input/config/hyperparameters.json'));"
)


def result(expression: str) -> str:
    """Return a program whose result is an expression."""
    return f"json.dump({{'Result':{expression}}},open(b+'/model/results.json','w'))"


def job(
    name: str,
    program: str = "",
    *,
    role: str = "jobs",
    values: Mapping[str, Any] | None = None,
    channels: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a Training step."""
    code = GIVE + (program or result("1"))
    assert len(code) <= 256
    inputs = [
        {
            "ChannelName": channel,
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
        }
        for channel, uri in (channels or {}).items()
    ]
    return {
        "Name": name,
        "Type": "Training",
        **more,
        "Arguments": {
            "TrainingJobName": f"p-{name}",
            "RoleArn": f"arn:aws:iam::000000000000:role/{role}",
            "AlgorithmSpecification": {
                "ContainerEntrypoint": ["python3", "-c", code],
                "TrainingImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1",
                "TrainingInputMode": "File",
            },
            "HyperParameters": dict(values or {}),
            **({"InputDataConfig": inputs} if inputs else {}),
            "OutputDataConfig": {
                "S3OutputPath": f"s3://{BUCKET}/p/{name}",
                "CompressionType": "NONE",
            },
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 1,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        },
    }


def output_of(step: str) -> dict[str, Any]:
    """Return the S3 URI of a step's output."""
    values = [
        {"Get": f"Steps.{step}.OutputDataConfig.S3OutputPath"},
        {"Get": f"Steps.{step}.TrainingJobName"},
        "output/model/results.json",
    ]
    return {"Std:Join": {"On": "/", "Values": values}}


def make_role(sandbox: Sandbox, name: str, policy: Mapping[str, Any] = ALL) -> str:
    """Make a role, or give it another policy."""
    iam = sandbox.client("iam")
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    return f"arn:aws:iam::000000000000:role/{name}"


def make_pipeline(
    sandbox: Sandbox,
    name: str,
    steps: Sequence[Mapping[str, Any]],
    parameters: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Make a pipeline with roles that may do everything; returns its ARN."""
    sandbox.client("s3").create_bucket(Bucket=BUCKET)
    make_role(sandbox, "jobs")
    body = {"Version": "2020-12-01", "Parameters": [*parameters], "Steps": [*steps]}
    arn: str = sandbox.client("sagemaker").create_pipeline(
        PipelineName=name,
        PipelineDefinition=json.dumps(body),
        ClientRequestToken="t" * 32,
        RoleArn=make_role(sandbox, "pipelines"),
    )["PipelineArn"]
    return arn


def start(sandbox: Sandbox, name: str, **more: Any) -> str:
    """Start an execution and return its ARN."""
    sagemaker = sandbox.client("sagemaker")
    arn: str = sagemaker.start_pipeline_execution(PipelineName=name, **more)["PipelineExecutionArn"]
    return arn


def wait(sandbox: Sandbox, arn: str) -> dict[str, Any]:
    """Wait for the end of an execution and return its description."""
    sagemaker = sandbox.client("sagemaker")

    def describe() -> Any:
        found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return None if found["PipelineExecutionStatus"] in {"Executing", "Stopping"} else found

    found: dict[str, Any] = eventually(describe)
    return found


def steps_of(sandbox: Sandbox, arn: str) -> dict[str, dict[str, Any]]:
    """Return the steps of an execution by name."""
    sagemaker = sandbox.client("sagemaker")
    found = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)
    return {step["StepName"]: step for step in found["PipelineExecutionSteps"]}


def eventually(ask: Callable[[], Any], seconds: float = 60) -> Any:
    """Return the first answer that is true."""
    end = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)
    return answer
