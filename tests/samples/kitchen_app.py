"""One pipeline with every kind of argument, result and branch."""

import functools

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from constructs_lib import (
    ConditionAnd,
    ConditionEquals,
    ConditionGreaterThan,
    ConditionIn,
    ConditionNot,
    ConditionOr,
    ConditionStep,
    ExecutionVariables,
    FailStep,
    Join,
    ParameterBoolean,
    ParameterFloat,
    ParameterInteger,
    ParameterString,
    Pipeline,
    S3Input,
    get_step,
    step,
)
from tests.samples.kitchen import steps
from tests.samples.kitchen.models import Heat, Recipe


def make_app(**environment: str) -> cdk.App:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "Kitchen", env=cdk.Environment(**environment))
    pantry = s3.Bucket(stack, "Pantry", enforce_ssl=True)
    reason = "What is in the pantry is no secret."
    cdk.Validations.of(pantry).acknowledge(cdk.Acknowledgment(id="AwsSolutions-S1", reason=reason))

    text = ParameterString("Text", "a 'quoted' \"$HOME\" \\ value")
    whole, number = ParameterInteger("Whole", 3), ParameterFloat("Number", 2.0)
    flag = ParameterBoolean("Flag", True)
    parameters = [text, whole, number, flag]

    arguments = steps.describe(
        text,
        whole,
        number,
        flag,
        f"{whole}-{text}",
        f"{whole}",
        f"two\nlines {whole}",
        Join("/", ["a", whole, flag, number]),
        {"deep": [(whole, {"k": number})], 7: "seven"},
        Recipe("soup", whole, ("hot", text)),
        Recipe("bread", 5),
        Heat.HIGH,
        {1, 2},
        None,
        "x" * 300,
        3,
        3.5,
        True,
        [1, "a", None],
        (1, 2),
        name=ExecutionVariables.PIPELINE_NAME,
        bucket=pantry.bucket_name,
    )
    read = steps.read(S3Input(pantry, "in/a.txt"), S3Input(pantry, "in/"))
    baked = steps.bake(steps.oven(200))
    recipe, heat = steps.cook(Recipe("stew", 30), Heat.HIGH)
    again, _ = steps.cook(recipe)

    offset = 10
    add = step(lambda value: value + offset, name="add")
    scale = step(functools.partial(lambda factor, value: factor * value, 3), name="scale")
    second = scale.with_options(name="scale-2")(add.with_options(name="add-2")(2))
    summed = steps.total(scale(add(1)), second, baked)

    only_here = steps.total(1, 2)
    gate = ConditionStep(
        "gate",
        conditions=[
            ConditionGreaterThan(summed, 100),
            ConditionOr([ConditionEquals(whole, 99), ConditionIn(heat, ["high", "low"])]),
            ConditionNot(ConditionAnd([ConditionEquals(flag, False), ConditionEquals(1, 1)])),
        ],
        if_steps=[steps.total(only_here, 4)],
        else_steps=[steps.fail_if_used(), FailStep("stop", f"whole is {whole}")],
    )
    last = steps.total(1)
    get_step(last).add_depends_on([gate, read])
    leaves = [arguments, steps.prices(), read, again, gate, last]
    dinner = Pipeline(stack, "Dinner", steps=leaves, parameters=parameters)
    reason = "It tells the pantry's name, and opens nothing."
    cdk.Validations.of(dinner).acknowledge(
        cdk.Acknowledgment(id="constructs-lib::grant", reason=reason)
    )
    return app
