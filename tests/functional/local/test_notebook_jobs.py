"""Notebook jobs on this machine: refused with advice, unless their program is here."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from constructs_lib import NotebookJobStep, ParameterString, Pipeline
from constructs_lib.local.assembly import Assembly
from constructs_lib.local.engine import Engine
from constructs_lib.local.execution import FAILED, SUCCEEDED, Execution
from constructs_lib.local.folders import FolderStore
from constructs_lib.local.machine import engine_for
from constructs_lib.local.steps import Options

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/notebooks:1"
# Tells what it is given.
PROGRAM = """#!/bin/sh
cd "$SAGEMAKER_BASE_DIR"
find input/data -type f | sort > model/files
cp input/config/hyperparameters.json model/
echo "$SM_INPUT_NOTEBOOK_NAME" > model/name
"""


@pytest.fixture
def assembly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Assembly:
    """A pipeline with a notebook job, synthesized."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.ipynb").write_text("{}")
    (tmp_path / "report.sh").write_text("true")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "m.py").write_text("x = 1")
    app = cdk.App(outdir=str(tmp_path / "cdk.out"))
    stack = cdk.Stack(app, "Shop")
    day = ParameterString("Day", default_value="1")
    notebook = NotebookJobStep(
        "report.ipynb",
        IMAGE,
        "python3",
        name="report",
        parameters={"day": day},
        initialization_script="report.sh",
        additional_dependencies=["lib"],
    )
    Pipeline(stack, "Sales", steps=[notebook], parameters=[day])
    app.synth()
    return Assembly(tmp_path / "cdk.out")


def run(assembly: Assembly, folder: Path, **options: Any) -> Execution:
    """Run the pipeline and return the record."""
    engine: Engine = engine_for(
        assembly.find(None),
        {"Day": "2"},
        lambda _: folder / "run",
        lambda root: FolderStore(root, assembly, {}),
        Options(**options),
        lambda _: None,
    )
    return engine.run()


def test_program_of_the_image_is_not_here(assembly: Assembly, tmp_path: Path) -> None:
    """The step says what to do."""
    record = run(assembly, tmp_path).step("report")
    assert record.status == FAILED
    assert "'amazon_sagemaker_scheduler'" in str(record.reason)
    assert "give the step's outcome with --stub" in str(record.reason)


def test_outcome_that_is_given_is_used(assembly: Assembly, tmp_path: Path) -> None:
    """Nothing runs."""
    execution = run(assembly, tmp_path, stubs={"report": {}})
    assert execution.status == SUCCEEDED
    assert execution.step("report").is_stub


def test_program_finds_the_files_by_their_names(
    assembly: Assembly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one folder, as in the image; parameters are the hyperparameters."""
    program = tmp_path / "bin" / "amazon_sagemaker_scheduler"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    execution = run(assembly, tmp_path)
    assert execution.status == SUCCEEDED, execution.reason
    model = tmp_path / "run" / "jobs" / "report" / "opt" / "ml" / "model"
    folder = "input/data/sagemaker_headless_execution_pipelinestep"
    assert (model / "files").read_text().split() == [
        f"{folder}/lib/m.py",
        f"{folder}/report.ipynb",
        f"{folder}/report.sh",
    ]
    assert json.loads((model / "hyperparameters.json").read_text()) == {"day": "2"}
    assert (model / "name").read_text() == "report.ipynb\n"
    stored = next((tmp_path / "run").rglob("model.tar.gz"))
    assert "report/" in stored.as_posix()
