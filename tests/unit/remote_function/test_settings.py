"""What holds for a function that runs now: its own settings, then those of a pipeline's step."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from constructs_lib import (
    Image,
    ParameterInteger,
    ParameterString,
    RemoteError,
    StepError,
    get_step,
    step,
)
from constructs_lib.model.settings import StepSettings
from constructs_lib.remote_function.deployed_step import DeployedStep
from constructs_lib.remote_function.request import prepare
from constructs_lib.remote_function.settings import SettingsMerger
from constructs_lib.remote_function.surroundings import Surroundings, surroundings_of

ROLE = "arn:aws:iam::123456789012:role/r"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/k"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a:1"
PLACE = Surroundings(ROLE, IMAGE, "p-work", "s3://code/x", "s3://out/p/work")
ALL: dict[str, Any] = {
    "checkpoint_local_path": "/opt/points",
    "checkpoint_s3_uri": "s3://b/points/",
    "enable_network_isolation": True,
    "encrypt_inter_container_traffic": True,
    "environment_variables": {"A": "b"},
    "image_uri": IMAGE,
    "instance_count": 2,
    "instance_type": "ml.c5.xlarge",
    "job_conda_env": "ml",
    "keep_alive_period_in_seconds": 600,
    "max_retry_attempts": 3,
    "max_runtime_in_seconds": 60,
    "max_wait_time_in_seconds": 120,
    "metric_definitions": [{"Name": "loss", "Regex": "loss=(.*)"}],
    "output_kms_key": KEY,
    "security_group_ids": ["sg-1"],
    "subnets": ["subnet-1"],
    "tags": {"team": "a"},
    "training_plan": "arn:aws:sagemaker:eu-west-1:123456789012:training-plan/mine",
    "use_spot_instances": True,
    "volume_kms_key": KEY,
    "volume_size": 50,
}
GROUPS = {
    "instance_groups": [
        {"InstanceGroupName": "big", "InstanceType": "ml.m5.large", "InstanceCount": 2}
    ]
}


def work() -> int:
    return 1


def request_of(settings: StepSettings) -> dict[str, Any]:
    """Return the request of a job, without what each job has for itself."""
    launched = replace(settings, use_torchrun=True)
    prepared = prepare(get_step(step(work)()), "work", launched, PLACE)
    return {**prepared.request, "TrainingJobName": "p-work"}


def deployed(arguments: dict[str, Any], **parameters: Any) -> DeployedStep:
    """Return a step of a pipeline."""
    return DeployedStep("work", "pipe", arguments, parameters)


def merged(own: dict[str, Any], arguments: dict[str, Any], **parameters: Any) -> StepSettings:
    """Return what holds."""
    merger = SettingsMerger(StepSettings().updated(own), "work")
    return merger.settings(merger.defaults(deployed(arguments, **parameters)))


@pytest.mark.parametrize("settings", [ALL, GROUPS], ids=["all", "groups"])
def test_settings_come_back_from_the_request(settings: dict[str, Any]) -> None:
    """A function that sets nothing gets the very request of the pipeline's step."""
    request = request_of(StepSettings(**settings))
    found = merged({}, request)
    assert request_of(found) == request
    chosen = found.chosen()
    for name, value in settings.items():
        given = list(chosen[name]) if isinstance(chosen[name], tuple) else chosen[name]
        assert given == value, name


def test_each_setting_is_of_the_request_or_of_the_bundle() -> None:
    """A new setting has to be looked for in the pipeline's step, or left out on purpose."""
    of_the_bundle = {
        *("dependencies", "include", "install", "name", "nproc_per_node", "pre_execution_commands"),
        *("pre_execution_script", "serializer", "spark_config", "use_mpirun", "use_torchrun"),
    }
    of_the_pipeline = {
        *("cache_config", "depends_on", "description", "display_name", "retry_policies"),
    }
    of_the_surroundings = {"role", "job_name_prefix"}
    known = {*ALL, *GROUPS, *of_the_bundle, *of_the_pipeline, *of_the_surroundings}
    assert {item.name for item in fields(StepSettings)} == known


@pytest.mark.parametrize(
    ("own", "kept", "dropped"),
    [
        ({"instance_type": "ml.m5.large"}, {"instance_type": "ml.m5.large"}, "instance_groups"),
        (GROUPS, {"instance_groups": tuple(GROUPS["instance_groups"])}, "instance_type"),
        (
            {"use_spot_instances": False},
            {"use_spot_instances": False},
            "max_wait_time_in_seconds",
        ),
        ({"volume_size": 7}, {"volume_size": 7, "instance_type": "ml.c5.xlarge"}, None),
    ],
)
def test_own_settings_go_first(
    own: dict[str, Any], kept: dict[str, Any], dropped: str | None
) -> None:
    """With what belongs to them: the pipeline's other half would not fit."""
    base = GROUPS if dropped == "instance_groups" else ALL
    chosen = merged(own, request_of(StepSettings(**base))).chosen()
    assert {name: chosen[name] for name in kept} == kept
    assert dropped not in chosen


def test_environment_and_tags_are_merged() -> None:
    """By key, as between a step and its pipeline."""
    arguments = {
        "Environment": {"A": "theirs", "B": {"Get": "Parameters.Lost"}, "C": "theirs"},
        "Tags": [{"Key": "team", "Value": "theirs"}, {"Key": "cost", "Value": "1"}],
    }
    own = {"environment_variables": {"A": "ours", "B": "ours"}, "tags": {"team": "ours"}}
    found = merged(own, arguments)
    assert found.environment_variables == {"A": "ours", "B": "ours", "C": "theirs"}
    assert found.tags == {"team": "ours", "cost": "1"}


def test_variables_and_constructs_have_the_deployed_value() -> None:
    """Parameters their defaults, constructs what CloudFormation has made of them."""
    stack = cdk.Stack(cdk.App(), "S")
    own = {
        "instance_count": ParameterInteger("Count", default_value=1),
        "environment_variables": {"A": ParameterString("Text"), "B": "b"},
        "output_kms_key": kms.Key(stack, "Key"),
        "role": iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal()),
        "subnets": ec2.Vpc(stack, "Vpc").private_subnets,
        "checkpoint_s3_uri": f"s3://{stack.node.addr}/{stack.account}",
        "security_group_ids": ["sg-7"],
    }
    arguments = {
        "RoleArn": ROLE,
        "Environment": {"A": {"Get": "Parameters.Text"}, "B": "old"},
        "OutputDataConfig": {"KmsKeyId": KEY},
        "ResourceConfig": {"InstanceCount": {"Get": "Parameters.Count"}},
        "VpcConfig": {"Subnets": ["subnet-9"], "SecurityGroupIds": ["sg-1"]},
        "CheckpointConfig": {"S3Uri": "s3://x/123456789012"},
    }
    found = merged(own, arguments, Count=4, Text="t")
    assert found.instance_count == 4
    assert found.environment_variables == {"A": "t", "B": "b"}
    assert (found.output_kms_key, found.role, found.subnets) == (KEY, ROLE, ("subnet-9",))
    assert found.checkpoint_s3_uri == "s3://x/123456789012"
    assert found.security_group_ids == ("sg-7",)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"output_kms_key": object()}, "its output_kms_key has no value yet"),
        ({"instance_type": ParameterString("Kind")}, "its instance_type has no value yet"),
        (
            {"environment_variables": {"A": ParameterString("Kind")}},
            r"its environment_variables\['A'\] has no value yet",
        ),
    ],
)
def test_what_no_step_has_is_refused(own: dict[str, Any], message: str) -> None:
    """Rather than to run without a key, or on another instance."""
    with pytest.raises(StepError, match=message):
        merged(own, {})
    with pytest.raises(StepError, match=message):
        SettingsMerger(StepSettings(**own), "work").defaults(None)


@pytest.mark.parametrize(
    "expression",
    [
        {"Get": "Parameters.NoDefault"},
        {"Get": "Steps.load.TrainingJobName"},
        {"Get": "Execution.PipelineExecutionId"},
        {"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "a"}},
        {"Std:Join": {"On": "-", "Values": ["a", {"Get": "Parameters.NoDefault"}]}},
    ],
)
def test_value_that_only_an_execution_has_is_named(expression: dict[str, Any]) -> None:
    """With the setting to give, the pipeline and the place."""
    arguments = {"ResourceConfig": {"InstanceType": expression}}
    with pytest.raises(
        RemoteError,
        match=r"in pipeline 'pipe', its ResourceConfig.InstanceType .*"
        r"known only when the pipeline runs; give instance_type=",
    ):
        merged({}, arguments, Other=1)
    assert merged({"instance_type": "ml.m5.large"}, arguments).instance_type == "ml.m5.large"


def test_expressions_have_the_parameters_defaults() -> None:
    """Also joined to text."""
    values = ["s3://", {"Get": "Parameters.Bucket"}, "/", {"Get": "Execution.PipelineName"}]
    arguments = {"CheckpointConfig": {"S3Uri": {"Std:Join": {"On": "", "Values": values}}}}
    assert merged({}, arguments, Bucket="b").checkpoint_s3_uri == "s3://b/pipe"


def place_of(own: dict[str, Any], arguments: dict[str, Any] | None, region: str) -> Surroundings:
    """Return the surroundings of a job."""
    merger = SettingsMerger(StepSettings().updated({"role": ROLE, **own}), "work")
    found = None if arguments is None else deployed(arguments)
    return surroundings_of(
        "work", merger.literal, merger.defaults(found), found, "s3://b/jobs", region
    )


@pytest.mark.parametrize(
    ("image", "region", "expected"),
    [
        (
            Image.scikit_learn("1.4-2"),
            "eu-west-1",
            "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3",
        ),
        (
            Image.pytorch("2.5"),
            "cn-north-1",
            "727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/pytorch-training:2.5.1-cpu-py311",
        ),
        (Image.uri(IMAGE), "eu-west-1", IMAGE),
    ],
)
def test_image_without_a_pipeline(image: Image, region: str, expected: str) -> None:
    """One that AWS builds has its URI in the Region where the job runs."""
    assert place_of({"image_uri": image}, None, region).image_uri == expected


def test_image_that_aws_does_not_offer_there() -> None:
    """The Regions that have it are named."""
    with pytest.raises(
        RemoteError, match=r"does not offer .*:2.5.1-cpu-py311 in mars-1, but in af"
    ):
        place_of({"image_uri": Image.pytorch("2.5")}, None, "mars-1")


def test_image_of_the_pipelines_step_keeps_its_interpreter() -> None:
    """Also one that has its URI since it was deployed; an image of one's own has its own."""
    named = Image.uri(IMAGE, interpreter="/opt/conda/bin/python")
    place = place_of({"image_uri": named}, None, "eu-west-1")
    prepared = prepare(get_step(step(work)()), "work", StepSettings(), place)
    entry = prepared.request["AlgorithmSpecification"]["ContainerEntrypoint"]
    assert entry[:2] == ["/opt/conda/bin/python", "-c"]
    built = Image.from_ecr("team/train")
    for own in ({}, {"image_uri": built}):
        place = place_of(own, prepared.request, "eu-west-1")
        assert (place.image_uri, place.interpreter) == (IMAGE, "/opt/conda/bin/python")
    assert place_of({"image_uri": IMAGE}, prepared.request, "eu-west-1").interpreter == "python3"
    conda = prepare(get_step(step(work)()), "work", StepSettings(job_conda_env="ml"), place)
    entry = conda.request["AlgorithmSpecification"]["ContainerEntrypoint"]
    assert entry[-3:-1] == ["python3", "-c"], "a conda environment has a Python of its own"
    with pytest.raises(StepError, match="image_uri has no value yet"):
        place_of({"image_uri": built}, None, "eu-west-1")


def test_image_of_another_python_is_refused_before_anything_is_sent() -> None:
    """As at synthesis."""
    settings = StepSettings(image_uri=Image.scikit_learn("1.2-1"))
    with pytest.raises(StepError, match=r"an image with Python 3\.9, and a bundle for Python"):
        prepare(get_step(step(lambda: 1)()), "work", settings, PLACE)
