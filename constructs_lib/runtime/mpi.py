"""mpirun on several hosts: the first starts all processes, the others let it in by SSH.

What SSH needs is the image's: ``ssh``, ``sshd`` and keys that the hosts share, as for mpirun in the
SageMaker SDK. A connection of each other host to the first says that it is ready, and when all is
over.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from typing import Union

from .failure import StepFailure
from .hosts import Hosts
from .protocol import BASE_FOLDER_VARIABLE, LAUNCHED_VARIABLE

_PORT = 7777
_PATIENCE_SECONDS = 300.0
_NAME_SECONDS = 10.0
_SSHD_SECONDS = 1.0  # it ends within, if its configuration is wrong
_ENVIRONMENT_FILE = "environment.json"

# What a process has to find when its interpreter starts; the rest is read from the file.
_PASSED_ON = (
    *("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "NCCL_SOCKET_IFNAME"),
    *(BASE_FOLDER_VARIABLE, LAUNCHED_VARIABLE),
)


def run_together(command: list[str], processes: int, hosts: Hosts, base: str) -> int:
    """Run a command's processes on all hosts, and return what this host's job ends with.

    Args:
        command: Of each process.
        processes: As many run on this host.
        hosts: All hosts.
        base: The folder that stands for ``/opt/ml``.

    Raises:
        StepFailure: The hosts do not come together, or the processes failed elsewhere.
    """
    _save_environment(base)
    first, *others = hosts.names
    if hosts.number > 0:
        return _let_in(hosts.names[hosts.number], processes, first, base)
    mpirun = [_tool("mpirun")]  # by its full path it finds its parts on the other hosts
    _tool("ssh")
    os.environ[LAUNCHED_VARIABLE] = "mpirun"
    _configure(hosts.interface)
    with contextlib.ExitStack() as stack:
        found = _gather(others, stack)
        slots = {first: processes, **{name: found[name][1] for name in others}}
        code = _run(mpirun + _options(slots) + command)
        reasons = [_dismiss(name, found[name][0], code) for name in others]
    if code != 0 and not _failure(base):
        told = "\n".join(reason for reason in reasons if reason)
        raise StepFailure(told or f"mpirun ended with exit code {code}; the hosts' logs say why")
    return code


def restore_environment(base: str) -> None:
    """Give a process that came by SSH the variables that its host's job has."""
    path = os.path.join(base, _ENVIRONMENT_FILE)
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            os.environ.update(json.load(file))


def _save_environment(base: str) -> None:
    path = os.path.join(base, _ENVIRONMENT_FILE)
    # It may hold secrets: for this user alone.
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(dict(os.environ), file)


def _configure(interface: str) -> None:
    """Set mpirun's own settings, under the names of Open MPI 4 and 5, unless the user has."""
    # The hosts of a job are new: nobody can know their keys.
    agent = "ssh -o StrictHostKeyChecking=accept-new"
    for name, value in (
        ("OMPI_MCA_plm_rsh_agent", agent),
        ("PRTE_MCA_plm_ssh_agent", agent),
        ("OMPI_MCA_plm_rsh_no_tree_spawn", "1"),
        ("PRTE_MCA_plm_ssh_no_tree_spawn", "1"),
        ("OMPI_MCA_btl_tcp_if_include", interface),
        ("OMPI_MCA_oob_tcp_if_include", interface),
        ("PRTE_MCA_oob_tcp_if_include", interface),
        ("NCCL_SOCKET_IFNAME", interface),
    ):
        os.environ.setdefault(name, value)


def _options(slots: dict[str, int]) -> list[str]:
    variables = [name for name in _PASSED_ON if name in os.environ]
    return [
        *(["--allow-run-as-root"] if os.getuid() == 0 else []),
        *("--bind-to", "none", "-np", str(sum(slots.values()))),
        *("--host", ",".join(f"{name}:{count}" for name, count in slots.items())),
        *(part for name in variables for part in ("-x", name)),
    ]


def _run(command: list[str]) -> int:
    sys.stdout.flush()
    process = subprocess.Popen(command)
    try:
        return process.wait()
    except BaseException:  # stopped: mpirun ends the processes on all hosts
        process.terminate()
        process.wait()
        raise


def _gather(names: list[str], stack: contextlib.ExitStack) -> dict[str, tuple[socket.socket, int]]:
    """Wait for a connection of every other host; return it and the number of its processes."""
    found: dict[str, tuple[socket.socket, int]] = {}
    end = time.monotonic() + _PATIENCE_SECONDS
    server = stack.enter_context(socket.create_server(("", _PORT)))
    while len(found) < len(names):
        server.settimeout(max(end - time.monotonic(), 0.001))
        try:
            connection = stack.enter_context(server.accept()[0])
        except socket.timeout:
            missing = ", ".join(name for name in names if name not in found)
            raise StepFailure(
                f"no word from {missing} within {_PATIENCE_SECONDS:.0f} seconds; in a VPC the "
                f"security group has to let its members reach each other"
            ) from None
        connection.settimeout(_NAME_SECONDS)
        name, count = _greeting(connection)
        if name in names and name not in found:
            found[name] = (connection, count)
        else:
            connection.close()  # none of the job's hosts
    return found


def _greeting(connection: socket.socket) -> tuple[str, int]:
    try:
        name, count = connection.makefile().readline(300).split()
        return name, int(count)
    except (OSError, ValueError):
        return "", 0


def _dismiss(name: str, connection: socket.socket, code: int) -> str:
    """Tell a host that all has ended, and return the reason of a failure there."""
    try:
        connection.sendall(f"{code}\n".encode())
        text = connection.makefile(errors="replace").read()
    except OSError:
        return f"the connection to host {name} was lost"
    return f"on {name}: {text}" if text else ""


def _let_in(name: str, processes: int, first: str, base: str) -> int:
    """Let the first host start processes here, until it says that they have ended."""
    sshd = _start_sshd()
    try:
        with _reach(first) as connection:
            connection.sendall(f"{name} {processes}\n".encode())
            answer = connection.makefile().readline().strip()
            connection.sendall(_failure(base))
    except OSError as error:
        raise StepFailure(f"the connection to host {first} was lost: {error}") from None
    finally:
        sshd.terminate()
    if not answer:
        raise StepFailure(f"host {first} has ended before its processes")
    # A failure elsewhere is told there.
    return int(answer) if _failure(base) else 0


def _start_sshd() -> subprocess.Popen[bytes]:
    program = _tool("sshd", f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin")
    if os.getuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)
    sshd = subprocess.Popen([program, "-D", "-e"])
    try:
        code = sshd.wait(_SSHD_SECONDS)
    except subprocess.TimeoutExpired:
        return sshd
    raise StepFailure(f"sshd ended with exit code {code}; its message is in the log")


def _reach(host: str) -> socket.socket:
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            connection = socket.create_connection((host, _PORT), timeout=_NAME_SECONDS)
        except OSError as error:
            if time.monotonic() > end:
                raise StepFailure(f"host {host} cannot be reached: {error}") from None
            time.sleep(1)
        else:
            connection.settimeout(None)
            return connection


def _tool(name: str, path: Union[str, None] = None) -> str:
    found = shutil.which(name, path=path)
    if found is None:
        raise StepFailure(
            f"the image has no {name}, which mpirun needs on several instances; use an image that "
            f"has it, or use_torchrun"
        )
    return found


def _failure(base: str) -> bytes:
    """Return the reason that a process of this host has left, if it failed."""
    path = os.path.join(base, "output", "failure")
    if not os.path.exists(path):
        return b""
    with open(path, "rb") as file:
        return file.read()
