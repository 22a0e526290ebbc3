"""What only CloudFormation knows, and text that looks like it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Template

from constructs_lib import LambdaStep, ParameterString, Pipeline, PipelineError, StepError, step
from constructs_lib.local.assembly import Assembly
from tests.unit.cdk.test_pipeline import definition_of

REFERENCE = "{{resolve:ssm:/app/limit}}"
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"


@step
def use(value, other=None):
    return value


@step
def referring():
    """Has {{resolve:ssm:/app/limit}} in its docstring."""
    return "{{resolve:secretsmanager:it}}"


@pytest.fixture
def stack() -> cdk.Stack:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(cdk.App(), "Training", env=env)


def value_of_secret(stack: cdk.Stack) -> str:
    return secretsmanager.Secret(stack, "Secret").secret_value.unsafe_unwrap()


def definition_property(stack: cdk.Stack) -> Any:
    pipelines = Template.from_stack(stack).find_resources("AWS::SageMaker::Pipeline")
    ((_, pipeline),) = pipelines.items()
    return pipeline["Properties"]["PipelineDefinition"]["PipelineDefinitionBody"]


def shown(stack: cdk.Stack) -> list[Any]:
    """Return the lines that only reviewers see."""
    last = definition_property(stack)["Fn::Join"][1][-1]
    return list(last["Fn::Select"][1][1:])


@pytest.mark.parametrize(
    ("where", "make"),
    [
        ("HyperParameters.value", use),
        ("HyperParameters.value.0.key", lambda value: use([{"key": value}])),
        ("HyperParameters.value", lambda value: use(f"password={value}")),
        ("Environment.TOKEN", lambda v: use.with_options(environment_variables={"TOKEN": v})(1)),
        ("key", lambda value: LambdaStep("use", lambda_func=ARN, inputs={"key": value})),
    ],
)
def test_value_of_a_secret_is_refused(
    stack: cdk.Stack, where: str, make: Callable[[str], Any]
) -> None:
    """Whoever may describe the pipeline could read it."""
    with pytest.raises(PipelineError, match="would show a secret") as caught:
        Pipeline(stack, "P", steps=[make(value_of_secret(stack))])
    (fault,) = caught.value.faults
    assert f"step 'use': {where} " in fault.what
    assert "{{resolve:secretsmanager:<" in fault.found
    assert "test_tokens.py" in str(fault.location)
    assert "Pass the secret itself" in fault.mend


def test_value_of_a_secret_is_no_default(stack: cdk.Stack) -> None:
    """It would be in the definition as well."""
    name = ParameterString("Name", default_value=value_of_secret(stack))
    with pytest.raises(PipelineError, match="parameter 'Name': DefaultValue would show a secret"):
        Pipeline(stack, "P", steps=[use(name)], parameters=[name])


def test_secure_parameter_is_a_secret(stack: cdk.Stack) -> None:
    """Other parameters are resolved by CloudFormation as everywhere."""
    secure = cdk.SecretValue.ssm_secure("/app/password", "1").unsafe_unwrap()
    with pytest.raises(PipelineError, match="resolve:ssm-secure:/app/password"):
        Pipeline(stack, "Secure", steps=[use(secure)])
    plain = ssm.StringParameter.from_string_parameter_attributes(
        stack, "Limit", parameter_name="/app/limit", version=3
    )
    Pipeline(stack, "Plain", steps=[use(plain.string_value)])
    assert "{{resolve:ssm:/app/limit:3}}" in json.dumps(definition_property(stack))


@pytest.mark.parametrize("make", [lambda s: use(s.secret_value), lambda s: use([s.secret_value])])
def test_secret_is_passed_instead_of_its_value(
    stack: cdk.Stack, make: Callable[[secretsmanager.Secret], Any]
) -> None:
    """The object of a value is no name that a step could use."""
    with pytest.raises(PipelineError, match="Pass the secret itself, not its value"):
        Pipeline(stack, "P", steps=[make(secretsmanager.Secret(stack, "Secret"))])


def test_variables_of_the_environment_name_resources(stack: cdk.Stack) -> None:
    """The construct itself is an argument."""
    secret = secretsmanager.Secret(stack, "Secret")
    with pytest.raises(StepError, match="Pass its secret_arn; an argument of a step"):
        use.with_options(environment_variables={"TOKEN": secret})


@pytest.mark.parametrize("rows", [1, 3000])
def test_text_that_looks_like_a_reference_stays_text(tmp_path: Path, rows: int) -> None:
    """In the template or in an object; CloudFormation would put something else in its place."""
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Training", env=cdk.Environment(region="eu-west-1"))
    texts = [REFERENCE, "<<name 0>>", "<<name 99>>"]
    items = [{"Key": f"key-{n}", "Value": "x" * 60} for n in range(rows)]
    long = {"Name": "rows", "Type": "Lambda", "Arguments": {"Items": items}}
    made = use.with_options(environment_variables={"REFERENCE": REFERENCE})(texts, stack.account)
    Pipeline(stack, "P", steps=[made, referring(), long])
    app.synth()
    written = "".join(path.read_text() for path in tmp_path.glob("*.json"))
    assert "{{resolve:ssm" not in written
    assert "{{resolve:secretsmanager" not in written
    assert "in its docstring" in written
    (pipeline,) = Assembly(tmp_path).pipelines
    steps = {one["Name"]: one["Arguments"] for one in pipeline.definition["Steps"]}
    assert json.loads(steps["use"]["HyperParameters"]["value"]) == texts
    assert steps["use"]["Environment"]["REFERENCE"] == REFERENCE


def test_numbers_that_are_not_known_are_shown_as_text(stack: cdk.Stack) -> None:
    """No function may be among the entries of a Fn::Select."""
    count = cdk.CfnParameter(stack, "Count", type="Number", default=3)
    Pipeline(stack, "P", steps=[use([count.value_as_number], count.value_as_string)])
    assert all(isinstance(line, str) for line in shown(stack))
    assert "step use | HyperParameters.value: [<Count>]" in shown(stack)
    (made,) = definition_of(stack)["Steps"]
    assert made["Arguments"]["HyperParameters"]["value"] == "[<Count>]"


@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: {"zones": v}, lambda v: (1j, v)])
def test_lists_that_are_not_known_are_refused(stack: cdk.Stack, wrap: Callable[[Any], Any]) -> None:
    """No text can carry one."""
    with pytest.raises(PipelineError, match=r"list that only CloudFormation knows.*Fn\.join"):
        Pipeline(stack, "P", steps=[use(wrap(cdk.Fn.get_azs()))])
