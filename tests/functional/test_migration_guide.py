"""The guide for users of the SageMaker SDK leads to the pipeline that it says."""

from __future__ import annotations

import ast
import difflib
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import constructs_lib
from constructs_lib.cli.main import main
from constructs_lib.local.assembly import Assembly
from constructs_lib.model.sagemaker_config import read_sagemaker_config

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "how-to" / "migrate-from-the-sagemaker-sdk.md"


def blocks(language: str) -> list[str]:
    """Return the guide's code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guide's files, synthesized."""
    folder = tmp_path_factory.mktemp("churn")
    (config,), (requirements,), (_, app) = blocks("yaml"), blocks("text"), blocks("python")
    for name, text in (
        ("config.yaml", config),
        ("requirements.txt", requirements),
        ("app.py", app),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    _run(folder, "app.py")
    return folder


def _run(folder: Path, *command: str) -> str:
    result = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CDK_OUTDIR": "cdk.out"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def definition(project: Path) -> dict[str, Any]:
    """The definition, with the app's account and Region filled in."""
    return Assembly(project / "cdk.out").find("churn").definition


def test_steps_are_those_of_the_guide(definition: dict[str, Any]) -> None:
    """In order, with the names that the functions have, and what only a branch needs in it."""
    steps = definition["Steps"]
    assert [one["Name"] for one in steps] == ["prepare", "train", "evaluate", "good-enough"]
    branches = steps[-1]["Arguments"]
    assert [one["Name"] for one in branches["IfSteps"]] == ["accept"]
    assert [one["Name"] for one in branches["ElseSteps"]] == ["not-good-enough"]
    assert steps[1]["DependsOn"] == ["prepare"]
    assert steps[2]["DependsOn"] == ["prepare", "train"]


def test_parameters_are_those_of_the_guide(definition: dict[str, Any]) -> None:
    """With their types and defaults; the address of the data is none any more."""
    found = {one["Name"]: (one["Type"], one["DefaultValue"]) for one in definition["Parameters"]}
    assert found == {
        "TestShare": ("Float", 0.2),
        "Depth": ("Integer", 6),
        "LeastAuc": ("Float", 0.8),
    }


def test_condition_compares_the_metric(definition: dict[str, Any]) -> None:
    """The result's key with the parameter."""
    (condition,) = definition["Steps"][-1]["Arguments"]["Conditions"]
    assert condition["Type"] == "GreaterThanOrEqualTo"
    assert condition["LeftValue"]["Std:JsonGet"]["Path"] == "Result['auc']"
    assert condition["RightValue"] == {"Get": "Parameters.LeastAuc"}


def test_defaults_of_the_file_hold(definition: dict[str, Any]) -> None:
    """Unless the step says otherwise."""
    prepare, train = (one["Arguments"] for one in definition["Steps"][:2])
    assert prepare["ResourceConfig"]["InstanceType"] == "ml.m5.xlarge"
    assert train["ResourceConfig"]["InstanceType"] == "ml.m5.2xlarge"
    assert train["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600
    for one in (prepare, train):
        assert one["VpcConfig"] == {
            "Subnets": ["subnet-0a1b2c3d"],
            "SecurityGroupIds": ["sg-0a1b2c3d"],
        }
        assert one["Environment"] == {"STAGE": "production"}
        assert one["Tags"] == [{"Key": "team", "Value": "crm"}]


def test_schedule_and_roles_are_in_the_template(project: Path) -> None:
    """A schedule with its parameter, and a role for each step."""
    text = (project / "cdk.out" / "Churn.template.json").read_text(encoding="utf-8")
    resources = json.loads(text)["Resources"]
    (schedule,) = (
        one["Properties"] for one in resources.values() if one["Type"] == "AWS::Scheduler::Schedule"
    )
    assert schedule["ScheduleExpression"] == "cron(0 2 * * ? *)"
    assert schedule["Target"]["SageMakerPipelineParameters"] == {
        "PipelineParameterList": [{"Name": "Depth", "Value": "8"}]
    }
    roles = [name for name, one in resources.items() if one["Type"] == "AWS::IAM::Role"]
    for step in ("prepare", "train", "evaluate", "accept"):
        assert len([name for name in roles if name.startswith(f"PipelineSteps{step}")]) == 1


def test_result_runs(project: Path) -> None:
    """On a small table, by the command of the guide."""
    folder = project / "some" / "folder" / "churn"
    folder.mkdir(parents=True)
    rows = [f"{index},{index % 7},{int(index > 50)}" for index in range(100)]
    (folder / "table.csv").write_text("\n".join(["x,y,churned", *rows]), encoding="utf-8")
    (command,) = re.findall(r"^constructs-lib (run .*)$", "".join(blocks("sh")), re.MULTILINE)
    output = _run(project, "-m", "constructs_lib.cli.main", *command.split())
    assert "churn: Succeeded" in output
    assert "accept: " in output


def test_difference_is_that_of_the_two_files() -> None:
    """As difflib writes it."""
    (before, after), (shown,) = blocks("python"), blocks("diff")
    made = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        "pipeline.py",
        "app.py",
    )
    assert shown == "".join(made)


def test_sdk_file_is_python_with_names_that_exist_here() -> None:
    """What is imported from the SDK is public here, but for the schedule."""
    imported = {
        name.name
        for node in ast.walk(ast.parse(blocks("python")[0]))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("sagemaker.")
        for name in node.names
    }
    assert imported - set(constructs_lib.__all__) == {"PipelineSchedule"}


@pytest.mark.parametrize("name", ["run", "start", "result"])
def test_commands_of_the_guide_exist(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the options that the guide names."""
    text = GUIDE.read_text(encoding="utf-8")
    used = set(re.findall(rf"constructs-lib {name} [^`\n]*", text))
    assert used
    with pytest.raises(SystemExit):
        main([name, "--help"])
    shown = capsys.readouterr().out
    for option in re.findall(r" (--?[a-z]+)", " ".join(used)):
        assert option in shown


def test_arguments_that_the_guide_names_exist() -> None:
    """Of the pipeline, of steps and of the defaults file."""
    text = GUIDE.read_text(encoding="utf-8")
    pipeline = set(inspect.signature(constructs_lib.Pipeline.__init__).parameters)
    for name in ("artifacts_bucket", "pipeline_experiment_config", "pipeline_name", "role"):
        assert name in text
        assert name in pipeline
    settings = inspect.signature(constructs_lib.StepDefaults).parameters
    for name in ("cache_config", "max_retry_attempts", "use_torchrun", "use_mpirun"):
        assert name in text
        assert name in settings


def test_what_the_guide_says_of_the_defaults_file(tmp_path: Path) -> None:
    """``RoleArn`` holds, ``S3RootUri`` is warned of."""
    (config,) = blocks("yaml")
    path = tmp_path / "config.yaml"
    arn = "arn:aws:iam::123456789012:role/team"
    path.write_text(f"{config}        RoleArn: {arn}\n        S3RootUri: s3://acme-data/x\n")
    with pytest.warns(UserWarning, match="artifacts_bucket"):
        assert read_sagemaker_config(path).role == arn
