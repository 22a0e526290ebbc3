"""``constructs-lib check`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.functional.cli.test_commands import command
from tests.functional.local.assemblies import job, write_assembly
from tests.unit.checks.subjects import sized

WARNS = {
    "TrainingImage": "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.8.0-gpu-py312"
}


def test_reports_have_a_section_for_each_pipeline(tmp_path: Path) -> None:
    """Of every pipeline, or of the one that is named."""
    other = {
        "Type": "AWS::SageMaker::Pipeline",
        "Properties": {
            "PipelineName": "q",
            "PipelineDefinition": {"PipelineDefinitionBody": json.dumps({"Steps": [sized("b")]})},
        },
        "Metadata": {"aws:cdk:path": "Stack/Other/Resource"},
    }
    write_assembly(tmp_path / "cdk.out", [sized("a")], resources={"Other": other})
    every = command(tmp_path, "check")
    assert every.returncode == 0, every.stderr
    assert "p: nothing to mend" in every.stdout
    assert "q: nothing to mend" in every.stdout
    one = json.loads(command(tmp_path, "check", "q", "--format", "json").stdout)
    assert [report["pipeline"] for report in one["pipelines"]] == ["q"]


@pytest.mark.parametrize(
    ("count", "image", "strict", "code"),
    [(1, {}, True, 0), (51, {}, False, 1), (1, WARNS, False, 0), (1, WARNS, True, 1)],
)
def test_exit_code(tmp_path: Path, count: int, image: dict, strict: bool, code: int) -> None:
    """1 for errors; for warnings if that is asked for."""
    steps = [sized(f"s{number}", AlgorithmSpecification=image) for number in range(count)]
    write_assembly(tmp_path / "cdk.out", steps)
    outcome = command(tmp_path, "check", *(["--strict"] if strict else []))
    assert outcome.returncode == code, outcome.stdout


def test_markdown_is_tables(tmp_path: Path) -> None:
    """With the signs of Markdown in names escaped, and costs if there are prices."""
    write_assembly(tmp_path / "cdk.out", [sized("a_b", hours=2)])
    (tmp_path / "prices.json").write_text('{"ml.m5.large": 0.5}')
    text = command(tmp_path, "check", "--format", "markdown", "--prices", "prices.json").stdout
    assert text.startswith("### p: nothing to mend\n")
    assert "| ml.m5.large for training job usage | 1 | a\\_b |" in text
    assert "| a\\_b | 1 x ml.m5.large | 2.00 | 1.00 | 2 h |" in text
    assert "| total |  |  | 1.00 |  |" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "--app", "nowhere"], "run `cdk synth` first"),
        (["check", "other"], "no pipeline called 'other'"),
        (["check", "--prices", "missing.json"], "--prices missing.json cannot be read"),
    ],
)
def test_wrong_use_is_one_clear_message(tmp_path: Path, arguments: list, message: str) -> None:
    """Exit code 2, no traceback."""
    write_assembly(tmp_path / "cdk.out", [job("s")])
    outcome = command(tmp_path, *arguments)
    assert outcome.returncode == 2
    assert message in outcome.stderr
    assert "Traceback" not in outcome.stderr
