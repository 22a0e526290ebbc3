"""The list of what is changed in moto."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import moto

from constructs_lib.sandbox.patches import MOTO_VERSION, PATCHES
from tests.unit.sandbox import gaps
from tests.unit.sandbox.gaps import CHECKS

ROOT = Path(__file__).resolve().parents[3]


def test_patches_are_made_for_the_installed_release() -> None:
    """An upgrade of moto is a decision: somebody looks at every entry of the list."""
    assert moto.__version__ == MOTO_VERSION
    assert f"moto[server]=={MOTO_VERSION}" in (ROOT / "pyproject.toml").read_text()
    assert len({patch.name for patch in PATCHES}) == len(PATCHES)


def test_plain_moto_has_every_gap() -> None:
    """When moto closes one of these by itself, its patch has to go."""
    assert {*CHECKS} == {patch.name for patch in PATCHES} | {"executions", "jobs"}
    result = subprocess.run(
        [sys.executable, str(Path(gaps.__file__))], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
