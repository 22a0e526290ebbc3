"""Definitions that have no room in a template."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template

from constructs_lib import Pipeline, step
from constructs_lib.cdk import definition_object
from constructs_lib.local.assembly import Assembly

ENV = cdk.Environment(account="123456789012", region="eu-west-1")


@step(instance_type="ml.m5.large", dependencies=["pandas>=2"])
def work(value, factor, table="rows"):
    """Do what a usual step does."""
    total = 0
    for row in range(value):
        if row % 2:
            total += row * factor
        else:
            total -= row
    return {table: total}


def rows(count: int) -> dict[str, Any]:
    """Return a step of another tool whose request is long."""
    items = [{"Key": f"key-{n}", "Value": "x" * 60} for n in range(count)]
    return {"Name": "rows", "Type": "Lambda", "Arguments": {"Items": items}}


def synthesize(folder: Path, count: int = 3000, factor: int = 3) -> dict[str, Any]:
    """Synthesize a pipeline with a step of many rows; return its stack's template."""
    app = cdk.App(outdir=str(folder))
    stack = cdk.Stack(app, "Training", env=ENV)
    raw = s3.Bucket(stack, "Raw")
    Pipeline(
        stack,
        "Long",
        steps=[work(5, factor, raw.bucket_name), rows(count)],
        pipeline_name="long",
    )
    app.synth()
    template: dict[str, Any] = json.loads((folder / "Training.template.json").read_text())
    return template


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the resources of a type."""
    return [r for r in template["Resources"].values() if r["Type"] == kind]


def property_of(template: dict[str, Any]) -> dict[str, Any]:
    """Return the pipeline's definition property."""
    (pipeline,) = of_type(template, "AWS::SageMaker::Pipeline")
    found: dict[str, Any] = pipeline["Properties"]["PipelineDefinition"]
    return found


def test_fifty_steps_with_source_fit_into_the_template(tmp_path: Path) -> None:
    """The most steps that a pipeline may have leave a third of the template free."""
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Training", env=ENV)
    value: Any = 1
    steps = []
    for number in range(50):
        value = work(value, number)
        steps.append(value)
    Pipeline(stack, "Fifty", steps=steps)
    app.synth()
    text = (tmp_path / "Training.template.json").read_text(encoding="utf-8")
    assert "PipelineDefinitionBody" in text
    assert "total += row * factor" in text
    assert len(text) < 660_000


def test_long_definition_is_an_object_named_by_its_content(tmp_path: Path) -> None:
    """The template names bucket and key; only names of the deployment are filled in later."""
    template = synthesize(tmp_path)
    (location,) = property_of(template).values()
    assert location["Bucket"]["Ref"].startswith("LongArtifacts")
    (call,) = of_type(template, definition_object.RESOURCE_TYPE)
    key = call["Properties"]["SourceKey"]
    marked = (tmp_path / f"asset.{key}").read_text(encoding="utf-8")
    assert "${Token" not in marked
    assert {"Ref": location["Bucket"]["Ref"]} in call["Properties"]["Values"]


def test_long_definition_is_the_same_wherever_it_is_made(tmp_path: Path) -> None:
    """Same source, same key."""
    one, two = (synthesize(tmp_path / name) for name in ("one", "two"))
    assert one == two


def test_local_runs_read_what_will_be_deployed(tmp_path: Path) -> None:
    """The markers are replaced by the names that the stack's resources have on this machine."""
    synthesize(tmp_path)
    long = Assembly(tmp_path).find("long").definition
    (short,) = [step for step in long["Steps"] if step["Name"] == "work"]
    assert short["Arguments"]["HyperParameters"]["table"].startswith("raw")
    assert len(next(s for s in long["Steps"] if s["Name"] == "rows")["Arguments"]["Items"]) == 3000


def test_change_is_one_line_of_the_template_besides_the_key(tmp_path: Path) -> None:
    """The template shows the short parts of the definition, line by line, under their names."""
    old, new = (synthesize(tmp_path / str(f), factor=f) for f in (3, 4))
    lines = [json.dumps(t, indent=1).splitlines() for t in (old, new)]
    removed = [line for line in lines[0] if line not in lines[1]]
    added = [line for line in lines[1] if line not in lines[0]]
    assert [line.strip() for line in removed if "SourceKey" not in line] == [
        json.dumps('step work |    "factor": "3",') + ","
    ]
    assert len(added) == len(removed) == 2


def test_change_of_a_part_that_is_not_shown_is_told(tmp_path: Path) -> None:
    """A part without room is there as its length and hash."""
    old, new = (synthesize(tmp_path / str(c), count=c) for c in (6000, 6001))
    key_old, key_new = (property_of(t)["PipelineDefinitionS3Location"]["Key"] for t in (old, new))
    changed = [
        line
        for line in key_new["Fn::Join"][1][0]["Fn::Select"][1]
        if line not in key_old["Fn::Join"][1][0]["Fn::Select"][1]
    ]
    (line,) = changed
    assert line.startswith("step rows | (")
    assert "characters are not shown; their sha256 is" in line


def test_function_may_write_the_definition_and_nothing_else(tmp_path: Path) -> None:
    """Its role is limited as all roles of the pipeline are."""
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Training", env=ENV)
    Pipeline(
        stack,
        "Long",
        steps=[rows(3000)],
        pipeline_name="long",
        permissions_boundary=iam.ManagedPolicy.from_aws_managed_policy_name("PowerUserAccess"),
        role_name_prefix="ml-",
    )
    template = Template.from_stack(stack)
    (role,) = template.find_resources(
        "AWS::IAM::Role", {"Properties": {"RoleName": "ml-long-definition"}}
    ).values()
    assert "PowerUserAccess" in json.dumps(role["Properties"]["PermissionsBoundary"])
    assert "ManagedPolicyArns" not in role["Properties"]
    (policy,) = role["Properties"]["Policies"]
    actions = [statement["Action"] for statement in policy["PolicyDocument"]["Statement"]]
    assert actions == [
        "s3:GetObject",
        ["s3:AbortMultipartUpload", "s3:PutObject"],
        ["logs:CreateLogStream", "logs:PutLogEvents"],
    ]


def test_role_that_is_left_as_it_is_has_to_be_allowed_to_read_it(tmp_path: Path) -> None:
    """What an imported role needs says so."""
    stack = cdk.Stack(cdk.App(outdir=str(tmp_path)), "Training", env=ENV)
    role = "arn:aws:iam::123456789012:role/Ours"
    Pipeline(stack, "Long", steps=[rows(3000)], pipeline_name="long", role=role)
    said = Annotations.from_stack(stack).find_info("*", Match.any_value())
    assert "long/.definitions/*" in str([entry.entry.data for entry in said])


class Bucket(dict):
    """Plays S3."""

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - of boto3
        return {"Body": io.BytesIO(self[Bucket, Key])}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - of boto3
        self[Bucket, Key] = Body


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The function that the stack deploys, as Python."""
    monkeypatch.setitem(sys.modules, "boto3", ModuleType("boto3"))
    names: dict[str, Any] = {}
    exec(definition_object.CODE, names)
    return names


def test_function_writes_names_as_json_text(writer: dict[str, Any]) -> None:
    """Values stand where their markers were, and never for a marker inside another value."""
    bucket = Bucket({("assets", "k"): b'{"a": "<<name 1>>/<<name 0>>/<<name 1>>"}'})
    given = {"SourceBucket": "assets", "SourceKey": "k", "Bucket": "mine", "Folder": "p/"}
    name = writer["write"]({**given, "Values": ['say "x"', "<<name 0>>"]}, bucket)
    body = json.loads(bucket["mine", f"p/{name}"])
    assert body == {"a": '<<name 0>>/say "x"/<<name 0>>'}


@pytest.mark.parametrize(("request_type", "status"), [("Create", "FAILED"), ("Delete", "SUCCESS")])
def test_function_always_answers(
    writer: dict[str, Any], monkeypatch: pytest.MonkeyPatch, request_type: str, status: str
) -> None:
    """CloudFormation hears of an error at once, and deleting leaves the objects."""
    sent: list[Any] = []
    monkeypatch.setattr("urllib.request.urlopen", sent.append)
    event = {
        **dict.fromkeys(("StackId", "RequestId", "LogicalResourceId"), "x"),
        "ResponseURL": "https://answer",
        "RequestType": request_type,
        "ResourceProperties": {},
    }
    writer["handler"](event, None)
    assert json.loads(sent[0].data)["Status"] == status


def test_function_fits_into_a_template() -> None:
    """CloudFormation takes 4,096 characters of code."""
    assert len(definition_object.CODE) <= 4096
