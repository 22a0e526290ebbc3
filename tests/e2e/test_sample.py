"""The sample app through the real CDK CLI and the local engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from sample_app.data import write_table

ROOT = Path(__file__).resolve().parents[2]


def synthesize(project: Path, output: Path, **environment: str) -> Path:
    """Run the real CLI on a copy of the sample app."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        [
            *(str(ROOT / "node_modules" / ".bin" / "cdk"), "synth", "--quiet"),
            *("--output", str(output), "--no-notices", "--no-version-reporting"),
        ],
        cwd=project,
        env={
            **os.environ,
            "PATH": path,
            "PYTHONPATH": os.pathsep.join([str(project), str(ROOT)]),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return output


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample app, synthesized by the real CLI."""
    return synthesize(ROOT, tmp_path_factory.mktemp("sample") / "cdk.out")


@pytest.fixture
def run(assembly: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``constructs-lib run`` on the sample's assembly, with the data in its bucket."""
    write_table(tmp_path / "raw")

    def start(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *(sys.executable, "-m", "constructs_lib.cli.main", "run"),
                *("--app", str(assembly), "--bucket", f"Raw={tmp_path / 'raw'}"),
                *("--output", str(tmp_path / "run"), *arguments),
            ],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    return start


def record_of(folder: Path) -> dict:
    (path,) = folder.rglob("run.json")
    return json.loads(path.read_text(encoding="utf-8"))


def result_of(folder: Path, step: str) -> object:
    (path,) = (folder).rglob(f"{step}/*/output/model/results.json")
    return json.loads(path.read_text(encoding="utf-8"))["Result"]


def test_sample_predicts_what_an_independent_computation_predicts(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """The predictions written at the end are those of the better model, and they are right."""
    outcome = run("-p", "Depth=5")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr

    frame = pd.read_csv(tmp_path / "raw" / "tumour.csv")
    rows, held_out = train_test_split(
        frame, test_size=0.2, stratify=frame["malignant"], random_state=0
    )
    truth = held_out["malignant"]
    expected = {}
    for depth, trees in ((5, 200), (2, 50)):
        model = RandomForestClassifier(n_estimators=trees, max_depth=depth, random_state=0)
        model.fit(rows.drop(columns="malignant"), rows["malignant"])
        predicted = model.predict_proba(held_out.drop(columns="malignant"))[:, 1]
        expected[roc_auc_score(truth, predicted)] = predicted

    registered = result_of(tmp_path / "run", "register")
    predictions = [registered["predictions"][str(row)] for row in held_out.index]
    assert predictions == pytest.approx(list(expected[max(expected)]))
    assert registered["metrics"]["auc"] == pytest.approx(max(expected))
    assert roc_auc_score(truth, predictions) > 0.97
    assert registered["label"].endswith("-depth-5")


def test_models_train_in_parallel_and_the_other_branch_does_not_run(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """The record has a status for each step; the branch not taken did not start."""
    assert run("--parallel", "2").returncode == 0
    steps = record_of(tmp_path / "run")["steps"]
    names = [step["name"] for step in steps if step["status"] == "Succeeded"]
    assert {"split", "train-deep", "train-shallow", "choose", "GoodEnough", "register"} <= {*names}
    assert "TooWeak" not in names


def test_sample_fails_when_no_model_is_good_enough(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """The other branch ends the execution as failed, with its message and exit code 1."""
    outcome = run("-p", "RequiredAuc=1.01")
    assert outcome.returncode == 1
    assert "AUC is below 1.01" in outcome.stdout + outcome.stderr
    assert not list((tmp_path / "run").rglob("register/*/output/model/results.json"))


def test_sample_is_the_same_bytes_on_another_machine(assembly: Path, tmp_path: Path) -> None:
    """Another checkout, hash seed, home, time zone and language: template and bundles are equal."""
    project = tmp_path / "other checkout"
    shutil.copytree(ROOT / "sample_app", project / "sample_app")
    shutil.copy(ROOT / "cdk.json", project)
    other = synthesize(
        project,
        tmp_path / "out",
        PYTHONHASHSEED="7",
        HOME=str(tmp_path),
        USER="somebody",
        TZ="Asia/Tokyo",
        LANG="de_DE.UTF-8",
    )
    names = {path.name for path in assembly.glob("asset.*.zip")} | {"Training.template.json"}
    assert names == {path.name for path in other.glob("asset.*.zip")} | {"Training.template.json"}
    for name in names:
        assert (assembly / name).read_bytes() == (other / name).read_bytes(), name


def test_template_has_what_the_stack_says(assembly: Path) -> None:
    """Schedule, grant and roles are in the template."""
    template = json.loads((assembly / "Training.template.json").read_text(encoding="utf-8"))
    kinds = [resource["Type"] for resource in template["Resources"].values()]
    assert kinds.count("AWS::SageMaker::Pipeline") == 1
    assert kinds.count("AWS::Scheduler::Schedule") == 1
    grants = [
        resource
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Policy" and "dynamodb" in json.dumps(resource)
    ]
    assert len(grants) == 1
    assert "register" in json.dumps(grants[0]["Properties"]["Roles"])
