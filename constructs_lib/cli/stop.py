"""``constructs-lib stop``: stops an execution."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from constructs_lib.cli.options import account, add_execution, execution


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    add_execution(commands, stop, "stop an execution")


def stop(arguments: argparse.Namespace) -> int:
    """Stop it.

    Raises:
        ConstructsLibError: There is no such execution, or it has ended.
    """
    reader = execution(arguments, account(arguments))
    reader.stop()
    sys.stdout.write(f"stopping {reader.arn}\n")
    return 0
