"""``constructs-lib start``: starts a deployed pipeline."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from constructs_lib.cli.options import (
    account,
    add_deployed_pipeline,
    add_parallel,
    add_parameters,
    add_selection,
    deployed_pipeline,
    pairs,
)
from constructs_lib.cli.progress import watch
from constructs_lib.deployed.executions import ExecutionReader


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = add_deployed_pipeline(commands, start, "start a deployed pipeline")
    add_parameters(parser)
    parser.add_argument("--wait", action="store_true", help="show its progress until it ends")
    add_selection(parser)
    add_parallel(parser)
    parser.add_argument("--display-name", help="of the execution")


def start(arguments: argparse.Namespace) -> int:
    """Start an execution and print its ARN.

    Raises:
        ConstructsLibError: It cannot be started as asked.
    """
    where = account(arguments)
    pipeline = deployed_pipeline(arguments, where)
    arn = pipeline.start(
        pairs(arguments.parameters, "-p"),
        selected=arguments.select,
        source=arguments.source,
        most_at_once=arguments.parallel,
        display_name=arguments.display_name,
    )
    sys.stdout.write(f"{arn}\n")
    sys.stdout.flush()
    return watch(ExecutionReader(where, pipeline.name, arn)) if arguments.wait else 0
