"""``constructs-lib report``: an execution as an HTML page."""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
from pathlib import Path
from typing import Any

from constructs_lib.cli.options import RUNS, add_reader
from constructs_lib.deployed.account import Account
from constructs_lib.deployed.pipelines import DeployedPipeline
from constructs_lib.exceptions import LocalRunError, RemoteError
from constructs_lib.local.assembly import Assembly
from constructs_lib.report.deployed_run import read_deployed
from constructs_lib.report.local_run import find_run, previous_run, read_local
from constructs_lib.report.page import page
from constructs_lib.report.record import Run
from constructs_lib.service.prices import read_prices

_REPORTS = Path(".constructs-lib") / "reports"
_ARN = re.compile(r"arn:[^:]+:sagemaker:([^:]+):\d+:pipeline/([^/]+)/execution/([^/]+)")
_LATEST, _PREVIOUS = "latest", "previous"


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = add_reader(commands, report, "write an execution as an HTML page")
    parser.add_argument(
        "run",
        nargs="?",
        metavar="RUN",
        help="of this machine: ID or folder of an execution, or a pipeline's name for its latest; "
        "deployed: PIPELINE:EXECUTION, PIPELINE:latest or an ARN; default: the latest of this "
        "machine",
    )
    parser.add_argument(
        "--runs", type=Path, default=RUNS, help=f"folder of this machine's executions: {RUNS}"
    )
    parser.add_argument(
        "--against",
        metavar="RUN",
        help=f"an earlier execution to compare with, or {_PREVIOUS!r}",
    )
    parser.add_argument(
        "--prices",
        type=Path,
        metavar="FILE",
        help='JSON file with USD per hour, such as {"ml.m5.large": 0.115}',
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=f"default: report.html in the execution's folder; of a deployed one, in {_REPORTS}",
    )


def report(arguments: argparse.Namespace) -> int:
    """Write the page, and print where it is.

    Raises:
        ConstructsLibError: There is no such execution, or a file cannot be read or written.
    """
    prices = read_prices(arguments.prices) if arguments.prices is not None else {}
    run, output = _read(arguments, arguments.run)
    earlier = _earlier(arguments, run)
    if arguments.output is not None:
        output = arguments.output
    text = page(run, prices, earlier)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LocalRunError(
            f"{output} cannot be written: {error}; name a file with --output"
        ) from error
    sys.stdout.write(f"{output}\n")
    return 0


def _account(arguments: argparse.Namespace, wanted: str) -> Account:
    """Return the account; in the Region that an ARN names, if none is given."""
    arn = _ARN.fullmatch(wanted)
    return Account(arguments.profile, arguments.region or (arn[1] if arn else None))


def _read(arguments: argparse.Namespace, wanted: str | None) -> tuple[Run, Path]:
    """Return an execution, and where its report is written."""
    if wanted is None or ":" not in wanted:
        folder = find_run(arguments.runs, wanted)
        return read_local(folder), folder / "report.html"
    pipeline, execution = _named(arguments, wanted)
    where = _account(arguments, wanted)
    found = DeployedPipeline(where, pipeline)
    run = read_deployed(where, found.name, found.find_execution(execution))
    return run, _REPORTS / f"{run.pipeline}-{run.execution_id}.html"


def _named(arguments: argparse.Namespace, wanted: str) -> tuple[str, str | None]:
    """Return pipeline, and ID or ARN of an execution; None for the latest."""
    arn = _ARN.fullmatch(wanted)
    if arn is not None:
        return arn[2], wanted
    name, _, execution = wanted.partition(":")
    if not name or ":" in execution:
        raise RemoteError(f"{wanted!r} is neither PIPELINE:EXECUTION nor an execution's ARN")
    with contextlib.suppress(LocalRunError):  # an assembly is of help, but need not be there
        name = Assembly(Path(arguments.app)).find(name).name
    return name, None if execution in {"", _LATEST} else execution


def _earlier(arguments: argparse.Namespace, run: Run) -> Run | None:
    wanted: str | None = arguments.against
    if wanted != _PREVIOUS:
        return None if wanted is None else _read(arguments, wanted)[0]
    if run.is_local:
        return read_local(previous_run(find_run(arguments.runs, arguments.run)))
    where = _account(arguments, arguments.run)
    known = [
        e["PipelineExecutionArn"] for e in DeployedPipeline(where, run.pipeline).executions(100)
    ]
    place = known.index(run.arn) + 1 if run.arn in known else len(known)
    if place == len(known):
        raise RemoteError(f"pipeline {run.pipeline!r} has no execution before {run.execution_id}")
    return read_deployed(where, run.pipeline, known[place])
