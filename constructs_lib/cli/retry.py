"""``constructs-lib retry``: runs again what failed in an execution."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from constructs_lib.cli.options import account, add_execution, add_parallel, execution
from constructs_lib.cli.progress import watch


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = add_execution(commands, retry, "run again what failed or was stopped")
    parser.add_argument("--wait", action="store_true", help="show its progress until it ends")
    add_parallel(parser)


def retry(arguments: argparse.Namespace) -> int:
    """Run it on; steps that succeeded are not run again.

    Raises:
        ConstructsLibError: There is no such execution, or it has not failed.
    """
    reader = execution(arguments, account(arguments))
    reader.retry(arguments.parallel)
    sys.stdout.write(f"{reader.arn}\n")
    sys.stdout.flush()
    return watch(reader) if arguments.wait else 0
