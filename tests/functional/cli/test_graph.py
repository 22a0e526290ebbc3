"""``constructs-lib graph`` as a user runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import aws_cdk as cdk
import pytest

from constructs_lib import Pipeline, step
from constructs_lib.cli.main import main


@step
def prepare() -> int:
    return 1


@step(instance_type="ml.m5.xlarge")
def fit(value: int, depth: int) -> int:
    return value + depth


@step
def report(value: int) -> int:
    return value


def synthesized(folder: Path, *, depth: int = 6, last: str = "report", **settings: Any) -> Path:
    """Write an assembly of a chain of three."""
    app = cdk.App(outdir=str(folder), **settings)
    stack = cdk.Stack(app, "Shop")
    fitted = fit(prepare(), depth)
    Pipeline(stack, "Sales", steps=[report.with_options(name=last)(fitted)])
    app.synth()
    return folder


def drawn(capsys: pytest.CaptureFixture[str], *arguments: Any) -> str:
    assert main(["graph", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: Any) -> str:
    assert main(["graph", *map(str, arguments)]) == 2
    return capsys.readouterr().err


@pytest.fixture(scope="module")
def now(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesized(tmp_path_factory.mktemp("now"))


@pytest.mark.parametrize(
    ("file", "start"),
    [
        ("graph.txt", "prepare\n"),
        ("graph.mmd", "flowchart TD"),
        ("graph.dot", 'digraph "shop-sales"'),
        ("graph.gv", "digraph"),
        ("graph.svg", "<svg "),
        ("graph.HTML", "<!DOCTYPE html>"),
    ],
)
def test_a_suffix_chooses_the_format(tmp_path: Path, now: Path, file: str, start: str) -> None:
    """Nobody says it twice."""
    assert main(["graph", "--app", str(now), "--output", str(tmp_path / file)]) == 0
    assert (tmp_path / file).read_text(encoding="utf-8").startswith(start)


def test_a_format_is_stronger_than_a_suffix(tmp_path: Path, now: Path) -> None:
    """For files of other names."""
    output = tmp_path / "graph.md"
    arguments = ["--app", str(now), "--format", "mermaid", "--output", str(output)]
    assert main(["graph", *arguments]) == 0
    assert output.read_text(encoding="utf-8").startswith("flowchart TD")


def test_the_svg_is_a_file_of_its_own(capsys: pytest.CaptureFixture[str], now: Path) -> None:
    """With its style, and the pipeline's name."""
    root = ET.fromstring(drawn(capsys, "--app", now, "--format", "svg"))
    assert root.get("aria-label") == "shop-sales: 3 steps"
    assert root.find("{http://www.w3.org/2000/svg}style") is not None


def test_the_page_has_sources_and_arguments(capsys: pytest.CaptureFixture[str], now: Path) -> None:
    """Of each step, as they are shipped."""
    text = drawn(capsys, "--app", now, "--format", "html")
    assert "return value + depth" in text
    assert '\\"InstanceType\\": \\"ml.m5.xlarge\\"' in text


def test_a_page_needs_no_paths_of_constructs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some apps leave them out of their templates."""
    old = synthesized(tmp_path / "old", context={"aws:cdk:enable-path-metadata": False})
    assert "<!DOCTYPE html>" in drawn(capsys, "--app", old, "--format", "html")


def test_against_another_assembly(
    tmp_path: Path, now: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What changed is marked, with the user's own words for it; a new name is no new step."""
    old = synthesized(tmp_path / "old", depth=3, last="tell")
    lines = drawn(capsys, "--app", now, "--against", old).splitlines()
    assert lines == [
        "  prepare",
        "~ fit (argument depth)  ← prepare",
        "~ report (was tell)  ← fit",
    ]


def test_against_itself(now: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is marked."""
    assert drawn(capsys, "--app", now, "--against", now) == drawn(capsys, "--app", now)


def test_wrong_use_is_said(tmp_path: Path, now: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what would have been right."""
    assert "names no format" in refused(capsys, "--app", now, "--output", tmp_path / "graph.png")
    missing = tmp_path / "missing" / "graph.svg"
    assert "cannot be written" in refused(capsys, "--app", now, "--output", missing)
    assert "no cloud assembly" in refused(capsys, "--app", now, "--against", tmp_path / "nothing")
