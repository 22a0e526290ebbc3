"""``constructs-lib diff`` with what is deployed."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk.aws_scheduler import ScheduleExpression

from constructs_lib import ParameterInteger, Pipeline, S3Input, step
from constructs_lib.cli.main import main
from constructs_lib.sandbox import Sandbox
from tests.functional.sandbox.apps import ACCOUNT, REGION, deploy, synthesize
from tests.unit.cdk.test_long_definitions import rows


@step
def double(value, times=2):
    return value * times


@step
def read_file(path):
    return str(path)


@pytest.fixture(autouse=True)
def credentials(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a user's shell has."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)


def new_stack(folder: Path, name: str) -> cdk.Stack:
    """Return a stack of a new app, with paths in its template, as the CDK CLI asks for."""
    app = cdk.App(outdir=str(folder), context={"aws:cdk:enable-path-metadata": True})
    return cdk.Stack(app, name, env=cdk.Environment(account=ACCOUNT, region=REGION))


def diff(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["diff", *arguments]) == 0
    return capsys.readouterr().out


def nightly(folder: Path, *, times: int = 2, hour: str = "2", name: str = "nightly") -> cdk.Stack:
    """A stack with a pipeline that has most of what is compared."""
    stack = new_stack(folder, name.title())
    table = dynamodb.TableV2(
        stack,
        "Prices",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
    )
    depth = ParameterInteger("Depth", 6)
    pipeline = Pipeline(
        stack, "P", steps=[double(depth, times)], parameters=[depth], pipeline_name=name
    )
    if times > 2:
        table.grant_read_data(pipeline.step("double"))
    pipeline.add_schedule(
        "Nightly", ScheduleExpression.cron(hour=hour, minute="0"), parameters={"Depth": 8}
    )
    return stack


def test_deployed_is_what_was_synthesized(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then nothing differs; else steps, schedules and permissions do."""
    same = str(deploy(sandbox, nightly(tmp_path / "same")))
    assert diff(capsys, "deployed:nightly", same) == "There were no differences\n"
    other = str(synthesize(nightly(tmp_path / "other", times=3, hour="3")))
    found = diff(capsys, "deployed:nightly", other)
    assert "~ argument times: 2 → 3" in found
    assert "~ Nightly schedule: cron(0 2 * * ? *) → cron(0 3 * * ? *)" in found
    assert "+ step double may dynamodb:BatchGetItem" in found


def test_long_definition_is_fetched(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is an object in a bucket, with markers for the names that the deployment gives."""

    def stack(folder: str, value: int) -> cdk.Stack:
        made = new_stack(tmp_path / folder, "LongDiff")
        Pipeline(made, "P", steps=[double(value), rows(3000)], pipeline_name="long-diff")
        return made

    same = str(deploy(sandbox, stack("same", 2)))
    assert diff(capsys, "deployed:long-diff", same) == "There were no differences\n"
    found = diff(capsys, "deployed:long-diff", str(synthesize(stack("other", 3))))
    assert "~ argument value: 2 → 3" in found
    assert "Permissions" not in found


def test_names_of_other_stacks_are_the_same(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bucket of another stack comes by its export."""
    first = new_stack(tmp_path / "cdk.out", "DiffData")
    bucket = s3.Bucket(first, "Raw")
    second = cdk.Stack(
        first.node.root, "DiffUse", env=cdk.Environment(account=ACCOUNT, region=REGION)
    )
    Pipeline(second, "P", steps=[read_file(S3Input(bucket, "in/"))], pipeline_name="diff-use")
    folder = str(deploy(sandbox, first))
    deploy(sandbox, second)
    assert diff(capsys, "deployed:diff-use", folder) == "There were no differences\n"


def test_pipeline_of_no_stack_has_only_its_definition(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Roles and schedules are not known, and not said to be new."""
    folder = synthesize(nightly(tmp_path / "cdk.out", name="alone"))
    arguments = {
        "TrainingJobName": "alone-double",
        "RoleArn": "arn:aws:iam::000000000000:role/alone",
        "HyperParameters": {"times": "5"},
        "OutputDataConfig": {"S3OutputPath": "s3://somewhere"},
        "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": "image"},
        "ResourceConfig": {"VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    body = {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "Depth", "Type": "Integer", "DefaultValue": 6}],
        "Steps": [{"Name": "double", "Type": "Training", "Arguments": arguments}],
    }
    sandbox.client("sagemaker").create_pipeline(
        PipelineName="alone",
        PipelineDefinition=json.dumps(body),
        ClientRequestToken="0" * 32,
        RoleArn="arn:aws:iam::000000000000:role/alone",
    )
    found = diff(capsys, "deployed:alone", str(folder))
    assert "~ argument times: 5 → 2" in found
    assert "Schedules" not in found
    assert "Permissions" not in found


def test_pipelines_of_the_other_version_are_looked_up(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a name: those of the account that the app does not have are not its business."""
    deploy(sandbox, nightly(tmp_path / "one", name="first"))
    deploy(sandbox, nightly(tmp_path / "two", name="second"))
    stack = nightly(tmp_path / "new", times=3, name="first")
    Pipeline(stack, "New", steps=[double.with_options(name="twice")(1)], pipeline_name="third")
    found = diff(capsys, "deployed", str(synthesize(stack)))
    assert "pipeline first: 1 step changed" in found
    assert "pipeline third is added" in found
    assert "second" not in found
    found = diff(capsys, "deployed:first", str(synthesize(stack)))
    assert "third" not in found
    assert "argument times: 3 → 2" in diff(capsys, str(tmp_path / "new"), "deployed:first")
    assert "pipeline second" in diff(capsys, "deployed:first", "deployed:second")


def test_pipeline_that_is_not_there_is_said(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and no traceback."""
    folder = str(synthesize(nightly(tmp_path / "cdk.out")))
    assert main(["diff", "deployed:nowhere", folder]) == 2
    assert "nowhere" in capsys.readouterr().err
