"""The entry point starts in images that have little more than a Python."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from constructs_lib import get_step, step
from constructs_lib.model.placement import place
from constructs_lib.packaging.bundle import build_bundle
from constructs_lib.runtime.bootstrap import START_CODE
from tests.functional.runtime.bundles import Outcome, make_bundle
from tests.functional.runtime.roots import (
    NOBODY,
    add_program,
    can_change_root,
    make_root,
    run_in_root,
)
from tests.interpreters import interpreters

HERE = ".".join(map(str, sys.version_info[:2]))
SOURCE = """
import os
import shutil
import sys


class Model:
    def __init__(self, depth):
        self.depth = depth


def f(depth):
    facts = {
        "depth": depth,
        "home": os.environ.get("HOME"),
        "python": "%d.%d" % sys.version_info[:2],
        "shell": shutil.which("sh") or shutil.which("bash"),
        "user": os.getuid(),
        "writable": [name for name in ("/", "/tmp", os.getcwd()) if os.access(name, os.W_OK)],
    }
    return facts, Model(depth)


def fail(depth):
    raise ValueError(depth)
"""
PLAN = {
    "args": [{"kind": "hyperparameter", "key": "depth", "type": "integer"}],
    "elements": 2,
}
DEPTH = {"depth": "6"}


@pytest.fixture(scope="module")
def roots() -> Iterator[Path]:
    """A folder for root file systems; every user may enter it, unlike those of the tests."""
    if not can_change_root():
        pytest.skip("this process may not change the root of another: it needs CAP_SYS_CHROOT")
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def root(roots: Path) -> Path:
    """One with the Python that runs the tests."""
    folder = roots / "here"
    make_root(folder, interpreters()[HERE])
    return folder


@pytest.mark.parametrize("version", interpreters())
def test_step_runs_where_there_is_only_a_python(version: str, roots: Path) -> None:
    """No shell, no PATH, no home, no temporary folder, no /proc, nothing to write but results."""
    folder = roots / version
    make_root(folder, interpreters()[version])
    outcome = run_in_root(folder, make_bundle({"m.py": SOURCE}, PLAN), hyperparameters=DEPTH)
    assert (outcome.code, outcome.output, outcome.failure) == (0, "", None)
    facts, _ = outcome.result
    assert facts == {
        "depth": 6,
        "home": None,
        "python": version,
        "shell": None,
        "user": NOBODY,
        "writable": [],
    }


def test_pickle_by_value_runs_there(root: Path) -> None:
    """With what unpickles it in the bundle."""
    factor = 7
    made = get_step(step(lambda depth: {"depth": depth * factor})(6))
    bundle = build_bundle(made, "work", place(made))
    assert bundle.exact_python == sys.version_info[:2]
    outcome = run_in_root(root, bundle.data, hyperparameters=DEPTH)
    assert (outcome.code, outcome.output) == (0, "")
    assert outcome.result == {"depth": 42}


def test_failure_is_reported_there(root: Path) -> None:
    """As everywhere."""
    plan = {**PLAN, "function": {"module": "m", "qualname": "fail"}}
    outcome = run_in_root(root, make_bundle({"m.py": SOURCE}, plan), hyperparameters=DEPTH)
    assert outcome.code == 1
    assert outcome.failure is not None
    assert outcome.failure.startswith("ValueError: 6\nTraceback")


def test_result_that_cannot_be_written_is_a_failure(root: Path) -> None:
    """Where the image's user may not write to the folder that SageMaker uploads."""
    bundle = make_bundle({"m.py": SOURCE}, PLAN)
    outcome = run_in_root(root, bundle, hyperparameters=DEPTH, owner=0)
    assert outcome.code == 1
    assert "PermissionError" in outcome.output
    assert "/opt/ml/model" in outcome.output
    assert "the failure file cannot be written" in outcome.output


def test_commands_need_a_shell(root: Path) -> None:
    """Which is said."""
    files = {"pre_execution.sh": b"true\n"}
    bundle = make_bundle({"m.py": SOURCE}, {**PLAN, "pre_execution": True}, files)
    outcome = run_in_root(root, bundle, hyperparameters=DEPTH)
    assert outcome.code == 1
    assert "the image has no shell" in (outcome.failure or "")


def test_commands_need_no_temporary_folder(roots: Path) -> None:
    """Only a shell; their quotes and lines are kept."""
    folder = roots / "shell"
    make_root(folder, interpreters()[HERE])
    add_program(folder, "/bin/sh")
    text = "name='a  b'\nif true; then\n  echo \"$name\" > /opt/ml/output/said\nfi\n"
    files = {"pre_execution.sh": text.encode()}
    bundle = make_bundle({"m.py": SOURCE}, {**PLAN, "pre_execution": True}, files)
    outcome = run_in_root(folder, bundle, hyperparameters=DEPTH, environment={"PATH": "/bin"})
    assert (outcome.code, outcome.output) == (0, "")
    assert (outcome.base / "output" / "said").read_text() == "a  b\n"


@pytest.mark.parametrize(
    "environment",
    [{"PATH": ""}, {}, {"TMPDIR": "/nowhere"}, {"HOME": "/nowhere"}, {"LANG": "C", "LC_ALL": "C"}],
    ids=["no PATH", "no HOME", "no TMPDIR", "HOME is not there", "no UTF-8"],
)
def test_environment_is_not_needed(environment: dict[str, str], tmp_path: Path) -> None:
    """The interpreter is started by its path, in a folder that cannot be written to."""
    bundle = make_bundle({"m.py": SOURCE}, PLAN)
    digest = hashlib.sha256(bundle).hexdigest()
    for name in ("input/data/code", "input/config", "model", "output", "work"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "input" / "data" / "code" / f"{digest}.zip").write_bytes(bundle)
    (tmp_path / "input" / "config" / "hyperparameters.json").write_text('{"depth": "6"}')
    (tmp_path / "work").chmod(0o555)
    result = subprocess.run(
        [os.path.realpath(sys.executable), "-c", START_CODE, digest],
        env={"SAGEMAKER_BASE_DIR": str(tmp_path), **environment},
        cwd=tmp_path / "work",
        capture_output=True,
        text=True,
        check=False,
    )
    outcome = Outcome(result.returncode, result.stdout + result.stderr, tmp_path)
    assert (outcome.code, outcome.output) == (0, "")
    assert (tmp_path / "model" / "0").is_dir()
