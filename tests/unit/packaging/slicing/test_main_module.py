"""Steps in the script that is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import json, sys
from constructs_lib import step
from constructs_lib.packaging.slicing import slice_sources, source_reference
{imports}
FACTOR = 3

@step
def train(x):
    return x * FACTOR + helper()

if __name__ == "__main__":
    @step
    def guarded(): return 1
    reference = source_reference(train.func)
    piece = None
    if not isinstance(reference, str):
        piece = slice_sources([reference], step="train", location=None)
    print(json.dumps({{
        "reference": str(reference),
        "guarded": str(source_reference(guarded.func)),
        "files": {{p: d.decode() for p, d in piece.files.items()}} if piece else None,
    }}))
"""
RELATIVE = SCRIPT.format(imports="from .helpers import helper")
PLAIN = SCRIPT.format(imports="from helpers import helper")
HELPERS = "def helper(): return 1\n"


def _run(folder: Path, *arguments: str) -> Any:
    repository = Path(__file__).resolve().parents[4]
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("files", "arguments", "module"),
    [
        ({"my_app.py": PLAIN, "helpers.py": HELPERS}, ["my_app.py"], "my_app"),
        ({"pkg/tool.py": RELATIVE, "pkg/helpers.py": HELPERS}, ["-m", "pkg.tool"], "pkg.tool"),
        (
            {"pkg/__init__.py": "", "pkg/__main__.py": RELATIVE, "pkg/helpers.py": HELPERS},
            ["-m", "pkg"],
            "pkg.__main__",
        ),
        ({"tool/__main__.py": PLAIN, "tool/helpers.py": HELPERS}, ["tool"], "tool"),
    ],
    ids=["script", "module", "package", "folder"],
)
def test_a_script_is_shipped_under_an_importable_name(
    project: Any, files: dict[str, str], arguments: list[str], module: str
) -> None:
    """However it is started, the container imports it by its name, without its main part."""
    project.write(files)
    answer = _run(project.folder, *arguments)
    assert answer["reference"] == f"{module}.train"
    assert "guarded" not in "".join(answer["files"].values())
    reason = f"nothing at the top level of module {module} defines 'guarded'"
    assert answer["guarded"] == reason
    piece = type("Piece", (), {"files": {p: t.encode() for p, t in answer["files"].items()}})
    assert project.run(piece, f"{module}:train", 2) == 7


def test_a_script_with_the_name_of_a_package_is_told_apart(project: Any) -> None:
    """``app.py`` next to the package ``app`` cannot be imported as ``app``."""
    script = SCRIPT.format(imports="from app.helpers import helper")
    project.write({"app.py": script, "app/__init__.py": "", "app/helpers.py": HELPERS})
    answer = _run(project.folder, "app.py")
    assert answer["reference"] == "the script has the name of the module 'app'"
