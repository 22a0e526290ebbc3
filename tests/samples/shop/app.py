"""A shop's sales, to be edited by tests of what a diff shows."""

import os
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk.aws_scheduler import ScheduleExpression
from constructs_lib import (
    ConditionLessThan,
    ConditionStep,
    FailStep,
    ParameterInteger,
    ParameterString,
    Pipeline,
    S3Input,
)
from shop import steps

REVISION = "unused"

app = cdk.App(outdir=str(Path(__file__).parent / "cdk.out"), analytics_reporting=False)
stack = cdk.Stack(app, "Shop")
raw = s3.Bucket(stack, "Raw")
table = dynamodb.TableV2(
    stack,
    "Prices",
    partition_key=dynamodb.Attribute(name="label", type=dynamodb.AttributeType.STRING),
)

depth = ParameterInteger("Depth", default_value=6)
mode = ParameterString("Mode", default_value="fast", enum_values=["fast", "good"])

rows = steps.load(S3Input(raw, "sales.csv"), count=3)
model = steps.fit(rows, depth=depth, rate=0.1)
quality = steps.measure(model, rows, mode)
gate = ConditionStep(
    "GoodEnough",
    conditions=[ConditionLessThan(quality["rmse"], 2.5)],
    if_steps=[steps.publish(model, label="gold")],
    else_steps=[FailStep("TooWeak", "the model is too weak")],
)
pipeline = Pipeline(
    stack,
    "Sales",
    steps=[gate],
    parameters=[depth, mode],
    pipeline_name="sales",
    max_parallel_execution_steps=4,
)
table.grant_read_data(pipeline.step("publish"))
pipeline.add_schedule(
    "Nightly", ScheduleExpression.cron(hour="2", minute="0"), parameters={"Depth": 8}
)
app.synth()
