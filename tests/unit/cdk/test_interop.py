"""Pipelines from elsewhere: JSON, objects of the SDK, its defaults file, and functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from constructs_lib import (
    ParameterInteger,
    Pipeline,
    PipelineError,
    StepDefaults,
    StepError,
    get_step,
    pipeline,
    step,
)
from tests.unit.cdk.test_pipeline import definition_of
from tests.unit.cdk.test_request_steps import processing, training

CONFIG = """
SchemaVersion: "1.0"
SageMaker:
  PythonSDK:
    Modules:
      RemoteFunction:
        Dependencies: needs.txt
        IncludeLocalWorkDir: true
        CustomFileFilter: {IgnoreNamePatterns: ["data"]}
        InstanceType: ml.m5.xlarge
        ImageUri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1
        EnvironmentVariables: {STAGE: test}
        RoleArn: arn:aws:iam::123456789012:role/team
        VpcConfig: {Subnets: [subnet-1], SecurityGroupIds: [sg-1]}
        Tags: [{Key: team, Value: a}]
"""


@step
def load(depth=1):
    return depth


@step(environment_variables={"OWN": "1"})
def train(rows, depth):
    return rows


@pytest.fixture
def stack() -> cdk.Stack:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(cdk.App(), "Training", env=env)


def test_definition_of_another_tool_stays_as_it_is(stack: cdk.Stack) -> None:
    """Steps, parameters, conditions; only what the deployment adds is new."""
    definition = {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "Depth", "Type": "Integer", "DefaultValue": 3}],
        "PipelineExperimentConfig": {
            "ExperimentName": {"Get": "Execution.PipelineName"},
            "TrialName": "trial",
        },
        "Steps": [
            {
                "Name": "Prepare",
                "Type": "Processing",
                "Arguments": processing(RoleArn="arn:aws:iam::123456789012:role/r"),
            },
            {
                "Name": "Gate",
                "Type": "Condition",
                "DependsOn": ["Prepare"],
                "Arguments": {
                    "Conditions": [
                        {
                            "Type": "Equals",
                            "LeftValue": {"Get": "Parameters.Depth"},
                            "RightValue": 3,
                        }
                    ],
                    "IfSteps": [{"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}],
                    "ElseSteps": [],
                },
            },
            {
                "Name": "Clean",
                "Type": "Cleanup",
                "DependsOn": [{"Step": "Prepare", "Trigger": "Any"}],
                "Arguments": {"Resources": {"S3": []}},
            },
        ],
    }
    Pipeline.from_definition(stack, "P", json.dumps(definition))
    found = definition_of(stack)
    assert found["Parameters"] == definition["Parameters"]
    assert found["PipelineExperimentConfig"] == definition["PipelineExperimentConfig"]
    given = {one["Name"]: one for one in definition["Steps"]}
    for one in found["Steps"]:
        one["Arguments"].pop("ProcessingJobName", None)
        assert one == given[one["Name"]]
    roles = json.dumps(Template.from_stack(stack).find_resources("AWS::IAM::Role"))
    assert "sagemaker:CreateProcessingJob" in roles
    assert "arn:aws:iam::123456789012:role/r" in roles


def test_steps_inside_of_steps_of_another_tool_may_run(stack: cdk.Stack) -> None:
    """The pipeline may make the jobs of branches and bodies, and pass their roles."""
    role = "arn:aws:iam::123456789012:role/r"
    again = {"Name": "Again", "Type": "Processing", "Arguments": processing(RoleArn=role)}
    each = {
        "Name": "Each",
        "Type": "ForEach",
        "Arguments": {
            "IterableItems": ["a", {"Get": "Parameters.Name"}],
            "MaxConcurrency": 2,
            "ForEachBody": [{"Name": "Work", "Type": "Training", "Arguments": training()}],
        },
    }
    gate = {
        "Name": "Gate",
        "Type": "Condition",
        "Arguments": {"Conditions": [], "IfSteps": [again, each], "ElseSteps": []},
    }
    later = {
        "Name": "Later",
        "Type": "Fail",
        "DependsOn": ["Again"],
        "Arguments": {"ErrorMessage": "x"},
    }
    parameters = [{"Name": "Name", "Type": "String"}]
    pipeline = Pipeline.from_definition(
        stack, "P", {"Parameters": parameters, "Steps": [gate, later]}, pipeline_name="p"
    )
    steps = definition_of(stack)["Steps"]
    assert [one["Name"] for one in steps] == ["Gate", "Later"]
    inner = steps[0]["Arguments"]["IfSteps"]
    assert [one["Name"] for one in inner] == ["Again", "Each"]
    (work,) = inner[1]["Arguments"]["ForEachBody"]
    assert "StepsWorkRole" in work["Arguments"]["RoleArn"]
    assert pipeline.step("Work").job_name_prefix == work["Arguments"]["TrainingJobName"]
    roles = json.dumps(Template.from_stack(stack).find_resources("AWS::IAM::Role"))
    assert "sagemaker:CreateProcessingJob" in roles
    assert "sagemaker:CreateTrainingJob" in roles
    assert role in roles


class Variable:
    """Stands for a variable of the SageMaker SDK."""

    expr = {"Get": "Parameters.Depth"}  # noqa: RUF012 - as the SDK has it


class SdkStep:
    """Stands for a step of the SageMaker SDK."""

    def to_request(self) -> dict[str, Any]:
        """Return the step's JSON with variables in it."""
        arguments = training(HyperParameters={"depth": Variable()})
        return {"Name": "Train", "Type": "Training", "Arguments": arguments, "CacheConfig": None}


def test_objects_of_the_sdk_stand_among_the_steps(stack: cdk.Stack) -> None:
    """With what their variables mean."""
    Pipeline(stack, "P", steps=[SdkStep(), load()], parameters=[ParameterInteger("Depth", 1)])
    found = {one["Name"]: one for one in definition_of(stack)["Steps"]}
    values = found["Train"]["Arguments"]["HyperParameters"]
    assert values == {"depth": {"Get": "Parameters.Depth"}}
    assert set(found) == {"Train", "load"}


def test_undeclared_parameters_of_json_are_found(stack: cdk.Stack) -> None:
    """As in steps of this library."""
    with pytest.raises(PipelineError, match="undeclared parameter"):
        Pipeline(stack, "P", steps=[SdkStep()])


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("{", "the definition cannot be read"),
        ({"Steps": [{"Name": "a"}]}, "no Type"),
        (
            {"Steps": [{"Name": "a", "Type": "Fail", "DependsOn": [{"Step": "b"}]}]},
            "unknown depend",
        ),
        ({}, "KeyError"),
        ({"Steps": [], "Parameters": [{"Name": "a", "Type": "List"}]}, "unknown type"),
    ],
)
def test_what_is_no_definition_is_refused(stack: cdk.Stack, definition: Any, message: str) -> None:
    """With what is wrong in it."""
    with pytest.raises(StepError, match=message):
        Pipeline.from_definition(stack, "P", definition)


def test_defaults_file_of_the_sdk(stack: cdk.Stack, tmp_path: Path) -> None:
    """Its settings hold where the steps say nothing; paths are relative to it."""
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "needs.txt").write_text("numpy\n")
    defaults = StepDefaults.from_sagemaker_config(tmp_path / "config.yaml")
    Pipeline(stack, "P", steps=[train(load(), 3)], step_defaults=defaults)
    first, second = (one["Arguments"] for one in definition_of(stack)["Steps"])
    assert first["ResourceConfig"]["InstanceType"] == "ml.m5.xlarge"
    assert first["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    assert first["RoleArn"] == "arn:aws:iam::123456789012:role/team"
    assert second["Environment"] == {"STAGE": "test", "OWN": "1"}
    assert second["Tags"] == [{"Key": "team", "Value": "a"}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "FileNotFoundError"),
        ("a: [", "a YAML file"),
        ("a: 1", "no SageMaker.PythonSDK.Modules.RemoteFunction"),
        (CONFIG + "        Instanz: x\n", "found 'Instanz'"),
    ],
)
def test_defaults_file_that_cannot_be_used(tmp_path: Path, text: str | None, message: str) -> None:
    """With the file's name."""
    path = tmp_path / "config.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(StepError, match=message):
        StepDefaults.from_sagemaker_config(path)


def test_setting_that_belongs_elsewhere_is_said(tmp_path: Path) -> None:
    """The root of the results is the pipeline's artifacts bucket."""
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG + "        S3RootUri: s3://b/x\n")
    with pytest.warns(UserWarning, match="artifacts_bucket"):
        StepDefaults.from_sagemaker_config(path)


@pipeline(pipeline_name="churn")
def churn(depth: int = 6, kind: Literal["fast", "good"] = "good", rate: float = 0.5, *, dry=True):
    return train(load(depth), [kind, rate, dry])


def test_function_makes_the_same_pipeline_as_the_explicit_form(stack: cdk.Stack) -> None:
    """Its parameters are typed by annotations and defaults."""
    made = churn(stack, "Churn")
    found = definition_of(stack)
    assert made.node.id == "Churn"
    assert found["Parameters"] == [
        {"Name": "depth", "Type": "Integer", "DefaultValue": 6},
        {
            "Name": "kind",
            "Type": "String",
            "DefaultValue": "good",
            "EnumValues": ["fast", "good"],
        },
        {"Name": "rate", "Type": "Float", "DefaultValue": 0.5},
        {"Name": "dry", "Type": "Boolean", "DefaultValue": True},
    ]
    other = cdk.Stack(cdk.App(), "Training", env=stack_env(stack))
    parameters = churn.parameters()
    Pipeline(
        other,
        "Churn",
        steps=[churn.func(**parameters)],
        parameters=list(parameters.values()),
        pipeline_name="churn",
    )
    assert definition_of(other) == found


def stack_env(stack: cdk.Stack) -> cdk.Environment:
    """Return the environment of a stack."""
    return cdk.Environment(account=stack.account, region=stack.region)


def test_functions_that_make_no_pipeline_are_refused(stack: cdk.Stack) -> None:
    """With the function's name and place."""

    def untyped(depth):
        return load(depth)

    def variadic(*depths: int):
        return load(1)

    def nothing() -> None:
        load(1)

    for function, message in (
        (untyped, "parameter 'depth' has no usable type"),
        (variadic, "named parameters"),
        (nothing, "returns no steps"),
    ):
        with pytest.raises(StepError, match=message) as raised:
            pipeline(function)(stack, "P")
        assert "test_interop.py" in str(raised.value)


def test_step_of_json_depends_on_steps_by_name(stack: cdk.Stack) -> None:
    """Between ours and theirs."""
    theirs = {
        "Name": "Train",
        "Type": "Training",
        "DependsOn": ["load"],
        "Arguments": training(),
    }
    Pipeline(stack, "P", steps=[theirs, load()])
    found = {one["Name"]: one for one in definition_of(stack)["Steps"]}
    assert found["Train"]["DependsOn"] == ["load"]
    assert get_step(load()).base_name == "load"
