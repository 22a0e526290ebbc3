"""Notebook jobs: what the service gets, which files are published, what is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from constructs_lib import (
    CleanupStep,
    Join,
    NotebookJobStep,
    ParameterString,
    Pipeline,
    PipelineError,
    S3CleanupSource,
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepError,
    TrainingStep,
    step,
)
from constructs_lib.local.assembly import Assembly
from tests.unit.cdk.test_cleanup_steps import permissions
from tests.unit.cdk.test_request_steps import channel, role_of, steps_of, training

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/notebooks:1"
DAY = ParameterString("Day", default_value="1")
ASSETS = "cdk-hnb659fds-assets-123456789012-eu-west-1"


@step
def load(where=None):
    return {"rows": 1}


@pytest.fixture
def stack(tmp_path: Path) -> cdk.Stack:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(cdk.App(outdir=str(tmp_path / "cdk.out")), "Training", env=env)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a notebook and what it needs."""
    folder = tmp_path / "project"
    (folder / "lib" / "inner" / "__pycache__").mkdir(parents=True)
    (folder / "lib" / "inner" / "__pycache__" / "m.pyc").write_bytes(b"0")
    (folder / "lib" / "inner" / "m.py").write_text("x = 1\n")
    (folder / "report.ipynb").write_text('{"cells": []}')
    (folder / "report.sh").write_text("true\n")
    monkeypatch.chdir(folder)
    return folder


def notebook(**more: Any) -> NotebookJobStep:
    """Return a notebook job."""
    given = {"input_notebook": "report.ipynb", "image_uri": IMAGE, "kernel_name": "python3"}
    return NotebookJobStep(**{**given, **more})


def published(stack: cdk.Stack) -> dict[str, bytes]:
    """Return key and content of the assets of notebooks, as they would be uploaded."""
    cdk.App.of(stack).synth()  # type: ignore[union-attr]
    assembly = Assembly(Path(cdk.App.of(stack).outdir))  # type: ignore[union-attr]
    return {
        key: path.read_bytes()
        for key in assembly.asset_keys(ASSETS)
        if key.startswith("notebooks/") and (path := assembly.asset(ASSETS, key)) is not None
    }


def test_request_starts_the_program_of_the_image(stack: cdk.Stack) -> None:
    """With a folder that holds the notebook, and output below the pipeline and the step."""
    found = steps_of(stack, notebook())["report-ipynb"]
    arguments = found["Arguments"]
    source = arguments["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    assert source.pop("S3Uri").startswith(f"s3://{ASSETS}/notebooks/training-p/report-ipynb/")
    assert found == {
        "Name": "report-ipynb",
        "Type": "Training",
        "Arguments": {
            "TrainingJobName": "training-p-report-ipynb",
            "RoleArn": arguments["RoleArn"],
            "RetryStrategy": {"MaximumRetryAttempts": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 172800},
            "EnableInterContainerTrafficEncryption": True,
            "AlgorithmSpecification": {
                "TrainingImage": IMAGE,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["amazon_sagemaker_scheduler"],
            },
            "InputDataConfig": [
                {
                    "ChannelName": "sagemaker_headless_execution_pipelinestep",
                    "DataSource": {
                        "S3DataSource": {
                            "S3DataType": "S3Prefix",
                            "S3DataDistributionType": "FullyReplicated",
                        }
                    },
                }
            ],
            "OutputDataConfig": {
                "S3OutputPath": "s3://<PArtifacts78754C37>/training-p/report-ipynb"
            },
            "ResourceConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 30,
            },
            "Tags": [
                {"Key": "sagemaker:name", "Value": "report-ipynb"},
                {"Key": "sagemaker:notebook-name", "Value": "report.ipynb"},
                {"Key": "sagemaker:notebook-job-origin", "Value": "PIPELINE_STEP"},
                {"Key": "sagemaker:is-studio-archived", "Value": "false"},
            ],
            "Environment": {
                "SM_JOB_DEF_VERSION": "1.0",
                "SM_ENV_NAME": "sagemaker-default-env",
                "SM_SKIP_EFS_SIMULATION": "true",
                "SM_EXECUTION_INPUT_PATH": "/opt/ml/input/data/"
                "sagemaker_headless_execution_pipelinestep",
                "SM_KERNEL_NAME": "python3",
                "SM_INPUT_NOTEBOOK_NAME": "report.ipynb",
                "SM_OUTPUT_NOTEBOOK_NAME": "report-ipynb.ipynb",
                "AWS_DEFAULT_REGION": "eu-west-1",
            },
        },
    }


def test_settings_reach_the_request(stack: cdk.Stack) -> None:
    """Each where the service takes it; variables too."""
    day = ParameterString("Day", default_value="1")
    policy = SageMakerJobStepRetryPolicy(
        exception_types=[SageMakerJobExceptionTypeEnum.CAPACITY_ERROR], max_attempts=3
    )
    first = load()
    vpc = ec2.Vpc(stack, "Vpc")
    key = kms.Key(stack, "Key")
    found = steps_of(
        stack,
        notebook(
            name="report",
            display_name="Report",
            description="Of the day.",
            notebook_job_name="daily_report",
            s3_root_uri="s3://reports/daily/",
            parameters={"day": day, "rows": Join(values=[first["rows"]])},
            environment_variables={"DAY": day},
            initialization_script="report.sh",
            s3_kms_key=key,
            instance_type="ml.c5.xlarge",
            volume_size=50,
            volume_kms_key="arn:aws:kms:eu-west-1:123456789012:key/1",
            encrypt_inter_container_traffic=False,
            security_group_ids=["sg-1"],
            subnets=[vpc.private_subnets[0]],
            max_retry_attempts=2,
            max_runtime_in_seconds=60,
            tags={"team": "a"},
            retry_policies=[policy],
            depends_on=[load()],
        ),
        parameters=[day],
    )["report"]
    arguments = found["Arguments"]
    assert (found["DisplayName"], found["Description"]) == ("Report", "Of the day.")
    assert found["DependsOn"] == ["load", "load-2"]
    assert found["RetryPolicies"][0]["ExceptionType"] == ["SageMaker.CAPACITY_ERROR"]
    assert arguments["TrainingJobName"] == "training-p-report"
    assert arguments["HyperParameters"]["day"] == {"Get": "Parameters.Day"}
    assert "Std:JsonGet" in json.dumps(arguments["HyperParameters"]["rows"])
    assert arguments["Environment"]["DAY"] == {"Get": "Parameters.Day"}
    assert arguments["Environment"]["SM_INIT_SCRIPT"] == "report.sh"
    assert arguments["Environment"]["SM_OUTPUT_NOTEBOOK_NAME"] == "daily-report.ipynb"
    assert arguments["Tags"][0] == {"Key": "team", "Value": "a"}
    assert {"Key": "sagemaker:name", "Value": "daily_report"} in arguments["Tags"]
    path = ["s3://reports/daily", {"Get": "Execution.PipelineName"}, "report"]
    output = arguments["OutputDataConfig"]
    assert output["S3OutputPath"] == {"Std:Join": {"On": "/", "Values": path}}
    assert output["KmsKeyId"].startswith("<Key")
    assert arguments["ResourceConfig"] == {
        "InstanceCount": 1,
        "InstanceType": "ml.c5.xlarge",
        "VolumeSizeInGB": 50,
        "VolumeKmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1",
    }
    assert arguments["VpcConfig"]["SecurityGroupIds"] == ["sg-1"]
    assert arguments["VpcConfig"]["Subnets"][0].startswith("<VpcPrivateSubnet1")
    assert arguments["EnableInterContainerTrafficEncryption"] is False
    assert arguments["RetryStrategy"] == {"MaximumRetryAttempts": 2}
    assert arguments["StoppingCondition"] == {"MaxRuntimeInSeconds": 60}


def test_files_lie_beside_the_notebook(stack: cdk.Stack, project: Path) -> None:
    """Under their own names, folders with all that is in them; files of one stem are apart."""
    found = steps_of(
        stack,
        notebook(
            name="report", initialization_script="report.sh", additional_dependencies=["lib/"]
        ),
    )
    source = found["report"]["Arguments"]["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    prefix = source["S3Uri"].removeprefix(f"s3://{ASSETS}/")
    assert prefix.endswith("/")
    assert published(stack) == {
        f"{prefix}report.ipynb": (project / "report.ipynb").read_bytes(),
        f"{prefix}report.sh": b"true\n",
        f"{prefix}lib/inner/m.py": b"x = 1\n",
    }


def test_place_follows_from_names_and_content(stack: cdk.Stack, project: Path) -> None:
    """Equal files have an equal place; each change is another."""

    def place(**more: Any) -> str:
        app = cdk.App(outdir=str(project.parent / hashlib.sha256(str(more).encode()).hexdigest()))
        here = cdk.Stack(app, "S", env=cdk.Environment(account="1" * 12, region="eu-west-1"))
        found = steps_of(here, notebook(name="report", **more))["report"]["Arguments"]
        uri: str = found["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
        return uri

    first = place()
    assert place(instance_type="ml.c5.xlarge") == first
    assert place(initialization_script="report.sh") != first
    (project / "report.ipynb").write_text('{"cells": [1]}')
    assert place(volume_size=31) != first


def test_paths_begin_where_the_step_is_made(
    stack: cdk.Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else in the working directory."""
    code = "from constructs_lib import NotebookJobStep\nmade = NotebookJobStep('a.ipynb', 'i', 'k')"
    (tmp_path / "a.ipynb").write_text("{}")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    namespace: dict[str, Any] = {}
    exec(compile(code, str(tmp_path / "app.py"), "exec"), namespace)
    assert "a-ipynb" in steps_of(stack, namespace["made"])


def test_role_reads_the_files_and_writes_the_output(stack: cdk.Stack) -> None:
    """And no other step's; those of earlier versions, for executions that are under way."""
    steps_of(stack, notebook(name="report"))
    role = role_of(stack, "report")
    assert f":s3:::{ASSETS}/notebooks/training-p/report/*" in role
    assert '"s3:prefix": "notebooks/training-p/report/*"' in role
    assert '"/training-p/report/*"' in role
    assert "repository/notebooks" in role
    assert "training-job/training-p-report-*" in role


def test_role_writes_below_the_root_that_is_given(stack: cdk.Stack) -> None:
    """The pipeline's and the step's folder in it; not in the artifacts bucket."""
    steps_of(stack, notebook(name="report", s3_root_uri="s3://reports"))
    role = role_of(stack, "report")
    assert ":s3:::reports/training-p/report/*" in role
    assert "Artifacts" not in role


def test_role_uses_the_key_of_the_artifacts(stack: cdk.Stack) -> None:
    """Output is encrypted with it."""
    key = kms.Key(stack, "Key")
    bucket = s3.Bucket(stack, "Mine", encryption_key=key)
    steps_of(stack, notebook(name="report"), artifacts_bucket=bucket)
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
    (policy,) = (p for name, p in policies.items() if name.startswith("PStepsreport"))
    assert "kms:GenerateDataKey" in json.dumps(policy)


def test_role_that_is_given_is_used_as_it_is(stack: cdk.Stack) -> None:
    """As a construct or as an ARN; the pipeline may pass it."""
    arn = "arn:aws:iam::123456789012:role/team"
    role = iam.Role.from_role_arn(stack, "Team", arn)
    for given in (role, arn):
        made = notebook(name="report", role=given)
        assert made.arguments["RoleArn"] == arn
    found = steps_of(stack, made)
    assert found["report"]["Arguments"]["RoleArn"] == arn
    roles = Template.from_stack(stack).find_resources("AWS::IAM::Role")
    assert [name[:5] for name in roles] == ["PRole"]
    assert arn in json.dumps(roles)


def test_properties_have_the_names_of_the_sdk(stack: cdk.Stack) -> None:
    """And those of the training job; a step that reads the output may read its files."""
    made = notebook(name="report")
    properties = made.properties
    assert {
        name: getattr(properties, name).expression.path
        for name in (
            *("ComputingJobName", "ComputingJobStatus", "NotebookJobInputLocation"),
            *("NotebookJobOutputLocationPrefix", "InputNotebookName", "OutputNotebookName"),
            "TrainingJobArn",
        )
    } == {
        "ComputingJobName": "TrainingJobName",
        "ComputingJobStatus": "TrainingJobStatus",
        "NotebookJobInputLocation": "InputDataConfig[0].DataSource.S3DataSource.S3Uri",
        "NotebookJobOutputLocationPrefix": "OutputDataConfig.S3OutputPath",
        "InputNotebookName": "Environment['SM_INPUT_NOTEBOOK_NAME']",
        "OutputNotebookName": "Environment['SM_OUTPUT_NOTEBOOK_NAME']",
        "TrainingJobArn": "TrainingJobArn",
    }
    with pytest.raises(StepError, match="has no such property"):
        _ = properties.ComputingJob
    read = TrainingStep(
        "Read", training(InputDataConfig=channel(properties.NotebookJobOutputLocationPrefix))
    )
    found = steps_of(stack, read)
    assert found["Read"]["DependsOn"] == ["report"]
    assert '"/training-p/report/*"' in role_of(stack, "Read")


@pytest.mark.parametrize(
    ("root", "pattern"),
    [
        (None, "<PArtifacts78754C37>/training-p/report/*"),
        ("s3://reports/daily", "reports/daily/training-p/report/*"),
        (f"s3://reports/{DAY}", "reports/*/training-p/report/*"),
    ],
)
def test_output_can_be_cleaned_up(stack: cdk.Stack, root: str | None, pattern: str) -> None:
    """As that of any training job; also in a folder that is known when the pipeline runs."""
    made = notebook(name="report", s3_root_uri=root)
    clean = CleanupStep("Clean", [S3CleanupSource(made)])
    Pipeline(stack, "P", steps=[clean], parameters=[DAY])
    assert permissions(stack)["s3:DeleteObject"] == [pattern]


def test_root_in_a_folder_of_a_parameter(stack: cdk.Stack) -> None:
    """The role writes in the step's folder, wherever it is in the bucket."""
    steps_of(stack, notebook(name="report", s3_root_uri=f"s3://reports/{DAY}"), parameters=[DAY])
    assert ":s3:::reports/*/training-p/report/*" in role_of(stack, "report")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"input_notebook": "rep.ipynb"}, "a file that is not there: found 'rep.ipynb'"),
        ({"input_notebook": "lib"}, "a file that is not there: found 'lib'"),
        ({"initialization_script": "lib"}, "a file that is not there: found 'lib'"),
        ({"additional_dependencies": ["no"]}, "a file or a folder that is not there: found 'no'"),
        (
            {"additional_dependencies": ["lib/inner/m.py", "lib/inner/../inner/m.py"]},
            "two files of one name: found 'm.py'",
        ),
        ({"notebook_job_name": "1st"}, "notebook_job_name cannot name .*: found '1st'"),
        ({"kernel_name": ""}, "kernel_name is missing: found ''"),
        ({"subnets": ["subnet-1"]}, "subnets without security_group_ids would leave"),
        ({"security_group_ids": ["sg-1"]}, "security_group_ids without subnets would leave"),
        ({"image_uri": None}, "image_uri is missing: found None"),
    ],
)
def test_what_cannot_run_is_refused(
    stack: cdk.Stack, settings: dict[str, Any], message: str
) -> None:
    """At synth, with the step's name and the user's line."""
    with pytest.raises(PipelineError, match=message) as raised:
        Pipeline(stack, "P", steps=[notebook(name="report", **settings)])
    assert "'report'" in str(raised.value)
    assert raised.value.faults[0].location is not None


def test_what_is_given_is_not_changed(stack: cdk.Stack) -> None:
    """The SDK adds its own variables to the user's dict."""
    variables, parameters = {"A": "1"}, {"n": "1"}
    made = notebook(name="report", environment_variables=variables, parameters=parameters)
    parameters["n"] = "2"
    found = steps_of(stack, made)
    assert variables == {"A": "1"}
    assert found["report"]["Arguments"]["HyperParameters"] == {"n": "1"}
