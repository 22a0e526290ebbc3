"""The table of the service's fields is complete, and what it names is there."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template
from botocore.model import ListShape, StructureShape

import constructs_lib
from constructs_lib import (
    AutoMLStep,
    EMRServerlessStep,
    EndpointConfigStep,
    EndpointStep,
    InferenceComponentStep,
    LineageStep,
    Pipeline,
    S3Input,
    TrainingStep,
    step,
)
from constructs_lib.model.settings import StepDefaults, StepSettings
from constructs_lib.service.step_types import STEP_TYPES, service_model
from tests.unit.cdk.test_pipeline import definition_of
from tests.unit.cdk.test_request_steps import steps_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "service-fields.md"
NESTED = (
    *("AlgorithmSpecification", "ResourceConfig", "OutputDataConfig", "StoppingCondition"),
    *("InputDataConfig", "CheckpointConfig", "VpcConfig"),
)
OTHER_SETTINGS = "Settings that are no member of the request"
# Named in backticks for other reasons than that they give a member.
WORDS = {"arguments", "File", "FastFile", "Pipe", "Tags.of(pipeline)"}
# What PipelineExecutionStepMetadata calls the types that are jobs.
JOBS = {
    "TrainingJob": "Training",
    "ProcessingJob": "Processing",
    "TransformJob": "Transform",
    "TuningJob": "Tuning",
    "AutoMLJob": "AutoML",
}

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
RULE = {"RuleConfigurationName": "rule", "RuleEvaluatorImage": IMAGE}
#: Every member of CreateTrainingJob; the service would refuse some of them beside each other.
WHOLE_REQUEST: dict[str, Any] = {
    "TrainingJobName": "mine",
    "HyperParameters": {"depth": "3"},
    "AlgorithmSpecification": {
        "TrainingImage": IMAGE,
        "AlgorithmName": "algorithm",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*)"}],
        "EnableSageMakerMetricsTimeSeries": True,
        "ContainerEntrypoint": ["train"],
        "ContainerArguments": ["-v"],
        "TrainingImageConfig": {"TrainingRepositoryAccessMode": "Vpc"},
    },
    "RoleArn": "arn:aws:iam::123456789012:role/team",
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "DataSource": {
                "FileSystemDataSource": {
                    "FileSystemId": "fs-0123456789a",
                    "FileSystemAccessMode": "ro",
                    "FileSystemType": "FSxLustre",
                    "DirectoryPath": "/data",
                }
            },
            "ContentType": "text/csv",
            "CompressionType": "None",
            "RecordWrapperType": "None",
            "InputMode": "File",
            "ShuffleConfig": {"Seed": 1},
        }
    ],
    "OutputDataConfig": {
        "KmsKeyId": "key",
        "S3OutputPath": "s3://models/out",
        "CompressionType": "GZIP",
    },
    "ResourceConfig": {
        "InstanceType": "ml.m5.large",
        "InstanceCount": 1,
        "VolumeSizeInGB": 30,
        "VolumeKmsKeyId": "key",
        "KeepAlivePeriodInSeconds": 60,
        "InstanceGroups": [
            {"InstanceGroupName": "a", "InstanceType": "ml.m5.large", "InstanceCount": 1}
        ],
        "TrainingPlanArn": f"{ARN}:training-plan/plan-of-a-whole-week-for-all-of-the-teams",
        "InstancePlacementConfig": {"EnableMultipleJobs": True},
        "InstancePreferences": [{"InstanceType": "ml.m5.large", "InstanceCount": 1}],
        "SelectedInstanceType": "ml.m5.large",
        "SelectedInstanceCount": 1,
    },
    "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
    "StoppingCondition": {
        "MaxRuntimeInSeconds": 3600,
        "MaxWaitTimeInSeconds": 7200,
        "MaxPendingTimeInSeconds": 7200,
    },
    "Tags": [{"Key": "team", "Value": "a"}],
    "EnableNetworkIsolation": True,
    "EnableInterContainerTrafficEncryption": True,
    "EnableManagedSpotTraining": True,
    "CheckpointConfig": {"S3Uri": "s3://models/points", "LocalPath": "/opt/ml/checkpoints"},
    "DebugHookConfig": {"S3OutputPath": "s3://models/debug"},
    "DebugRuleConfigurations": [RULE],
    "TensorBoardOutputConfig": {"S3OutputPath": "s3://models/board"},
    "ExperimentConfig": {"ExperimentName": "mine"},
    "ProfilerConfig": {"DisableProfiler": True},
    "ProfilerRuleConfigurations": [RULE],
    "Environment": {"A": "b"},
    "RetryStrategy": {"MaximumRetryAttempts": 2},
    "RemoteDebugConfig": {"EnableRemoteDebug": True},
    "InfraCheckConfig": {"EnableInfraCheck": True},
    "SessionChainingConfig": {"EnableSessionTagChaining": True},
    "ServerlessJobConfig": {
        "BaseModelArn": "arn:aws:sagemaker:eu-west-1:aws:hub-content/public/Model/m/1.0.0",
        "JobType": "FineTuning",
    },
    "MlflowConfig": {"MlflowResourceArn": f"{ARN}:mlflow-tracking-server/mine"},
    "ModelPackageConfig": {"ModelPackageGroupArn": f"{ARN}:model-package-group/mine"},
}


@step
def work(*inputs):
    return 1


@pytest.fixture
def stack() -> cdk.Stack:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(cdk.App(), "Training", env=env)


def tables() -> dict[str, dict[str, tuple[str, str]]]:
    """Return the page's tables: title to member to how it is given and which test shows it."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    title = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            title = line[3:]
            found[title] = {}
        elif line.startswith("| `"):
            member, given, shown = (cell.strip() for cell in line.strip("|").split("|"))
            assert member.strip("`") not in found[title], f"{title}: {member} stands there twice"
            found[title][member.strip("`")] = (given, shown.strip("`"))
    return found


def members(title: str) -> set[str]:
    """Return what a table has to list, from botocore's model."""
    model = service_model()
    if title == "Step types":
        metadata = model.shape_for("PipelineExecutionStepMetadata")
        assert isinstance(metadata, StructureShape)
        return {JOBS.get(name, name) for name in metadata.members} | set(STEP_TYPES)
    if title == OTHER_SETTINGS:
        given = {
            name
            for table in _requests().values()
            for cell, _ in table.values()
            for name in _names(cell)
        }
        return {field.name for field in dataclasses.fields(StepSettings)} - given
    operation = "CreatePipeline" if title == "CreatePipeline" else "CreateTrainingJob"
    shape = model.operation_model(operation).input_shape
    assert isinstance(shape, StructureShape)
    return set(_members_of(shape.members[title] if title in NESTED else shape))


def _members_of(shape: Any) -> Any:
    return (shape.member if isinstance(shape, ListShape) else shape).members


def _requests() -> dict[str, dict[str, tuple[str, str]]]:
    return {
        title: table for title, table in tables().items() if title in ("CreateTrainingJob", *NESTED)
    }


def _names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


TITLES = ("CreateTrainingJob", *NESTED, "Step types", "CreatePipeline", OTHER_SETTINGS)


@pytest.mark.parametrize("title", TITLES)
def test_table_has_exactly_the_members_of_the_service(title: str) -> None:
    """A member that botocore knows and the table does not, or the other way round, is named."""
    listed = set(tables()[title])
    missing, gone = members(title) - listed, listed - members(title)
    assert not missing, f"{PAGE.name}, {title}: add a line for each of {sorted(missing)}"
    assert not gone, f"{PAGE.name}, {title}: the service has no {sorted(gone)} any more"


def test_there_is_no_other_table() -> None:
    """Every table is compared."""
    assert set(tables()) == set(TITLES)


def test_what_gives_a_member_exists() -> None:
    """Each name is a setting, an argument of Pipeline, or public."""
    known = {field.name for field in dataclasses.fields(StepSettings)}
    assert {field.name for field in dataclasses.fields(StepDefaults)} <= known
    known |= set(inspect.signature(Pipeline.__init__).parameters) | set(constructs_lib.__all__)
    unknown = {
        f"{title}, {member}: {name}"
        for title, table in tables().items()
        if title != OTHER_SETTINGS
        for member, (given, _) in table.items()
        for name in _names(given)
        if name not in known | WORDS
    }
    assert unknown == set()


def test_every_line_says_how_or_why_not() -> None:
    """Something that gives the member, a reason, or the table that has the rest."""
    silent = [
        f"{title}, {member}"
        for title, table in tables().items()
        for member, (given, _) in table.items()
        if not (
            _names(given)
            or given.startswith("no, because ")
            or given == "see below"
            or title == OTHER_SETTINGS
        )
        or (given == "see below" and member not in NESTED)
    ]
    assert silent == []


def test_every_named_test_exists() -> None:
    """In the file that is named."""
    missing = []
    for title, table in tables().items():
        for member, (given, shown) in table.items():
            if given == "see below":
                continue
            path, _, name = shown.partition("::")
            file = ROOT / path
            if not file.is_file() or f"def {name}(" not in file.read_text(encoding="utf-8"):
                missing.append(f"{title}, {member}: {shown}")
    assert missing == []


def test_training_step_takes_every_member(stack: cdk.Stack) -> None:
    """The request arrives as it was given, with each member that the API has."""
    shape = service_model().operation_model("CreateTrainingJob").input_shape
    assert isinstance(shape, StructureShape)
    assert set(WHOLE_REQUEST) == set(shape.members)
    for name in NESTED:
        given = WHOLE_REQUEST[name]
        given = given[0] if isinstance(given, list) else given
        assert set(given) == set(_members_of(shape.members[name])), name
    found = steps_of(stack, TrainingStep("Train", WHOLE_REQUEST))
    assert found["Train"]["Arguments"] == WHOLE_REQUEST


def test_request_of_a_function_step(stack: cdk.Stack) -> None:
    """What no setting changes, and how its inputs come."""
    inputs = [S3Input("data", "a/"), S3Input("data", "b/", input_mode="FastFile")]
    (found,) = steps_of(stack, work(*inputs)).values()
    job = found["Arguments"]
    assert job["AlgorithmSpecification"]["TrainingInputMode"] == "File"
    assert job["OutputDataConfig"]["CompressionType"] == "NONE"
    assert [one["InputMode"] for one in job["InputDataConfig"]] == ["File", "FastFile", "File"]


def test_request_of_each_kind_of_input(stack: cdk.Stack) -> None:
    """The members of a channel, and what the role may read for it."""
    sharded = S3Input(
        "data",
        "a/",
        distribution="ShardedByS3Key",
        content_type="text/csv",
        shuffle_config={"Seed": 1},
        instance_groups=["gpu"],
    )
    images = {"prefixes": ["images/"]}
    piped = S3Input("data", "c/", input_mode="Pipe", compression="Gzip", record_wrapping="RecordIO")
    inputs = [
        sharded,
        S3Input.manifest("data", "lists/new.json", **images),
        piped,
        S3Input.manifest("data", "d.json", input_mode="Pipe", attribute_names=["ref"], **images),
    ]
    (found,) = steps_of(stack, work(*inputs)).values()
    channels = found["Arguments"]["InputDataConfig"][: len(inputs)]
    sources = [one.pop("DataSource")["S3DataSource"] for one in channels]
    names = [one.pop("ChannelName") for one in channels]
    assert len(set(names)) == len(inputs)
    assert channels == [
        {"InputMode": "File", "ContentType": "text/csv", "ShuffleConfig": {"Seed": 1}},
        {"InputMode": "File"},
        {"InputMode": "Pipe", "CompressionType": "Gzip", "RecordWrapperType": "RecordIO"},
        {"InputMode": "Pipe"},
    ]
    assert [
        (one["S3DataType"], one["S3DataDistributionType"], one["S3Uri"]) for one in sources
    ] == [
        ("S3Prefix", "ShardedByS3Key", "s3://data/a/"),
        ("ManifestFile", "FullyReplicated", "s3://data/lists/new.json"),
        ("S3Prefix", "FullyReplicated", "s3://data/c/"),
        ("AugmentedManifestFile", "FullyReplicated", "s3://data/d.json"),
    ]
    assert sources[0]["InstanceGroupNames"] == ["gpu"]
    assert sources[3]["AttributeNames"] == ["ref"]
    text = json.dumps(Template.from_stack(stack).find_resources("AWS::IAM::Role"))
    for allowed in ("data/lists/new.json*", "data/images/*"):
        assert f":s3:::{allowed}" in text
    assert ":s3:::data/*" not in text


def test_other_steps_are_their_requests(stack: cdk.Stack) -> None:
    """Types whose arguments are handed on; jobs get a role and a name."""
    automl = {
        "InputDataConfig": [
            {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://d/in"}},
                "TargetAttributeName": "y",
            }
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://d/out"},
    }
    variants = {"ProductionVariants": [{"VariantName": "all", "InitialInstanceCount": 1}]}
    given: dict[str, dict[str, Any]] = {
        "EndpointConfig": {"EndpointConfigName": "e", **variants},
        "Endpoint": {"EndpointName": "e", "EndpointConfigName": "e"},
        "InferenceComponent": {
            "InferenceComponentName": "c",
            "EndpointName": "e",
            "VariantName": "all",
        },
        "EMRServerless": {
            "ApplicationId": "a",
            "ExecutionRoleArn": "arn:aws:iam::123456789012:role/team",
            "JobConfig": {"JobDriver": {"SparkSubmit": {"EntryPoint": "s3://code/app.py"}}},
        },
        "Lineage": {"Artifacts": [{"ArtifactName": "a"}]},
    }
    kinds = (EndpointConfigStep, EndpointStep, InferenceComponentStep, EMRServerlessStep)
    steps = [kind(kind.step_type, given[kind.step_type]) for kind in (*kinds, LineageStep)]
    found = steps_of(stack, *steps, AutoMLStep("AutoML", automl))
    for name, arguments in given.items():
        assert (found[name]["Type"], found[name]["Arguments"]) == (name, arguments)
    assert found["AutoML"]["Type"] == "AutoML"
    assert set(found["AutoML"]["Arguments"]) == {*automl, "AutoMLJobName", "RoleArn"}


@pytest.mark.parametrize("kind", sorted(members("Step types") - set(STEP_TYPES)))
def test_step_of_any_type_is_given_as_json(stack: cdk.Stack, kind: str) -> None:
    """Types that there is no class for are left as they are."""
    given = {"Name": "One", "Type": kind, "Arguments": {"Of": [{"Any": "kind"}]}}
    Pipeline(stack, "P", steps=[given])
    assert definition_of(stack)["Steps"] == [given]


def test_members_of_the_pipeline(stack: cdk.Stack) -> None:
    """As CloudFormation has them."""
    role = iam.Role.from_role_arn(stack, "Mine", "arn:aws:iam::123456789012:role/team")
    Pipeline(
        stack,
        "P",
        steps=[work()],
        pipeline_display_name="Shown",
        pipeline_description="What it does",
        role=role,
    )
    (found,) = Template.from_stack(stack).find_resources("AWS::SageMaker::Pipeline").values()
    properties = found["Properties"]
    assert properties["PipelineDisplayName"] == "Shown"
    assert properties["PipelineDescription"] == "What it does"
    assert properties["RoleArn"] == "arn:aws:iam::123456789012:role/team"
    assert set(properties["PipelineDefinition"]) == {"PipelineDefinitionBody"}
    assert "PipelineVersionAliases" not in json.dumps(properties)
