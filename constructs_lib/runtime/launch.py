"""Steps whose function runs in several processes: which one this is, and how they are started."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from typing import Any, NoReturn

from .failure import StepFailure
from .protocol import Launcher

_STARTED = "CONSTRUCTS_LIB_LAUNCHED"
_PORT = "7777"
_RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK")


def is_launched() -> bool:
    """Tell whether this process was started by a launcher."""
    return _STARTED in os.environ


def is_first() -> bool:
    """Tell whether what this process returns is the step's result: it has rank 0."""
    ranks = (os.environ[name] for name in _RANKS if name in os.environ)
    return not is_launched() or next(ranks, "0") == "0"


def launch(launcher: Launcher, bundle: str, base: str) -> NoReturn:
    """Become the launcher, which starts the step's processes.

    Raises:
        StepFailure: The image does not have it.
    """
    code = f"import sys;sys.path[0]={bundle!r};from _constructs_lib_runtime import main;main.main()"
    command = _COMMANDS[launcher["kind"]](launcher, code, _hosts(base))
    if shutil.which(command[0]) is None:
        raise StepFailure(
            f"the image has no {command[0]}, which the step is to be started with; use an image "
            f"that has it"
        )
    os.environ[_STARTED] = launcher["kind"]
    sys.stdout.flush()
    os.execvp(command[0], command)


def _hosts(base: str) -> tuple[int, list[str]]:
    """Return the number of this host, and the names of all."""
    path = os.path.join(base, "input", "config", "resourceconfig.json")
    if not os.path.exists(path):
        return 0, ["localhost"]
    with open(path, encoding="utf-8") as file:
        config: dict[str, Any] = json.load(file)
    hosts = sorted(config["hosts"])
    return hosts.index(config["current_host"]), hosts


def _torchrun(launcher: Launcher, code: str, hosts: tuple[int, list[str]]) -> list[str]:
    number, names = hosts
    address = "127.0.0.1" if len(names) == 1 else names[0]
    return [
        "torchrun",
        f"--nnodes={len(names)}",
        f"--node_rank={number}",
        f"--master_addr={address}",
        f"--master_port={_PORT}",
        f"--nproc_per_node={launcher['processes'] or 'auto'}",
        *("--no_python", sys.executable, "-c", code),
    ]


def _mpirun(launcher: Launcher, code: str, hosts: tuple[int, list[str]]) -> list[str]:
    processes = launcher["processes"] or _gpus() or os.cpu_count() or 1
    root = ["--allow-run-as-root"] if os.getuid() == 0 else []
    command = ["mpirun", *root, "--oversubscribe", "-np", str(processes)]
    return [*command, "-x", _STARTED, sys.executable, "-c", code]


def _spark(launcher: Launcher, code: str, hosts: tuple[int, list[str]]) -> list[str]:
    submit = "smspark-submit" if shutil.which("smspark-submit") else "spark-submit"
    # spark-submit takes a file only; the process ends with the job, and its folder with it.
    path = os.path.join(tempfile.mkdtemp(), "step.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(code)
    return [submit, *launcher["options"], path]


def _gpus() -> int:
    names = os.listdir("/dev") if os.path.isdir("/dev") else []
    return sum(name.startswith("nvidia") and name[6:].isdigit() for name in names)


_COMMANDS = {"torchrun": _torchrun, "mpirun": _mpirun, "spark": _spark}
