"""mpirun on two hosts, which are two jobs on this machine."""

from __future__ import annotations

import fcntl
import json
import stat
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.functional.runtime.bundles import Outcome, make_bundle, run_bundle

HOSTS = ("127.0.0.1", "localhost")
# Starts each process as SSH does, with nothing but the variables that are passed on; the folder
# of a host is named as the host.
MPIRUN = """#!{python}
import os, subprocess, sys
print("options", *sys.argv[1:sys.argv.index({python!r})], flush=True)
given = sys.argv[1:]
slots = [entry.split(":") for entry in given[given.index("--host") + 1].split(",")]
names = [given[i + 1] for i, option in enumerate(given) if option == "-x"]
passed = {{name: os.environ[name] for name in names}}
root = os.path.dirname(passed["SAGEMAKER_BASE_DIR"])
where = [host for host, count in slots for _ in range(int(count))]
processes = []
for rank, host in enumerate(where):
    variables = dict(passed, SAGEMAKER_BASE_DIR=f"{{root}}/{{host}}", OMPI_COMM_WORLD_RANK=str(rank))
    command = given[given.index({python!r}):]
    processes.append(subprocess.Popen(command, env=variables))
codes = [process.wait() for process in processes]
sys.exit(max(codes))
"""
WAITS = "#!/bin/sh\nexec sleep 60\n"
RANKED = """
import os, pathlib

def f():
    rank = os.environ["OMPI_COMM_WORLD_RANK"]
    pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"], f"rank-{rank}").write_text(os.environ["OWN"])
    return int(rank)
"""
FAILS = """
import os

def f():
    if os.environ["OWN"] == "own of localhost":
        raise ValueError("bad")
"""


@pytest.fixture(autouse=True)
def one_at_a_time() -> Iterator[None]:
    """The hosts of a job meet at a fixed port, of which this machine has one."""
    with (Path(tempfile.gettempdir()) / "constructs-lib-tests-mpi.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def programs(folder: Path, **texts: str) -> str:
    """Return a PATH with nothing but some programs."""
    folder.mkdir()
    for name, text in texts.items():
        path = folder / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(folder)


def run(folder: Path, text: str, path: str) -> list[Outcome]:
    """Run a step on both hosts, two processes on the first and one on the other."""

    def job(host: str) -> Outcome:
        processes = 2 if host == HOSTS[0] else 1
        launcher = {"kind": "mpirun", "processes": processes, "options": []}
        bundle = make_bundle({"m.py": text}, {"launcher": launcher})
        resources = {"current_host": host, "hosts": [*HOSTS], "network_interface_name": "lo"}
        own = {"PATH": path, "OWN": f"own of {host}"}
        return run_bundle(folder / host, bundle, resources=resources, **own)

    with ThreadPoolExecutor() as pool:
        return list(pool.map(job, HOSTS))


def test_processes_run_on_every_host(tmp_path: Path) -> None:
    """In the environment of their host's job; the result is that of rank 0, on the first host."""
    mpirun = MPIRUN.format(python=sys.executable)
    path = programs(tmp_path / "bin", mpirun=mpirun, ssh=WAITS, sshd=WAITS)
    first, other = run(tmp_path, RANKED, f"{path}:/usr/bin:/bin")
    assert (first.code, other.code) == (0, 0), first.output + other.output
    assert first.result == 0
    assert not other.has_view
    found = {p.name: p.read_text() for host in HOSTS for p in (tmp_path / host).glob("rank-*")}
    assert found == {
        "rank-0": "own of 127.0.0.1",
        "rank-1": "own of 127.0.0.1",
        "rank-2": "own of localhost",
    }
    assert "-np 3 --host 127.0.0.1:2,localhost:1" in first.output


def test_environment_is_kept_for_this_user_alone(tmp_path: Path) -> None:
    """It may hold secrets."""
    mpirun = MPIRUN.format(python=sys.executable)
    path = programs(tmp_path / "bin", mpirun=mpirun, ssh=WAITS, sshd=WAITS)
    run(tmp_path, RANKED, f"{path}:/usr/bin:/bin")
    for host in HOSTS:
        file = tmp_path / host / "environment.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert json.loads(file.read_text())["OWN"] == f"own of {host}"


def test_failure_on_another_host_is_told_by_both(tmp_path: Path) -> None:
    """The first host says where."""
    mpirun = MPIRUN.format(python=sys.executable)
    path = programs(tmp_path / "bin", mpirun=mpirun, ssh=WAITS, sshd=WAITS)
    first, other = run(tmp_path, FAILS, f"{path}:/usr/bin:/bin")
    assert (first.code, other.code) == (1, 1)
    assert str(first.failure).startswith("StepFailure: on localhost: ValueError: bad")
    assert str(other.failure).startswith("ValueError: bad")


@pytest.mark.parametrize("missing", ["mpirun", "ssh"])
def test_first_host_names_what_the_image_lacks(tmp_path: Path, missing: str) -> None:
    """Before it waits for anybody."""
    there = {name: WAITS for name in ("mpirun", "ssh") if name != missing}
    launcher = {"kind": "mpirun", "processes": 1, "options": []}
    bundle = make_bundle({"m.py": RANKED}, {"launcher": launcher})
    resources = {"current_host": HOSTS[0], "hosts": [*HOSTS], "network_interface_name": "lo"}
    path = programs(tmp_path / "bin", **there)
    outcome = run_bundle(tmp_path / "ml", bundle, resources=resources, PATH=path)
    assert outcome.code == 1
    assert f"the image has no {missing}" in str(outcome.failure)
    assert "use_torchrun" in str(outcome.failure)


def test_sshd_that_ends_fails_its_host(tmp_path: Path) -> None:
    """Its message is in the log."""
    broken = "#!/bin/sh\necho no hostkeys available\nexit 1\n"
    launcher = {"kind": "mpirun", "processes": 1, "options": []}
    bundle = make_bundle({"m.py": RANKED}, {"launcher": launcher})
    resources = {"current_host": HOSTS[1], "hosts": [*HOSTS], "network_interface_name": "lo"}
    path = programs(tmp_path / "bin", sshd=broken)
    outcome = run_bundle(tmp_path / "ml", bundle, resources=resources, PATH=f"{path}:/bin")
    assert "sshd ended with exit code 1" in str(outcome.failure)
    assert "no hostkeys available" in outcome.output
