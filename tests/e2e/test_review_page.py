"""The page that compares three reviews of one change shows what this library really prints."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.variants import ROOT, TEMPLATE, synthesize, write

PAGE = ROOT / "docs" / "explanation" / "review.md"
CHANGE = (
    ("shop/deep.py", "left * right", "left + right"),
    ("shop/steps.py", '"ml.m5.large"', '"ml.m5.2xlarge"'),
)
WIDEST = 118


@pytest.fixture(scope="module")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sample before and after the change of the page."""
    folder = tmp_path_factory.mktemp("review")
    return synthesize(
        {"old": write(folder / "old"), "new": write(folder / "new", CHANGE)},
    )


def on_the_page(command: str) -> list[str]:
    """Return the lines of the block that begins with a command."""
    text = PAGE.read_text(encoding="utf-8")
    (block,) = re.findall(rf"```text\n\$ {re.escape(command)}[^#\n]*\n(.*?)```", text, re.DOTALL)
    return block.rstrip().split("\n")


def as_on_the_page(text: str) -> list[str]:
    """Return lines without colours, with hashes by name and cut where the page cuts them."""
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    plain = re.sub(r"\b[0-9a-f]{64}\b", "<sha256>", plain)
    lines = [line.rstrip() for line in plain.strip("\n").split("\n")]
    return [line if len(line) <= WIDEST else f"{line[: WIDEST - 1]}…" for line in lines]


def test_plain_cdk_diff(cdk: Callable, assemblies: dict[str, Path]) -> None:
    output = cdk(
        *("diff", "Shop", "--app", str(assemblies["new"]), "--method=template"),
        *("--template", str(assemblies["old"] / TEMPLATE)),
        cwd=assemblies["old"],
    )
    text = output.stdout + output.stderr
    shown = text[text.index("Resources\n") : text.index("✨")]
    assert as_on_the_page(shown.rstrip()) == on_the_page("cdk diff")


def test_constructs_lib_diff(assemblies: dict[str, Path]) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "constructs_lib.cli.main"),
            *("diff", str(assemblies["old"]), str(assemblies["new"])),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert as_on_the_page(done.stdout.rstrip()) == on_the_page("constructs-lib diff")
