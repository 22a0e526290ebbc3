"""The guide to checking shows what the CDK's CLI and the command really print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "how-to" / "check-before-deploying.md"


def blocks(language: str) -> list[str]:
    text = GUIDE.read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def call(cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    # The CDK decides by them who reports.
    environment = {k: v for k, v in environment.items() if not k.startswith("PYTEST_")}
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def synth(cwd: Path, *options: str) -> subprocess.CompletedProcess[str]:
    cdk = str(ROOT / "node_modules" / ".bin" / "cdk")
    return call(cwd, cdk, "synth", "--quiet", "--no-notices", *options)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guide's app, synthesized; what was printed is in ``printed.txt``."""
    folder = tmp_path_factory.mktemp("guide")
    (folder / "app.py").write_text(blocks("python")[0])
    (folder / "cdk.json").write_text('{"app": "python app.py"}')
    (prices,) = re.findall(r'`(\{"ml\..*?\})`', GUIDE.read_text(encoding="utf-8"))
    (folder / "prices.json").write_text(prices)
    outcome = synth(folder)
    assert outcome.returncode == 0, outcome.stderr
    (folder / "printed.txt").write_text(outcome.stdout + outcome.stderr)
    return folder


def test_synth_prints_the_warnings(project: Path) -> None:
    """Through the real CLI, without a path of this machine."""
    printed = (project / "printed.txt").read_text()
    assert blocks("text")[0].strip() in printed
    assert str(project) not in (project / "cdk.out" / "validation-report.json").read_text()


def test_check_prints_the_report(project: Path) -> None:
    """As it stands in the guide."""
    first, _, shown = blocks("text")[1].partition("\n")
    arguments = first.removeprefix("$ constructs-lib ").split()
    outcome = call(project, sys.executable, "-m", "constructs_lib.cli.main", *arguments)
    lines = [line.rstrip() for line in outcome.stdout.strip("\n").split("\n")]
    assert lines == shown.rstrip("\n").split("\n")
    assert outcome.returncode == 0


def test_what_is_acknowledged_is_left_out(project: Path, tmp_path: Path) -> None:
    """By the CLI and by the command."""
    copied = tmp_path / "copy"
    shutil.copytree(project, copied, ignore=shutil.ignore_patterns("cdk.out"))
    text = (copied / "app.py").read_text()
    (copied / "app.py").write_text(text.replace("app.synth()", f"{blocks('python')[1]}app.synth()"))
    outcome = synth(copied)
    assert "constructs-lib::network" in outcome.stderr
    assert "constructs-lib::grant" not in outcome.stderr
    report = call(copied, sys.executable, "-m", "constructs_lib.cli.main", "check").stdout
    assert report.rstrip().endswith("shop-sales: 1 warning")


def test_risky_edits_are_warnings_if_they_are_asked_for(project: Path, tmp_path: Path) -> None:
    """Compared with a copy of what was synthesized before."""
    copied = tmp_path / "copy"
    shutil.copytree(project, copied)
    (copied / "cdk.out").rename(copied / "before")
    text = (copied / "app.py").read_text()
    renamed = text.replace("load(l", 'load.with_options(name="read")(l')
    (copied / "app.py").write_text(renamed)
    assert "becomes" not in synth(copied).stderr
    outcome = synth(copied, "-c", "constructs-lib:against=before")
    assert outcome.returncode == 0, outcome.stderr
    assert "WARNING step 'load' becomes 'read': the results" in outcome.stderr
    assert "Acknowledge with 'constructs-lib::risk'" in outcome.stderr
    for wrong, why in {"nowhere": "cannot be read", "cdk.out": "is being written"}.items():
        outcome = synth(copied, "-c", f"constructs-lib:against={wrong}")
        assert outcome.returncode == 0, outcome.stderr
        assert why in outcome.stderr
