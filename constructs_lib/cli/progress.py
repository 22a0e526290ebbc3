"""Waiting for an execution in an account, and telling how it ended."""

from __future__ import annotations

import sys

from constructs_lib.cli.display import Display
from constructs_lib.deployed.executions import ExecutionReader, RemoteExecution
from constructs_lib.local.execution import FAILED, SUCCEEDED

_INTERRUPTED = 130  # as a shell reports SIGINT


def watch(reader: ExecutionReader) -> int:
    """Show an execution until it ends; returns the command's exit code.

    Ctrl-C ends the watching, not the execution.
    """
    try:
        with Display(sys.stdout) as display:
            execution = reader.wait(display.show)
    except KeyboardInterrupt:
        sys.stderr.write("\nthe execution goes on; constructs-lib stop stops it\n")
        return _INTERRUPTED
    display.conclude(execution)
    explain(execution)
    return 0 if execution.status == SUCCEEDED else 1


def explain(execution: RemoteExecution) -> None:
    """Write on stderr why an execution failed, and where to read more."""
    if execution.reason is not None:
        sys.stderr.write(f"\n{execution.reason}\n")
    for record in execution.steps:
        if record.status == FAILED:
            sys.stderr.write(f"\nstep {record.name} failed: {record.reason}\n")
            if record.name in execution.jobs:
                sys.stderr.write(
                    f"its log: constructs-lib logs {record.name} "
                    f"--pipeline {execution.pipeline} --execution {execution.execution_id}\n"
                )
