"""Dependencies that are left to the container: pip, uv or conda, whatever the image has."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.functional.runtime.bundles import Outcome, make_bundle, run_bundle
from tests.functional.wheel_files import make_wheel

USES = """
import subprocess, sys
def f():
    import alpha
    code = "import alpha; print(alpha.__file__)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == alpha.__file__
    return alpha.VALUE
"""


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    folder.mkdir()
    make_wheel(folder, "alpha", "1.0")
    return folder


def image_python(folder: Path, *, with_pip: bool) -> Path:
    """Make an environment that nobody minds being changed."""
    venv.create(folder, with_pip=with_pip)
    return folder / "bin" / "python"


def run(base: Path, python: Path | str, index: Path, **environment: str) -> Outcome:
    bundle = make_bundle({"m.py": USES}, {"requirements": True}, {"requirements.txt": b"alpha\n"})
    offline = {"PIP_FIND_LINKS": str(index), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    return run_bundle(base, bundle, python=str(python), **offline, **environment)


def test_pip_installs_into_the_image(tmp_path: Path, index: Path) -> None:
    outcome = run(tmp_path / "ml", image_python(tmp_path / "v", with_pip=True), index)
    assert outcome.failure is None, outcome.output
    assert outcome.result == "1.0"


def test_uv_takes_the_place_of_a_missing_pip(tmp_path: Path, index: Path) -> None:
    """An image made by uv has no pip."""
    uv = pytest.importorskip("uv").find_uv_bin()
    outcome = run(
        tmp_path / "ml",
        image_python(tmp_path / "v", with_pip=False),
        index,
        PATH=f"{Path(uv).parent}{os.pathsep}{os.environ['PATH']}",
        UV_FIND_LINKS=str(index),
        UV_OFFLINE="1",
        UV_CACHE_DIR=str(tmp_path / "uv"),
    )
    assert outcome.failure is None, outcome.output
    assert outcome.result == "1.0"


def test_image_without_an_installer_is_told(tmp_path: Path, index: Path) -> None:
    python = image_python(tmp_path / "v", with_pip=False)
    outcome = run(tmp_path / "ml", python, index, PATH="/nowhere")
    assert "the image has neither pip nor uv" in (outcome.failure or "")
    assert "constructs-lib lock" in (outcome.failure or "")


READ_ONLY = """
import os
access = os.access
# Those of Debian are called dist-packages.
os.access = lambda path, mode, **k: not str(path).endswith("-packages") and access(path, mode)
"""


def test_read_only_packages_are_left_alone(tmp_path: Path, index: Path) -> None:
    """A user who may not write to the image's packages gets a folder of the job's own."""
    system = str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}"))
    known = subprocess.run([system, "-m", "pip", "--version"], capture_output=True, check=False)
    if known.returncode:
        pytest.skip("the system's Python has no pip")
    # A virtual environment has no packages of a user; root may write everywhere, so it is played.
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(READ_ONLY)
    outcome = run(
        tmp_path / "ml",
        system,
        index,
        PYTHONPATH=str(hook),
        PIP_BREAK_SYSTEM_PACKAGES="1",
        TMPDIR=str(tmp_path),
    )
    assert outcome.failure is None, outcome.output
    assert outcome.result == "1.0"
    assert list(tmp_path.glob("packages-*/lib/python*/site-packages/alpha.py"))


MAMBA = """#!/bin/sh
echo "$@" > {folder}/asked
cat "$6" > {folder}/environment.yml
exit {code}
"""


@pytest.mark.parametrize("code", [0, 1])
def test_conda_updates_its_own_environment(tmp_path: Path, code: int) -> None:
    """With the file as it was given; what it says when it fails is in the log."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "mamba").write_text(MAMBA.format(folder=tmp_path, code=code))
    (programs / "mamba").chmod(0o755)
    text = b"dependencies: [numpy=2]\n"
    bundle = make_bundle(
        {"m.py": "def f(): return 1"}, {"environment": True}, {"environment.yml": text}
    )
    outcome = run_bundle(
        tmp_path / "ml", bundle, PATH=f"{programs}{os.pathsep}{os.environ['PATH']}"
    )
    asked = (tmp_path / "asked").read_text().split()
    assert asked[:4] == ["env", "update", "--prefix", sys.prefix]
    assert (tmp_path / "environment.yml").read_bytes() == text
    assert outcome.code == code
    if code:
        assert "mamba could not update the environment" in (outcome.failure or "")


def test_image_without_conda_is_told(tmp_path: Path) -> None:
    bundle = make_bundle({"m.py": "def f(): return 1"}, {"environment": True})
    outcome = run_bundle(tmp_path / "ml", bundle, PATH="/nowhere")
    assert "the image has no conda" in (outcome.failure or "")


@pytest.mark.parametrize(
    ("requirement", "met"),
    [
        ("pytest ; python_version > '3'", True),
        ("no-such-package ; python_version < '3'", True),
        ("no-such-package ; python_version > '3'", False),
        ("pytest == 9.*", True),
        ("pytest ~= 0.1", False),
        ("pytest[all]", False),
        ("--extra-index-url https://example.com/simple", True),
    ],
)
def test_markers_and_wildcards_are_understood(tmp_path: Path, requirement: str, met: bool) -> None:
    """Where nothing is installed, what a library can tell is not asked of the user."""
    bundle = make_bundle(
        {"m.py": "def f(): return 1"},
        {"requirements": True},
        {"requirements.txt": f"{requirement}\n".encode()},
    )
    outcome = run_bundle(tmp_path, bundle, CONSTRUCTS_LIB_INSTALL="never")
    assert (outcome.code == 0) == met, outcome.output
