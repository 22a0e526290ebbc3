"""From `constructs-lib lock` to a job without a network: real uv, real pip, an index of files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.wheel_files import make_wheel

pytest.importorskip("uv")

APP = """
import aws_cdk as cdk
from constructs_lib import Image, Pipeline, step

IMAGE = Image.uri("123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:1", python="{python}")

@step(dependencies="r.txt", image_uri=IMAGE, enable_network_isolation=True)
def work(value):
    import alpha
    return [alpha.VALUE, value]

app = cdk.App()
Pipeline(cdk.Stack(app, "S"), "P", steps=[work(5)])
app.synth()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An app whose step needs a package that needs another one; and an index that has them."""
    index = tmp_path / "index"
    index.mkdir()
    make_wheel(index, "alpha", "1.0", "beta>=1")
    make_wheel(index, "beta", "1.0")
    (tmp_path / "r.txt").write_text("alpha\n")
    python = "{}.{}".format(*sys.version_info)
    (tmp_path / "app.py").write_text(APP.format(python=python))
    (tmp_path / "cdk.json").write_text(json.dumps({"app": f'"{sys.executable}" app.py'}))
    return tmp_path


def run(project: Path, *command: str, code: int = 0) -> str:
    """Run a command as a user would, with an index of files in the place of PyPI."""
    index = str(project / "index")
    environment = {
        **{key: text for key, text in os.environ.items() if not key.startswith(("PIP_", "UV_"))},
        "PIP_FIND_LINKS": index,
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "UV_FIND_LINKS": index,
        "UV_OFFLINE": "1",
        "UV_CACHE_DIR": str(project / "uv"),
        "XDG_CACHE_HOME": str(project / "cache"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    ended = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def lock(project: Path, *options: str, code: int = 0) -> str:
    return run(
        project, sys.executable, "-m", "constructs_lib.cli.main", "lock", *options, code=code
    )


def pins(project: Path) -> list[str]:
    (path,) = project.glob("r.*.lock")
    return [line.partition(" ")[0] for line in path.read_text().splitlines() if line[0] != "#"]


def synthesize(project: Path) -> None:
    shutil.rmtree(project / "cdk.out", ignore_errors=True)
    environment = {**os.environ, "CDK_OUTDIR": str(project / "cdk.out")}
    subprocess.run([sys.executable, "app.py"], cwd=project, env=environment, check=True)


def test_from_requirements_to_a_job_without_a_network(project: Path) -> None:
    """Locked once, downloaded when the assembly is published, unpacked where there is no network."""
    assert "2 wheels, written" in lock(project)
    assert pins(project) == ["alpha==1.0", "beta==1.0"]
    synthesize(project)
    command = [sys.executable, "-m", "constructs_lib.cli.main", "run", "--install"]
    run(project, *command)  # downloads
    for wheel in (project / "index").iterdir():
        wheel.unlink()
    if shutil.which("unshare") and os.geteuid() == 0:
        command = ["unshare", "-n", *command]
    run(project, *command)
    results = sorted(project.rglob("output/model/results.json"))
    assert [json.loads(path.read_text())["Result"] for path in results] == [["1.0", 5], ["1.0", 5]]
    assert list(project.rglob("unpacked*")) == []


def test_locks_stay_until_they_are_upgraded(project: Path) -> None:
    """A new version in the index changes nothing by itself; a new requirement changes only that."""
    lock(project)
    make_wheel(project / "index", "alpha", "2.0", "beta>=1")
    make_wheel(project / "index", "gamma", "1.0")
    assert "unchanged" in lock(project)
    (project / "r.txt").write_text("alpha\ngamma\n")
    assert "does not fit" in lock(project, "--check", code=1)
    assert pins(project) == ["alpha==1.0", "beta==1.0"]
    lock(project)
    assert pins(project) == ["alpha==1.0", "beta==1.0", "gamma==1.0"]
    (project / "r.txt").write_text("alpha>=2\ngamma\n")
    lock(project)
    assert pins(project) == ["alpha==2.0", "beta==1.0", "gamma==1.0"]
    make_wheel(project / "index", "beta", "3.0")
    lock(project, "--upgrade")
    assert pins(project) == ["alpha==2.0", "beta==3.0", "gamma==1.0"]
    assert "fits" in lock(project, "--check")


def test_a_diff_names_the_versions(project: Path) -> None:
    """Without the requirements having changed: in the template, and in the words of a pipeline."""
    lock(project)
    synthesize(project)
    old = shutil.move(project / "cdk.out", project / "old")
    make_wheel(project / "index", "beta", "3.0")
    lock(project, "--upgrade")
    synthesize(project)
    shown = (project / "cdk.out" / "S.template.json").read_text()
    version = "{}.{}".format(*sys.version_info)
    assert f'"r for Python {version} on Linux x86_64 | beta==3.0"' in shown
    said = run(project, sys.executable, "-m", "constructs_lib.cli.main", "diff", str(old))
    assert "~ beta 1.0 → 3.0 (in work)" in said
    assert "alpha" not in said


def test_package_without_a_wheel_is_named(project: Path) -> None:
    """With the step that needs it, and the ways out."""
    make_wheel(project / "index", "gamma", "1.0", tag="cp312-cp312-win32")
    (project / "r.txt").write_text("gamma\n")
    message = lock(project, code=2)
    assert "the dependencies of step 'work' cannot be locked for Python 3" in message
    assert "gamma" in message
    assert 'install="at-start"' in message


def test_wheel_that_was_replaced_is_not_published(project: Path) -> None:
    """The index may lie; the lock file does not."""
    lock(project)
    synthesize(project)
    make_wheel(project / "index", "alpha", "1.0", "beta>=1", "beta<9")
    message = run(
        project, sys.executable, "-m", "constructs_lib.cli.main", "run", "--install", code=1
    )
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in message


def test_steps_that_disagree_are_named(project: Path) -> None:
    """Two lists that would be one lock file."""
    app = (project / "app.py").read_text()
    other = 'work.with_options(name="other", dependencies=["beta"])(1)'
    app = app.replace('dependencies="r.txt"', 'dependencies=["alpha"]')
    (project / "app.py").write_text(app.replace("[work(5)]", f"[work(5), {other}]"))
    message = lock(project, code=2)
    assert "the steps 'work' and 'other' have different dependencies" in message


def test_app_that_fails_is_told(project: Path) -> None:
    (project / "app.py").write_text("raise SystemExit('no luck')")
    assert "no luck" in lock(project, code=2)
