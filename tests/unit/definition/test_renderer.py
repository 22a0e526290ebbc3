"""A definition as lines, and what the service would refuse in a request."""

from __future__ import annotations

import copy
import json

import pytest

from constructs_lib.definition.renderer import definition_lines
from constructs_lib.service.requests import check_request

PIN = "a" * 64
DEFINITION = {
    "Steps": [
        {
            "Name": "s",
            "Arguments": {
                "InputDataConfig": [{"ChannelName": "code", "S3Uri": f"s3://b/{PIN}.zip"}],
                "AlgorithmSpecification": {"ContainerArguments": [PIN, "s"]},
                "x": 1,
            },
        }
    ]
}

REQUEST = {
    "TrainingJobName": "p-s",
    "RoleArn": "arn:aws:iam::123456789012:role/x",
    "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
    "OutputDataConfig": {"S3OutputPath": "s3://b/p", "CompressionType": "NONE"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    "HyperParameters": {"a": "1"},
}


def test_lines_are_the_definition() -> None:
    """Joined by newlines, the lines are the same JSON."""
    assert json.loads("\n".join(definition_lines(DEFINITION, [PIN]))) == DEFINITION
    assert json.loads("\n".join(definition_lines(DEFINITION, []))) == DEFINITION


def test_change_of_code_is_one_line() -> None:
    """Location and hash of a bundle and the step's name stand on one line, and on no other."""
    lines = definition_lines(DEFINITION, [PIN])
    (line,) = (line for line in lines if PIN in line)
    assert line.endswith(f'[ "{PIN}", "s" ]')
    other = definition_lines(
        json.loads(json.dumps(DEFINITION).replace("a" * 64, "b" * 64)), ["b" * 64]
    )
    assert sum(a != b for a, b in zip(lines, other, strict=True)) == 1


def test_good_request_has_no_faults() -> None:
    """A complete request passes, with expressions and tokens where values stand."""
    request = copy.deepcopy(REQUEST)
    request["RoleArn"] = "${Token[TOKEN.1]}"
    request["ResourceConfig"]["InstanceType"] = {"Get": "Parameters.Instance"}
    request["HyperParameters"]["a"] = {"Std:Join": {"On": "", "Values": [1]}}
    assert check_request("CreateTrainingJob", request, step="s", location="f.py:1") == []


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        (
            ("ResourceConfig", "InstanceType"),
            "ml.m5.lage",
            "ResourceConfig.InstanceType is not one",
        ),
        (("ResourceConfig", "VolumeSizeInGB"), "30", "VolumeSizeInGB has the wrong type"),
        (("ResourceConfig", "VolumeSizeInGB"), True, "VolumeSizeInGB has the wrong type"),
        (("StoppingCondition", "MaxRuntimeInSeconds"), 0, "MaxRuntimeInSeconds is out of range"),
        (("ResourceConfig", "Volume"), 1, "ResourceConfig has an unknown member"),
        (("HyperParameters", "a"), "two\nlines", "HyperParameters['a'] has an invalid form"),
        (("HyperParameters", "a"), 3, "HyperParameters['a'] has the wrong type"),
        (
            ("HyperParameters",),
            {str(i): "1" for i in range(101)},
            "HyperParameters is out of range",
        ),
        (("Environment",), {"1A": "x"}, "Environment key '1A' has an invalid form"),
        (("TrainingJobName",), "a_b", "TrainingJobName has an invalid form"),
        (("RoleArn",), None, "lacks a member"),
    ],
)
def test_what_the_service_refuses_is_a_fault(path: tuple, value: object, what: str) -> None:
    """Types, limits, patterns, enums and members are those of the service's own model."""
    request = copy.deepcopy(REQUEST)
    target = request
    for key in path[:-1]:
        target = target[key]
    if value is None:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    (fault,) = check_request("CreateTrainingJob", request, step="s", location="f.py:1")
    assert what in fault.what
    assert fault.what.startswith("step 's': ")
    assert fault.location == "f.py:1"


def test_near_names_are_suggested() -> None:
    """A misspelled member or value names what is near."""
    request = copy.deepcopy(REQUEST)
    request["StoppingCondition"]["MaxRuntimeInSecond"] = request["StoppingCondition"].pop(
        "MaxRuntimeInSeconds"
    )
    (fault,) = check_request("CreateTrainingJob", request, step="s", location=None)
    assert fault.mend == "Did you mean 'MaxRuntimeInSeconds'?"
