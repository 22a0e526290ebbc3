"""The stack: buckets, a table, and the pipeline with its schedule."""

from __future__ import annotations

from typing import Any

from aws_cdk import Acknowledgment, CfnOutput, Stack, Validations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk.aws_scheduler import ScheduleExpression
from constructs import Construct

from constructs_lib import (
    ConditionGreaterThanOrEqualTo,
    ConditionStep,
    ExecutionVariables,
    FailStep,
    ParameterFloat,
    ParameterInteger,
    Pipeline,
    S3Input,
    StepDefaults,
)
from sample_app.pipelines.tumour import choose, evaluate, register, split, train


class TrainingStack(Stack):
    """Trains two models, keeps the better one if it is good enough."""

    def __init__(self, scope: Construct, id: str, **kwargs: Any) -> None:
        super().__init__(scope, id, **kwargs)
        raw = s3.Bucket(self, "Raw", enforce_ssl=True)
        Validations.of(raw).acknowledge(
            Acknowledgment(id="AwsSolutions-S1", reason="Public data, kept for an hour.")
        )
        CfnOutput(self, "RawBucket", value=raw.bucket_name)
        table = dynamodb.TableV2(
            self,
            "Registry",
            partition_key=dynamodb.Attribute(name="label", type=dynamodb.AttributeType.STRING),
        )

        depth = ParameterInteger("Depth", default_value=6)
        required_auc = ParameterFloat("RequiredAuc", default_value=0.97)

        train_frame, test_frame = split(S3Input(raw, "tumour.csv"), test_share=0.2)
        deep = train.with_options(name="train-deep")(train_frame, depth)
        shallow = train.with_options(name="train-shallow")(train_frame, 2, trees=50)
        model, metrics = choose(
            [deep, shallow], [evaluate(deep, test_frame), evaluate(shallow, test_frame)]
        )
        label = f"tumour-{ExecutionVariables.PIPELINE_EXECUTION_ID}-depth-{depth}"
        gate = ConditionStep(
            "GoodEnough",
            conditions=[ConditionGreaterThanOrEqualTo(metrics["auc"], required_auc)],
            if_steps=[register(model, test_frame, metrics, label)],
            else_steps=[FailStep("TooWeak", f"AUC is below {required_auc}")],
        )

        pipeline = Pipeline(
            self,
            "Tumour",
            steps=[gate],
            parameters=[depth, required_auc],
            # What the image has is enough; `constructs-lib lock` would ship locked wheels.
            step_defaults=StepDefaults(install="at-start"),
        )
        table.grant_write_data(pipeline.step("register"))
        pipeline.add_schedule(
            "Nightly",
            ScheduleExpression.cron(hour="2", minute="0"),
            parameters={"Depth": 8},
        )
