"""Steps that are requests on this machine: run, or made up in the service's shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.local.execution import FAILED, NOT_RUN, SUCCEEDED
from constructs_lib.local.steps import Options
from tests.functional.local.assemblies import condition, equals, job, run_steps

GET_MODEL = {"Get": "Steps.make.ModelName"}
COPY = (
    "import sys,json;"
    "n=json.load(open('/opt/ml/processing/in/n.json'))['n'];"
    "json.dump({'n':n+int(sys.argv[1])},open(sys.argv[2],'w'))"
)


def processing(name: str, **more: Any) -> dict[str, Any]:
    """Return a processing step that adds 1 to a number in a file."""
    source, out = "/opt/ml/processing/in", "/opt/ml/processing/out"
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "RoleArn": "arn:aws:iam::123456789012:role/jobs",
            "AppSpecification": {
                "ImageUri": "image",
                "ContainerEntrypoint": ["python3", "-c", COPY],
                "ContainerArguments": ["1", f"{out}/n.json"],
            },
            "ProcessingInputs": [
                {
                    "InputName": "in",
                    "S3Input": {"S3Uri": "s3://raw/n.json", "LocalPath": source},
                }
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "out",
                        "S3Output": {"S3Uri": "s3://artifacts/sums/", "LocalPath": out},
                    }
                ]
            },
        },
        "PropertyFiles": [{"PropertyFileName": "N", "OutputName": "out", "FilePath": "n.json"}],
        **more,
    }


def file_get(step: str, path: str) -> dict[str, Any]:
    """Return a value of a property file."""
    file = {"Get": f"Steps.{step}.PropertyFiles.N"}
    return {"Std:JsonGet": {"PropertyFile": file, "Path": path}}


@pytest.fixture
def buckets(tmp_path: Path) -> dict[str, Path]:
    folders = {"raw": tmp_path / "raw", "artifacts": tmp_path / "artifacts"}
    for folder in folders.values():
        folder.mkdir()
    (folders["raw"] / "n.json").write_text('{"n": 41}')
    return folders


def test_processing_job_runs_and_its_property_file_decides(
    tmp_path: Path, buckets: dict[str, Path]
) -> None:
    """Its paths below /opt/ml are folders of its own; outputs are uploaded."""
    steps = [
        processing("sum"),
        condition("gate", [equals(file_get("sum", "n"), 42)], if_steps=[job("yes")]),
    ]
    execution = run_steps(tmp_path, steps, buckets=buckets)
    assert execution.status == SUCCEEDED, execution.reason
    assert execution.step("yes").status == SUCCEEDED
    assert json.loads((buckets["artifacts"] / "sums" / "n.json").read_text()) == {"n": 42}


def test_output_of_a_processing_job_is_found_by_its_name(
    tmp_path: Path, buckets: dict[str, Path]
) -> None:
    """As the service addresses it."""
    uri = {"Get": "Steps.sum.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"}
    last = job("last", "give(values['uri'])", values={"uri": uri})
    execution = run_steps(tmp_path, [processing("sum"), last], buckets=buckets)
    assert execution.step("last").result == "s3://artifacts/sums/", execution.reason


def test_other_steps_are_made_up_in_the_services_shape(tmp_path: Path) -> None:
    """The request's own values are kept; a user's go before all."""
    model = {"Name": "make", "Type": "Model", "Arguments": {"ModelName": "churn"}}
    ask = {
        "Name": "ask",
        "Type": "Lambda",
        "FunctionArn": "arn",
        "Arguments": {},
        "OutputParameters": [{"OutputName": "n", "OutputType": "Integer"}],
    }
    values = {
        "model": {"Get": "Steps.make.ModelName"},
        "arn": {"Get": "Steps.make.ModelArn"},
        "n": {"Std:Join": {"On": "", "Values": [{"Get": "Steps.ask.OutputParameters['n']"}]}},
    }
    last = job("last", "give(values)", values=values)
    execution = run_steps(tmp_path, [model, ask, last])
    result = execution.step("last").result
    assert result["model"] == "churn"
    assert result["arn"].startswith("arn:aws:sagemaker:")
    assert result["n"] == "0"
    assert execution.step("make").is_stub
    assert not execution.step("last").is_stub

    stubs = {"ask": lambda request: {"OutputParameters": {"n": 5}}, "make": {"ModelArn": "mine"}}
    result = (
        run_steps(tmp_path / "again", [model, ask, last], options=Options(stubs=stubs))
        .step("last")
        .result
    )
    assert (result["arn"], result["n"]) == ("mine", "5")


def test_stub_that_raises_fails_its_step(tmp_path: Path) -> None:
    """With what it raised."""
    execution = run_steps(tmp_path, [job("s")], options=Options(stubs={"s": lambda request: 1 / 0}))
    assert "its stub raised ZeroDivisionError" in str(execution.step("s").reason)


def test_job_of_an_image_alone_says_what_to_do(tmp_path: Path, buckets: dict[str, Path]) -> None:
    """Nothing is made up for what should have run."""
    step = processing("sum")
    del step["Arguments"]["AppSpecification"]["ContainerEntrypoint"]
    execution = run_steps(tmp_path, [step], buckets=buckets)
    assert "give its outcome with --stub" in str(execution.step("sum").reason)


def test_steps_that_wait_for_a_failure(tmp_path: Path) -> None:
    """They run if it happens, else not; an execution whose failures are met says so."""
    on_failure = {"DependsOn": [{"Step": "risky", "Trigger": "Failed"}]}
    always = {"DependsOn": [{"Step": "risky", "Trigger": "Any"}]}

    def steps(program: str) -> list[dict[str, Any]]:
        return [
            job("risky", program),
            {**job("tell"), **on_failure},
            {**job("clean"), **always},
            {**job("go-on"), "DependsOn": ["risky"]},
        ]

    failed = run_steps(tmp_path / "failed", steps("1 / 0"))
    assert {s.name: s.status for s in failed.steps} == {
        "risky": FAILED,
        "tell": SUCCEEDED,
        "clean": SUCCEEDED,
        "go-on": NOT_RUN,
    }
    assert failed.status == "CompletedWithFailures"
    good = run_steps(tmp_path / "good", steps("give(1)"))
    assert good.status == SUCCEEDED
    assert good.step("tell").status == NOT_RUN
    assert good.step("clean").status == SUCCEEDED
