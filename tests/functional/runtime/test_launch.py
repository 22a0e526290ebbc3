"""What a job does around the function: shell commands first, and several processes."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from tests.functional.runtime.bundles import make_bundle, run_bundle

RANKED = """
import os

def f():
    open(os.environ["SAGEMAKER_BASE_DIR"] + "/rank-" + os.environ.get("RANK", "none"), "w").close()
    return int(os.environ["RANK"])
"""
# Stands for the launcher of an image: starts the processes, as torchrun does.
FAKE = """#!{python}
import os, subprocess, sys
print("options", *[a for a in sys.argv[1:] if a.startswith("--n") or a.startswith("--master")])
command = sys.argv[sys.argv.index({python!r}):]
codes = [subprocess.call(command, env={{**os.environ, "RANK": rank}}) for rank in "01"]
sys.exit(max(codes))
"""


def tools(folder: Path, **programs: str) -> dict[str, str]:
    """Return a PATH that begins with some programs."""
    folder.mkdir()
    for name, text in programs.items():
        path = folder / name.replace("_", "-")
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def launcher(kind: str, processes: int | None = 2, *options: str) -> dict[str, object]:
    """Return a plan with a launcher."""
    return {"launcher": {"kind": kind, "processes": processes, "options": [*options]}}


def test_torchrun_runs_every_rank_and_keeps_the_result_of_the_first(tmp_path: Path) -> None:
    """Both ranks call the function; rank 0's value is stored."""
    path = tools(tmp_path / "bin", torchrun=FAKE.format(python=sys.executable))
    base = tmp_path / "ml"
    config = base / "input" / "config"
    outcome = run_bundle(base, make_bundle({"m.py": RANKED}, launcher("torchrun")), **path)
    assert outcome.code == 0, outcome.output
    assert outcome.result == 0
    assert {p.name for p in base.glob("rank-*")} == {"rank-0", "rank-1"}
    assert "--nnodes=1 --node_rank=0 --master_addr=127.0.0.1" in outcome.output.replace(
        "options ", ""
    )
    assert "--nproc_per_node=2" in outcome.output
    assert config.is_dir()


def test_failing_rank_fails_the_step(tmp_path: Path) -> None:
    """The reason is that of the rank."""
    text = "import os\ndef f():\n    return 1 // int(os.environ['RANK'])\n"
    path = tools(tmp_path / "bin", torchrun=FAKE.format(python=sys.executable))
    outcome = run_bundle(tmp_path / "ml", make_bundle({"m.py": text}, launcher("torchrun")), **path)
    assert outcome.code != 0
    assert "ZeroDivisionError" in outcome.failure


def test_reason_of_the_rank_that_failed_is_kept(tmp_path: Path) -> None:
    """The ranks that are stopped because of it have none of their own."""
    text = (
        "import os, time\ndef f():\n"
        "    if os.environ['RANK'] == '1': raise ValueError('bad')\n"
        "    time.sleep(30)\n"
    )
    fake = (
        f"#!{sys.executable}\nimport os, subprocess, sys, time\n"
        f"command = sys.argv[sys.argv.index({sys.executable!r}):]\n"
        "first, other = (subprocess.Popen(command, env=dict(os.environ, RANK=r)) for r in '01')\n"
        "code = other.wait()\ntime.sleep(1)\nfirst.terminate()\nfirst.wait()\nsys.exit(code)\n"
    )
    path = tools(tmp_path / "bin", torchrun=fake)
    outcome = run_bundle(tmp_path / "ml", make_bundle({"m.py": text}, launcher("torchrun")), **path)
    assert outcome.code == 1
    assert str(outcome.failure).startswith("ValueError: bad")


def test_spark_gets_its_options(tmp_path: Path) -> None:
    """spark-submit starts a file, with jars and properties."""
    fake = f"#!{sys.executable}\nimport os,sys\nprint(sys.argv[1:-1], flush=True)\n"
    fake += f"os.execv({sys.executable!r}, [{sys.executable!r}, sys.argv[-1]])\n"
    path = tools(tmp_path / "bin", spark_submit=fake)
    plan = launcher("spark", None, "--jars", "s3://b/a.jar", "--conf", "spark.x=1")
    bundle = make_bundle({"m.py": "def f(): return 'spark'"}, plan)
    outcome = run_bundle(tmp_path / "ml", bundle, **path)
    assert outcome.result == "spark", outcome.output
    assert "['--jars', 's3://b/a.jar', '--conf', 'spark.x=1']" in outcome.output


@pytest.mark.parametrize("kind", ["torchrun", "mpirun", "spark"])
def test_image_without_the_launcher_is_named(kind: str, tmp_path: Path) -> None:
    """The failure says what is missing."""
    bundle = make_bundle({"m.py": "def f(): return 1"}, launcher(kind))
    outcome = run_bundle(tmp_path / "ml", bundle, PATH=str(tmp_path))
    assert outcome.code != 0
    assert "the image has no " in outcome.failure


def test_commands_run_before_the_function(tmp_path: Path) -> None:
    """They run in a shell, in the job's own environment."""
    text = "def f(): return open('made').read()"
    files = {"pre_execution.sh": b"echo preparing\nprintf '%s' \"$WORD\" > made\n"}
    bundle = make_bundle({"m.py": text}, {"pre_execution": True}, files)
    outcome = run_bundle(tmp_path / "ml", bundle, WORD="ready")
    assert outcome.result == "ready", outcome.output
    assert "preparing" in outcome.output


def test_command_that_fails_ends_the_job(tmp_path: Path) -> None:
    """Nothing after it runs, not even with a lot of output."""
    script = b"head -c 300000 /dev/zero | tr '\\0' x >&2\nfalse\ntouch after\n"
    bundle = make_bundle(
        {"m.py": "def f(): return 1"}, {"pre_execution": True}, {"pre_execution.sh": script}
    )
    outcome = run_bundle(tmp_path / "ml", bundle)
    assert outcome.code != 0
    assert "pre-execution commands ended with exit code 1" in outcome.failure
    assert not (tmp_path / "ml" / "after").exists()
