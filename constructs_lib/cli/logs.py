"""``constructs-lib logs``: what the steps of an execution have written."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from typing import Any

from constructs_lib.cli.options import account, add_execution, execution
from constructs_lib.deployed.account import Account
from constructs_lib.deployed.executions import ENDED, RemoteExecution
from constructs_lib.deployed.logs import JobLog, writes_log
from constructs_lib.exceptions import RemoteError

_PAUSE = 2.0  # seconds


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = add_execution(commands, logs, "show what the steps have written")
    parser.add_argument("step", nargs="?", help="default: every step")
    parser.add_argument("--follow", action="store_true", help="go on until the execution ends")


def logs(arguments: argparse.Namespace) -> int:
    """Print the log.

    Raises:
        ConstructsLibError: There is no such execution or step, or the step writes no log.
    """
    where = account(arguments)
    reader = execution(arguments, where)
    printer = _Printer(where, arguments.step)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            # The steps are read before the lines: what a step writes last is not lost.
            found = reader.read()
            printer.print_new(found)
            if not arguments.follow or _is_over(found, arguments.step):
                break
            time.sleep(_PAUSE)
    if not arguments.follow and not printer.has_any:
        sys.stderr.write("nothing was written so far\n")
    return 0


class _Printer:
    def __init__(self, where: Account, step: str | None) -> None:
        self._account = where
        self._step = step
        self._logs: dict[str, JobLog] = {}
        self.has_any = False

    def print_new(self, execution: RemoteExecution) -> None:
        names = [record.name for record in execution.steps]
        if self._step is not None:
            names = [execution.step(self._step).name]
        width = max(map(len, names), default=0)
        for name in names:
            job = execution.jobs.get(name)
            if job is None or not writes_log(job):
                self._require_log(execution, name)
                continue
            if job not in self._logs:
                self._logs[job] = JobLog(self._account, job)
            for host, line in self._logs[job].new_lines():
                label = "" if self._step is not None else f"{name:<{width}} | "
                label += "" if host in {"", "algo-1"} else f"{host} | "
                sys.stdout.write(f"{label}{line}\n")
                self.has_any = True
        sys.stdout.flush()

    def _require_log(self, execution: RemoteExecution, name: str) -> None:
        record = execution.step(name)
        if self._step is not None and (name in execution.jobs or record.status in ENDED):
            raise RemoteError(f"step {name!r} ({record.type}) writes no log")


def _is_over(execution: RemoteExecution, step: str | None) -> bool:
    return execution.has_ended or (step is not None and execution.step(step).status in ENDED)
