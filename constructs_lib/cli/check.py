"""``constructs-lib check``: whether synthesized pipelines can run, and what they may cost."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from constructs_lib.checks.acknowledged import Acknowledged
from constructs_lib.checks.findings import ERROR, WARNING
from constructs_lib.checks.markdown import as_markdown
from constructs_lib.checks.report import Report, check
from constructs_lib.checks.tables import FINDINGS, summary, tables
from constructs_lib.local.assembly import Assembly
from constructs_lib.service.prices import read_prices

_COLOURS = {ERROR: "red", WARNING: "yellow"}
# Of a report that is not for a terminal, which is as wide as it needs.
_WIDEST = 200


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "check", help="check synthesized pipelines: limits, quotas, costs, what steps can reach"
    )
    parser.add_argument("pipeline", nargs="?", help="default: every pipeline")
    parser.add_argument("--app", default="cdk.out", help="cloud assembly; default: cdk.out")
    parser.add_argument(
        "--prices",
        metavar="FILE",
        type=Path,
        help='USD per instance and hour, as JSON: {"ml.m5.large": 0.115}',
    )
    parser.add_argument("--format", choices=["text", "markdown", "json"], default="text")
    parser.add_argument("--strict", action="store_true", help="exit with 1 on warnings, too")
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the reports; returns 1 if there are errors, or warnings and ``--strict`` is given.

    Raises:
        LocalRunError: There is no such assembly, pipeline or table of prices.
    """
    assembly = Assembly(Path(arguments.app))
    named = arguments.pipeline
    pipelines = assembly.pipelines if named is None else [assembly.find(named)]
    prices = {} if arguments.prices is None else read_prices(arguments.prices)
    meant = Acknowledged(Path(arguments.app))
    reports = [check(assembly, pipeline, prices, meant) for pipeline in pipelines]
    if arguments.format == "json":
        sys.stdout.write(f"{_as_json(reports)}\n")
    elif arguments.format == "markdown":
        sys.stdout.write(as_markdown(reports))
    else:
        _show(reports)
    bad = (ERROR, WARNING) if arguments.strict else (ERROR,)
    return 1 if any(report.count(level) for report in reports for level in bad) else 0


def _as_json(reports: Sequence[Report]) -> str:
    """Return ``{"pipelines": [...]}``; the members are those of ``Report``."""
    return json.dumps({"pipelines": [asdict(one) for one in reports]}, indent=1, ensure_ascii=False)


def _show(reports: Sequence[Report]) -> None:
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = _WIDEST
    for report in reports:
        for found in tables(report):
            if found.title == FINDINGS:
                continue
            table = Table(title=found.title, title_justify="left", box=box.SIMPLE_HEAD)
            for name in found.columns:
                table.add_column(name, justify="right" if name in found.numbers else "left")
            for row in found.rows:
                table.add_row(*map(Text, row))
            console.print(table)
        for finding in report.findings:
            # Not in a table, so that the line to add can be copied whole.
            level = Text(f"{finding.level}: ", style=_COLOURS.get(finding.level, ""))
            console.print(level + Text(f"{finding.text}\n  {finding.mend}\n"), soft_wrap=True)
        console.print(summary(report), markup=False)
