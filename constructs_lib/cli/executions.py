"""``constructs-lib executions``: the latest executions of a deployed pipeline."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from constructs_lib.cli.options import account, add_deployed_pipeline, deployed_pipeline, positive


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = add_deployed_pipeline(commands, executions, "list a pipeline's executions")
    parser.add_argument("--limit", type=positive, default=10, help="how many; default: 10")


def executions(arguments: argparse.Namespace) -> int:
    """List them, newest first.

    Raises:
        ConstructsLibError: There is no such pipeline.
    """
    pipeline = deployed_pipeline(arguments, account(arguments))
    found = pipeline.executions(arguments.limit)
    if not found:
        sys.stdout.write(f"{pipeline.name} was never started\n")
        return 0
    table = Table(title=pipeline.name, title_justify="left")
    for name in ("id", "status", "started", "name"):
        table.add_column(name, no_wrap=name != "name")
    for summary in found:
        started = summary["StartTime"].astimezone().strftime("%Y-%m-%d %H:%M:%S")
        arn = summary["PipelineExecutionArn"]
        table.add_row(
            arn.rpartition("/")[2],
            summary["PipelineExecutionStatus"],
            started,
            summary.get("PipelineExecutionDisplayName", ""),
        )
    Console(file=sys.stdout, highlight=False).print(table, markup=False)
    return 0
