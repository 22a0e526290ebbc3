"""Steps whose function runs in several processes: which one this is, and how they are started."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from typing import NoReturn

from .failure import StepFailure
from .hosts import Hosts, read_hosts
from .protocol import LAUNCHED_VARIABLE, Launcher

_PORT = "7777"
_RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK")


def is_launched() -> bool:
    """Tell whether this process was started by a launcher."""
    return LAUNCHED_VARIABLE in os.environ


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
    hosts = read_hosts(base)
    if launcher["kind"] == "mpirun" and len(hosts.names) > 1:
        from .mpi import run_together

        command = [sys.executable, "-c", code]
        ended = run_together(command, _processes(launcher), hosts, base)
        sys.stdout.flush()
        os._exit(ended)
    command = _COMMANDS[launcher["kind"]](launcher, code, hosts)
    if shutil.which(command[0]) is None:
        raise StepFailure(
            f"the image has no {command[0]}, which the step is to be started with; use an image "
            f"that has it"
        )
    os.environ[LAUNCHED_VARIABLE] = launcher["kind"]
    sys.stdout.flush()
    os.execvp(command[0], command)


def _torchrun(launcher: Launcher, code: str, hosts: Hosts) -> list[str]:
    names = hosts.names
    address = "127.0.0.1" if len(names) == 1 else names[0]
    return [
        "torchrun",
        f"--nnodes={len(names)}",
        f"--node_rank={hosts.number}",
        f"--master_addr={address}",
        f"--master_port={_PORT}",
        f"--nproc_per_node={launcher['processes'] or 'auto'}",
        *("--no_python", sys.executable, "-c", code),
    ]


def _mpirun(launcher: Launcher, code: str, hosts: Hosts) -> list[str]:
    root = ["--allow-run-as-root"] if os.getuid() == 0 else []
    command = ["mpirun", *root, "--oversubscribe", "-np", str(_processes(launcher))]
    return [*command, "-x", LAUNCHED_VARIABLE, sys.executable, "-c", code]


def _spark(launcher: Launcher, code: str, hosts: Hosts) -> list[str]:
    submit = "smspark-submit" if shutil.which("smspark-submit") else "spark-submit"
    # spark-submit takes a file only; the process ends with the job, and its folder with it.
    path = os.path.join(tempfile.mkdtemp(), "step.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(code)
    return [submit, *launcher["options"], path]


def _processes(launcher: Launcher) -> int:
    return launcher["processes"] or _gpus() or os.cpu_count() or 1


def _gpus() -> int:
    names = os.listdir("/dev") if os.path.isdir("/dev") else []
    return sum(name.startswith("nvidia") and name[6:].isdigit() for name in names)


_COMMANDS = {"torchrun": _torchrun, "mpirun": _mpirun, "spark": _spark}
