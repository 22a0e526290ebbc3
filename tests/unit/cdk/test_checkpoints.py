"""A place for checkpoints as an argument of a step."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from constructs_lib import (
    CheckpointLocation,
    ParameterString,
    Pipeline,
    StepDefaults,
    StepError,
    get_step,
    step,
)
from constructs_lib.model.placement import AtCheckpoints, AtHyperparameter, Nested, place
from tests.unit.cdk.test_pipeline import definition_of


@step
def train(folder, *more):
    return str(folder)


@pytest.fixture
def stack() -> cdk.Stack:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(cdk.App(), "Training", env=env)


def config_of(stack: cdk.Stack, call: Any, **pipeline: Any) -> Any:
    """Return the CheckpointConfig of a pipeline's last step."""
    Pipeline(stack, "P", steps=[call], **pipeline)
    return definition_of(stack)["Steps"][-1]["Arguments"]["CheckpointConfig"]


def test_place_is_the_jobs_checkpoint_config(stack: cdk.Stack) -> None:
    """With the service's own folder."""
    found = config_of(stack, train(CheckpointLocation("s3://points/churn")))
    assert found == {"S3Uri": "s3://points/churn", "LocalPath": "/opt/ml/checkpoints"}


def test_function_gets_the_folder() -> None:
    """That of the setting if there is one; also inside of other arguments."""
    own = train.with_options(checkpoint_local_path="/opt/ml/mine")
    placement = place(get_step(own([CheckpointLocation("s3://points/"), 1])))
    items = (AtCheckpoints("/opt/ml/mine"), AtHyperparameter("folder.1", "json"))
    assert placement.arguments[0][2] == Nested("list", items)
    assert placement.channels == {}


def test_folder_of_the_pipelines_defaults_holds(stack: cdk.Stack) -> None:
    """It is as if the step had been given ``checkpoint_s3_uri``."""
    defaults = StepDefaults(checkpoint_local_path="/opt/ml/all")
    call = train(CheckpointLocation("s3://points/"))
    assert config_of(stack, call, step_defaults=defaults)["LocalPath"] == "/opt/ml/all"
    assert place(get_step(call)).arguments[0][2] == AtCheckpoints("/opt/ml/all")


def test_argument_goes_before_the_pipelines_default(stack: cdk.Stack) -> None:
    """As every setting of a step does."""
    defaults = StepDefaults(checkpoint_s3_uri="s3://all/")
    found = config_of(stack, train(CheckpointLocation("s3://mine/")), step_defaults=defaults)
    assert found["S3Uri"] == "s3://mine/"


def test_place_may_be_of_variables(stack: cdk.Stack) -> None:
    """Parameters and results; the step runs after those it reads."""
    bucket = ParameterString("Bucket")

    @step
    def choose():
        return "s3://points/"

    call = train(CheckpointLocation(f"s3://{bucket}/churn"))
    found = config_of(stack, call, parameters=[bucket])
    values = ["s3://", {"Get": "Parameters.Bucket"}, "/churn"]
    assert found["S3Uri"] == {"Std:Join": {"On": "", "Values": values}}
    Pipeline(
        other := cdk.Stack(cdk.App(), "Other"), "P", steps=[train(CheckpointLocation(choose()))]
    )
    assert definition_of(other)["Steps"][1]["DependsOn"] == ["choose"]


@pytest.mark.parametrize(
    ("uri", "resource"),
    [
        ("s3://points/churn/", ":s3:::points/churn/*"),
        ("s3://points", ":s3:::points/*"),
        (f"s3://points/{ParameterString('Day')}", ":s3:::points/*"),
        (f"s3://points{ParameterString('Day')}", ":s3:::*/*"),
    ],
)
def test_step_may_read_and_write_the_place(stack: cdk.Stack, uri: str, resource: str) -> None:
    """As far as the text is known before the pipeline runs, and nothing else."""
    config_of(stack, train(CheckpointLocation(uri)), parameters=[ParameterString("Day")])
    roles = Template.from_stack(stack).find_resources("AWS::IAM::Role").values()
    found = {
        action
        for role in roles
        for policy in role["Properties"].get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        if f'{resource}"' in json.dumps(statement["Resource"])
        for action in (
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        )
    }
    assert {"s3:GetObject", "s3:PutObject"} <= found


def test_two_places_are_refused() -> None:
    """A job has one folder of checkpoints."""
    one, other = CheckpointLocation("s3://a/"), CheckpointLocation("s3://b/")
    with pytest.raises(StepError, match=r"test_checkpoints.py.*found 2 CheckpointLocations"):
        train(one, [other])


def test_place_and_setting_are_refused() -> None:
    """One of them would have no effect."""
    own = train.with_options(checkpoint_s3_uri="s3://a/")
    with pytest.raises(StepError, match="CheckpointLocation and checkpoint_s3_uri"):
        own(CheckpointLocation("s3://a/"))


def test_settings_of_the_function_stay_as_they_are() -> None:
    """Another call of it may have another place, or none."""
    train(CheckpointLocation("s3://a/"))
    assert train.settings.checkpoint_s3_uri is None
    assert get_step(train(1)).settings.checkpoint_s3_uri is None


@pytest.mark.parametrize(
    "uri", ["points/churn", "https://points/churn", "s3://", "s3:///a", 3, None]
)
def test_what_is_no_s3_uri_is_refused(uri: Any) -> None:
    """Where it is written."""
    with pytest.raises(StepError, match=r"test_checkpoints.py:\d+: CheckpointLocation .* s3_uri"):
        CheckpointLocation(uri)
