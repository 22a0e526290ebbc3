"""What the engine reads: intrinsic functions, expressions, parameters, objects, assemblies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from constructs_lib import LocalRunError
from constructs_lib.local.assembly import Assembly
from constructs_lib.local.definition import ParameterDefinition
from constructs_lib.local.expressions import Scope, StepFailedError, parse_path
from constructs_lib.local.folders import FolderStore
from constructs_lib.local.intrinsics import Template
from constructs_lib.local.parameters import start_values
from tests.functional.local.assemblies import job, write_assembly

TEMPLATE = Template(
    {
        "Parameters": {"Given": {"Default": "g"}, "Open": {}},
        "Mappings": {"M": {"us-east-1": {"account": "42"}}},
        "Conditions": {
            "Yes": {"Fn::Equals": [{"Ref": "Given"}, "g"]},
            "No": {"Fn::Not": [{"Fn::Equals": [1, 1]}]},
        },
        "Resources": {
            "RawAB": {"Type": "AWS::S3::Bucket"},
            "Named": {
                "Type": "AWS::S3::Bucket",
                "Properties": {"BucketName": {"Fn::Sub": "b-${AWS::AccountId}"}},
            },
            "Role": {"Type": "AWS::IAM::Role"},
        },
    },
    "Stack",
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "RawAB"}, "rawab"),
        ({"Ref": "Named"}, "b-000000000000"),
        ({"Ref": "Given"}, "g"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "AWS::StackName"}, "Stack"),
        ({"Fn::GetAtt": ["RawAB", "Arn"]}, "arn:aws:s3:::rawab"),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:aws:iam::000000000000:role/role"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Given"}]]}, "a-g"),
        (
            {"Fn::Sub": "${Given}/${RawAB.Arn}/${!Kept}/${AWS::Partition}"},
            "g/arn:aws:s3:::rawab/${Kept}/aws",
        ),
        ({"Fn::Sub": ["${x}-${Given}", {"x": {"Ref": "RawAB"}}]}, "rawab-g"),
        ({"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "account"]}, "42"),
        ({"Fn::If": ["Yes", "a", "b"]}, "a"),
        ({"Fn::If": ["No", "a", "b"]}, "b"),
        ([{"k": {"Ref": "Given"}}, 3], [{"k": "g"}, 3]),
    ],
)
def test_intrinsic_functions(value: object, expected: object) -> None:
    """Values that CloudFormation knows have stand-ins on this machine."""
    assert TEMPLATE.resolve(value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Fn::Transform": "x"}, "uses Fn::Transform, which cannot be resolved"),
        ({"Fn::ImportValue": "x"}, "imports 'x', which no stack of the assembly exports"),
        ({"Ref": "Open"}, "refers to 'Open', which has no value"),
        ({"Fn::GetAtt": ["Missing", "Arn"]}, "there is no resource 'Missing'"),
        ({"Fn::FindInMap": ["M", "x", "y"]}, "mapping M has no x.y"),
    ],
)
def test_what_cannot_be_resolved_is_named(value: object, message: str) -> None:
    """An unknown function or reference is a clear error."""
    with pytest.raises(LocalRunError, match=message):
        TEMPLATE.resolve(value)


def scope(read: object = None) -> Scope:
    return Scope(
        {"S": "x", "I": 3, "F": 2.0, "B": True},
        {"PipelineExecutionId": "abc"},
        {"a": {"Outputs": {"k": [{"n": 1}]}, "TrainingJobName": "j"}},
        read or (lambda uri: json.dumps({"Result": {"it's": [1, {"b": 2}]}}).encode()),
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Get": "Parameters.I"}, 3),
        ({"Get": "Execution.PipelineExecutionId"}, "abc"),
        ({"Get": "Steps.a.Outputs['k'][0].n"}, 1),
        (
            {
                "Std:Join": {
                    "On": "/",
                    "Values": ["a", 3, {"Get": "Parameters.B"}, {"Get": "Parameters.F"}, False],
                }
            },
            "a/3/true/2.0/false",
        ),
        ({"Std:Join": {"On": "", "Values": [{"Std:Join": {"On": "-", "Values": [1, 2]}}]}}, "1-2"),
        ({"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "Result['it\\'s'][1].b"}}, 2),
        ({"a": [{"Get": "Parameters.S"}]}, {"a": ["x"]}),
    ],
)
def test_expressions(value: object, expected: object) -> None:
    """Get, Std:Join and Std:JsonGet are worth what the service makes of them."""
    assert scope().evaluate(value) == expected


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Type": "GreaterThan", "LeftValue": 2, "RightValue": 1.5}, True),
        ({"Type": "GreaterThanOrEqualTo", "LeftValue": 1, "RightValue": 1}, True),
        ({"Type": "LessThan", "LeftValue": "1", "RightValue": "3"}, True),
        ({"Type": "LessThanOrEqualTo", "LeftValue": 2, "RightValue": 1}, False),
        ({"Type": "Equals", "LeftValue": True, "RightValue": True}, True),
        ({"Type": "In", "QueryValue": {"Get": "Parameters.S"}, "Values": ["y", "x"]}, True),
        ({"Type": "In", "QueryValue": "z", "Values": ["y", "x"]}, False),
        ({"Type": "Not", "Condition": {"Type": "Equals", "LeftValue": 1, "RightValue": 1}}, False),
        (
            {
                "Type": "Or",
                "Conditions": [
                    {"Type": "Equals", "LeftValue": 1, "RightValue": 2},
                    {"Type": "Equals", "LeftValue": 1, "RightValue": 1},
                ],
            },
            True,
        ),
    ],
)
def test_conditions(condition: dict, holds: bool) -> None:
    """Every kind of condition."""
    assert scope().holds(condition) is holds


def test_boolean_is_no_number() -> None:
    """True is not 1, as in JSON."""
    with pytest.raises(StepFailedError, match=r"True \(boolean\) with 1 \(number\)"):
        scope().holds({"Type": "Equals", "LeftValue": True, "RightValue": 1})


def test_paths() -> None:
    """Dots, indices and quoted keys, in any order."""
    assert parse_path("Result[0]['a.b'].c['it\\'s']") == ["Result", 0, "a.b", "c", "it's"]


PARAMETERS = [
    ParameterDefinition("S", "String", "a", ("a", "b")),
    ParameterDefinition("I", "Integer"),
    ParameterDefinition("F", "Float", 1.0),
    ParameterDefinition("B", "Boolean", default=False),
]


def test_start_values_have_the_declared_type() -> None:
    """Text becomes what the parameter declares; what is not given keeps its default."""
    given = {"I": "3", "F": "2", "B": "True"}
    assert start_values(PARAMETERS, given) == {"S": "a", "I": 3, "F": 2.0, "B": True}


def test_wrong_start_values_are_listed_together() -> None:
    """Unknown names, wrong types, enum values and missing values are one error."""
    with pytest.raises(LocalRunError) as caught:
        start_values(PARAMETERS, {"S": "z", "F": "x", "Bo": "1"})
    text = str(caught.value)
    for part in (
        "no parameter 'Bo'",
        "F='x' is no Float",
        "S='z' is not one of",
        "give -p I=VALUE",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("prefix", "files"),
    [
        ("s3://b/in/a.csv", ["a.csv"]),
        ("s3://b/in/", ["a.csv", "a.csv.old", "deep/c.csv"]),
        ("s3://b/in/a", ["a.csv", "a.csv.old"]),
        ("s3://b/in", ["a.csv", "a.csv.old", "deep/c.csv"]),
        ("s3://b/", ["in/a.csv", "in/a.csv.old", "in/deep/c.csv", "x"]),
        ("s3://b/none", []),
    ],
)
def test_channel_is_every_key_with_the_prefix(
    tmp_path: Path, prefix: str, files: list[str]
) -> None:
    """An S3Prefix is a beginning of keys, not a folder."""
    bucket = tmp_path / "bucket"
    for name in ("in/a.csv", "in/a.csv.old", "in/deep/c.csv", "x"):
        (bucket / name).parent.mkdir(parents=True, exist_ok=True)
        (bucket / name).write_text(name)
    assembly = Assembly(write_assembly(tmp_path / "cdk.out", []))
    store = FolderStore(tmp_path / "root", assembly, {"b": bucket})
    target = tmp_path / "channel"
    count = store.download(prefix, target)
    found = sorted(p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file())
    if prefix != "s3://b/in/a.csv":
        assert found == files
        assert count == len(files)
    else:
        assert "a.csv" in found


def test_object_keys_cannot_leave_their_bucket(tmp_path: Path) -> None:
    """A key with .. in it is no way out of the folder that plays the bucket."""
    assembly = Assembly(write_assembly(tmp_path / "cdk.out", []))
    store = FolderStore(tmp_path / "root", assembly, {})
    with pytest.raises(LocalRunError, match=r"\.\."):
        store.read("s3://b/../../secret")


def test_pipeline_is_found_by_its_names(tmp_path: Path) -> None:
    """Physical name, logical ID, construct path and construct ID all lead to it."""
    assembly = Assembly(write_assembly(tmp_path, [job("s")]))
    for name in ("p", "PipeAB12CD34", "Stack/Pipe", "Pipe", None):
        assert assembly.find(name).name == "p"
    with pytest.raises(LocalRunError, match="no pipeline called 'x'; the assembly has: p"):
        assembly.find("x")


def test_folder_without_assembly_is_named(tmp_path: Path) -> None:
    """Forgetting to synthesize is the usual mistake."""
    with pytest.raises(LocalRunError, match="run `cdk synth` first"):
        Assembly(tmp_path)


def test_pipelines_of_nested_stages_are_found(tmp_path: Path) -> None:
    """A Stage is an assembly inside the assembly."""
    write_assembly(tmp_path / "assembly-Stage", [job("s")])
    artifact = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Stage"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"a": artifact}}))
    assert Assembly(tmp_path).find("p").name == "p"
