"""One pipeline that maps functions over lists, and repeats a body of several steps."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3

from constructs_lib import CurrentItem, ForEachStep, ParameterString, Pipeline, S3Input, step


@step
def regions(folder):
    return sorted(path.read_text() for path in folder.iterdir())


@step
def count(region, table, scale=1):
    return len(region) * len(table) * scale


@step
def scaled(value, factor):
    return value * factor


@step
def total(*lists):
    return sum(sum(values) for values in lists)


def make_app(account=None, region=None) -> cdk.App:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "Mapped", env=cdk.Environment(account=account, region=region))
    raw = s3.Bucket(stack, "Raw", enforce_ssl=True)
    reason = "It holds what anybody may read."
    cdk.Validations.of(raw).acknowledge(cdk.Acknowledgment(id="AwsSolutions-S1", reason=reason))
    table = dynamodb.TableV2(
        stack,
        "Sales",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
    )
    factors = ParameterString("Factors", default_value="[1, 2]")
    found = regions(S3Input(raw, "regions/"))
    counts = count.map(found, table, max_concurrency=2)
    products = scaled.with_options(name="by-factor").map(factors, counts[0])
    item = CurrentItem()
    inner = scaled.with_options(name="inner")(item.size, 2)
    outer = scaled.with_options(name="outer")(inner, item.factor)
    each = ForEachStep(
        "Each", [{"size": 1, "factor": 2}, {"size": 3, "factor": 4}], 2, [inner, outer]
    )
    Pipeline(
        stack,
        "Mapping",
        steps=[total(counts, products), each],
        parameters=[factors],
    )
    return app
