"""``constructs-lib status``: how an execution stands."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from constructs_lib.cli.display import Display
from constructs_lib.cli.options import account, add_execution, execution
from constructs_lib.cli.progress import explain, watch
from constructs_lib.local.execution import FAILED


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = add_execution(commands, status, "show how an execution stands")
    parser.add_argument("--wait", action="store_true", help="show its progress until it ends")


def status(arguments: argparse.Namespace) -> int:
    """Show the steps; returns 1 if the execution has failed.

    Raises:
        ConstructsLibError: There is no such execution.
    """
    reader = execution(arguments, account(arguments))
    if arguments.wait:
        return watch(reader)
    found = reader.read()
    Display(sys.stdout).table(found)
    explain(found)
    return 1 if found.status == FAILED else 0
