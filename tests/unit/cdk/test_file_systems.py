"""Directories of file systems as arguments of a step."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_fsx as fsx
from aws_cdk.assertions import Template

from constructs_lib import (
    ExecutionVariables,
    FileSystemInput,
    ParameterString,
    Pipeline,
    PipelineError,
    StepError,
    step,
)
from tests.unit.cdk.test_pipeline import definition_of

ID = "fs-0123456789a"
VPC = {"subnets": ["subnet-1"], "security_group_ids": ["sg-1"]}


@step(**VPC)
def look(images, *more):
    return len(list(images.iterdir()))


@pytest.fixture
def stack() -> cdk.Stack:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(cdk.App(), "Training", env=env)


def channels_of(stack: cdk.Stack, *sources: FileSystemInput, **pipeline: Any) -> list[Any]:
    """Return the channels of a pipeline's only step, without its code."""
    Pipeline(stack, "P", steps=[look(*sources)], **pipeline)
    (found,) = definition_of(stack)["Steps"]
    return found["Arguments"]["InputDataConfig"][:-1]


def mounts_of(stack: cdk.Stack) -> list[Any]:
    """Return actions and resources of the statements about file systems."""
    return [
        (statement["Action"], statement["Resource"])
        for role in Template.from_stack(stack).find_resources("AWS::IAM::Role").values()
        for policy in role["Properties"].get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        if "elasticfilesystem" in json.dumps(statement)
    ]


def test_directory_is_a_channel(stack: cdk.Stack) -> None:
    """With the members of the service's data source, read-only unless asked otherwise."""
    assert channels_of(stack, FileSystemInput(ID, "EFS", "/images")) == [
        {
            "ChannelName": "images",
            "DataSource": {
                "FileSystemDataSource": {
                    "FileSystemId": ID,
                    "FileSystemAccessMode": "ro",
                    "FileSystemType": "EFS",
                    "DirectoryPath": "/images",
                }
            },
        }
    ]


def test_content_type_is_told(stack: cdk.Stack) -> None:
    """It stands beside the data source."""
    source = FileSystemInput(ID, "EFS", "/images", content_type="image/png")
    (channel,) = channels_of(stack, source)
    assert channel["ContentType"] == "image/png"


def test_every_text_may_be_a_variable(stack: cdk.Stack) -> None:
    """Parameters are declared to the pipeline as those of any other argument."""
    names = ("System", "Type", "Mode", "Content")
    system, kind, mode, content = parameters = [ParameterString(name) for name in names]
    run = ExecutionVariables.PIPELINE_EXECUTION_ID
    source = FileSystemInput(system, kind, f"/runs/{run}", mode, content)
    (channel,) = channels_of(stack, source, parameters=parameters)
    assert channel["ContentType"] == {"Get": "Parameters.Content"}
    assert channel["DataSource"]["FileSystemDataSource"] == {
        "FileSystemId": {"Get": "Parameters.System"},
        "FileSystemAccessMode": {"Get": "Parameters.Mode"},
        "FileSystemType": {"Get": "Parameters.Type"},
        "DirectoryPath": {
            "Std:Join": {"On": "", "Values": ["/runs/", {"Get": "Execution.PipelineExecutionId"}]}
        },
    }


def test_undeclared_parameter_is_found(stack: cdk.Stack) -> None:
    """Wherever in the input it is."""
    source = FileSystemInput(ID, "EFS", "/", content_type=ParameterString("Content"))
    with pytest.raises(PipelineError, match="undeclared parameter: found 'Content'"):
        Pipeline(stack, "P", steps=[look(source)])


def test_result_of_a_step_may_name_the_directory(stack: cdk.Stack) -> None:
    """The step that mounts it runs after the one that names it."""

    @step
    def choose():
        return "/images"

    Pipeline(stack, "P", steps=[look(FileSystemInput(ID, "EFS", choose()))])
    assert definition_of(stack)["Steps"][1]["DependsOn"] == ["choose"]


def test_constructs_stand_for_their_ids(stack: cdk.Stack) -> None:
    """Of EFS and of FSx for Lustre; the security groups stay as they are."""
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1)
    one = efs.FileSystem(stack, "Efs", vpc=vpc)
    other = fsx.LustreFileSystem(
        stack,
        "Fsx",
        vpc=vpc,
        vpc_subnet=vpc.private_subnets[0],
        storage_capacity_gib=1200,
        lustre_configuration=fsx.LustreConfiguration(
            deployment_type=fsx.LustreDeploymentType.SCRATCH_2
        ),
    )
    found = channels_of(
        stack,
        FileSystemInput(one, "EFS", "/images"),
        FileSystemInput(other, "FSxLustre", f"/{other.mount_name}/images"),
    )
    systems = [channel["DataSource"]["FileSystemDataSource"] for channel in found]
    resolved = [stack.resolve(item.file_system_id)["Ref"] for item in (one, other)]
    assert [system["FileSystemId"] for system in systems] == [f"<{name}>" for name in resolved]
    assert systems[1]["DirectoryPath"].startswith("/<")
    efs_arn = stack.resolve(one.file_system_arn)
    assert mounts_of(stack) == [("elasticfilesystem:ClientMount", efs_arn)]
    Template.from_stack(stack).resource_count_is("AWS::EC2::SecurityGroupIngress", 1)


@pytest.mark.parametrize(
    ("mode", "actions"),
    [
        ("ro", "elasticfilesystem:ClientMount"),
        ("rw", ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]),
        (
            ParameterString("Mode"),
            ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        ),
    ],
)
def test_step_may_mount_its_efs(stack: cdk.Stack, mode: Any, actions: Any) -> None:
    """And write to it if that is asked for, or may be."""
    parameters = [mode] if isinstance(mode, ParameterString) else []
    channels_of(stack, FileSystemInput(ID, "EFS", "/", mode), parameters=parameters)
    ((found, resource),) = mounts_of(stack)
    assert found == actions
    assert json.dumps(resource).endswith(
        f':elasticfilesystem:eu-west-1:123456789012:file-system/{ID}"]]}}'
    )


def test_file_system_of_a_parameter_may_be_any(stack: cdk.Stack) -> None:
    """Of the account and Region."""
    system = ParameterString("System")
    channels_of(stack, FileSystemInput(system, "EFS", "/"), parameters=[system])
    ((_, resource),) = mounts_of(stack)
    assert json.dumps(resource).endswith(':file-system/*"]]}')


def test_lustre_knows_no_permission_to_mount(stack: cdk.Stack) -> None:
    """Who can reach it may mount it."""
    channels_of(stack, FileSystemInput(ID, "FSxLustre", "/mount", "rw"))
    assert mounts_of(stack) == []


def test_step_outside_of_a_vpc_is_refused(stack: cdk.Stack) -> None:
    """The message names both settings."""
    outside = look.with_options(subnets=None, security_group_ids=None)
    with pytest.raises(PipelineError, match=r"no subnets and no security_group_ids") as error:
        Pipeline(stack, "P", steps=[outside(FileSystemInput(ID, "EFS", "/"))])
    assert len(error.value.faults) == 1


def test_half_a_vpc_is_told_by_the_settings(stack: cdk.Stack) -> None:
    """Their rule names the missing one; this one has nothing to add."""
    half = look.with_options(security_group_ids=None)
    with pytest.raises(PipelineError, match="subnets without security_group_ids") as error:
        Pipeline(stack, "P", steps=[half(FileSystemInput(ID, "EFS", "/"))])
    assert "mounts a file system" not in str(error.value)


def test_id_of_another_form_is_refused(stack: cdk.Stack) -> None:
    """By the service's own pattern."""
    with pytest.raises(
        PipelineError, match="FileSystemId has an invalid form: found 'my-files-01'"
    ):
        Pipeline(stack, "P", steps=[look(FileSystemInput("my-files-01", "EFS", "/"))])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, "EFS", "/"), "unusable file_system_id"),
        ((ID, "NFS", "/"), "unusable file_system_type: found 'NFS', allowed: EFS or FSxLustre"),
        ((ID, "EFS", "images"), "unusable directory_path.*begins with '/'"),
        ((ID, "EFS", 3), "unusable directory_path"),
        ((ID, "EFS", "/", "wo"), "unusable file_system_access_mode: .* allowed: ro or rw"),
        ((ID, "EFS", "/", "ro", 3), "unusable content_type"),
    ],
)
def test_wrong_argument_is_refused_where_it_is_written(arguments: Any, message: str) -> None:
    """With the file and line."""
    with pytest.raises(StepError, match=rf"test_file_systems.py:\d+: FileSystemInput.*{message}"):
        FileSystemInput(*arguments)


def test_one_input_for_two_arguments_is_one_channel(stack: cdk.Stack) -> None:
    """As with S3."""
    source = FileSystemInput(ID, "EFS", "/images")
    assert len(channels_of(stack, source, source)) == 1
