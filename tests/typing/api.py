"""Uses of the public names that must satisfy a type checker; checked, never executed."""

from __future__ import annotations

from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from constructs_lib import (
    CacheConfig,
    ConditionGreaterThan,
    ConditionStep,
    DelayedReturn,
    FailStep,
    ParameterInteger,
    Pipeline,
    PipelineStep,
    RemoteFunction,
    S3Input,
    StepFunction,
    get_step,
    step,
)
from constructs_lib.remote_function import remote


@step
def load(raw: str) -> tuple[int, str]:
    """Bare."""
    return len(raw), raw


@step(instance_type="ml.m5.large", cache_config=CacheConfig(expire_after="P1D"))
def train(rows: int, depth: int = 3) -> dict[str, float]:
    """With settings."""
    return {"auc": rows / depth}


def plain(value: float) -> float:
    """Not decorated."""
    return value


plain_step: StepFunction[[float], float] = step(plain, name="plain")

rows, text = load(S3Input("bucket", "key"))
metrics: DelayedReturn = train.with_options(name="deep")(rows, depth=ParameterInteger("Depth"))
metric: DelayedReturn = metrics["auc"]
direct: dict[str, float] = train.func(3, 4)
get_step(metrics).add_depends_on([text])

now: dict[str, float] = train.remote(3, depth=4)
there: RemoteFunction[[float], float] = remote(plain, role="arn", s3_root_uri="s3://b")
again: dict[str, float] = remote(train, pipeline="Tumour")(3)


@remote(instance_type="ml.m5.large")
def alone(value: int) -> str:
    """A job without a pipeline."""
    return str(value)


word: str = alone(3)

stack = Stack(App(), "S")
gate = ConditionStep(
    "gate",
    conditions=[ConditionGreaterThan(metric, 0.9)],
    if_steps=[plain_step(metric)],
    else_steps=[FailStep("no")],
)
pipeline = Pipeline(stack, "P", steps=[gate], artifacts_bucket=s3.Bucket(stack, "B"))
one: PipelineStep = pipeline.step("deep")
principal: iam.IPrincipal = one.grant_principal
