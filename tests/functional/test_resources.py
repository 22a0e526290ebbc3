"""Resources that are passed to a step arrive as text that boto3 takes."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

from constructs_lib import Pipeline, step
from tests.functional.synthesized import run_app


@step
def seen(*resources, nested):
    return {"plain": list(resources), "nested": nested, "type": type(resources[0]).__name__}


def test_steps_get_names_urls_and_arns(tmp_path: Path) -> None:
    """Made resources and known ones, also inside of containers."""
    app = cdk.App(outdir=str(tmp_path / "cdk.out"))
    stack = cdk.Stack(app, "S")
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    result = seen(
        s3.Bucket(stack, "Bucket", bucket_name="my-data"),
        dynamodb.TableV2(stack, "Table", partition_key=key, table_name="labels"),
        sqs.Queue(stack, "Queue", queue_name="jobs"),
        sns.Topic(stack, "Topic", topic_name="news"),
        secretsmanager.Secret(stack, "Secret", secret_name="token"),
        ssm.StringParameter(stack, "Limit", parameter_name="/app/limit", string_value="3"),
        nested={"here": [s3.Bucket.from_bucket_name(stack, "Known", "known-data")]},
    )
    Pipeline(stack, "P", steps=[result])
    execution = run_app(app, tmp_path)
    assert execution.status == "Succeeded", execution.reason
    (record,) = execution.steps
    assert record.result == {
        "plain": [
            "my-data",
            "labels",
            "https://sqs.us-east-1.amazonaws.com/000000000000/jobs",
            "arn:aws:sns:us-east-1:000000000000:news",
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:token",
            "/app/limit",
        ],
        "nested": {"here": ["known-data"]},
        "type": "str",
    }
