"""``constructs-lib report``: an execution as a page to look at."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from constructs_lib.cli.options import RUNS
from constructs_lib.exceptions import LocalRunError
from constructs_lib.report.costs import read_prices
from constructs_lib.report.local_run import find_run, read_local
from constructs_lib.report.page import page


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser("report", help="write an execution as an HTML page")
    parser.add_argument("run", nargs="?", metavar="RUN", help="ID or folder of an execution")
    parser.add_argument("--runs", type=Path, default=RUNS, help=f"default: {RUNS}")
    parser.add_argument("--prices", type=Path, metavar="FILE")
    parser.add_argument("--output", type=Path, metavar="FILE")
    parser.set_defaults(command=report)


def report(arguments: argparse.Namespace) -> int:
    """Write the page."""
    folder = find_run(arguments.runs, arguments.run)
    prices = read_prices(arguments.prices) if arguments.prices else {}
    output = arguments.output or folder / "report.html"
    text = page(read_local(folder), prices)
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LocalRunError(f"--output {output} cannot be written: {error}") from error
    sys.stdout.write(f"{output}\n")
    return 0
