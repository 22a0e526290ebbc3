"""Options that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from constructs_lib.deployed.account import Account, explained
from constructs_lib.deployed.executions import ExecutionReader
from constructs_lib.deployed.pipelines import DeployedPipeline
from constructs_lib.exceptions import ConstructsLibError, LocalRunError
from constructs_lib.local.assembly import Assembly

# Folder with the executions on this machine: one for each pipeline, with one for each execution.
RUNS = Path(".constructs-lib") / "runs"

Command = Callable[[argparse.Namespace], int]


class UsageError(ConstructsLibError):
    """The arguments of a command are wrong."""


def add_parameters(parser: argparse.ArgumentParser) -> None:
    """Add ``-p``, to be read with :func:`pairs`."""
    parser.add_argument(
        "-p",
        dest="parameters",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="value of a pipeline parameter",
    )


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose some steps."""
    parser.add_argument(
        "--select",
        nargs="+",
        metavar="STEP",
        default=[],
        help="run these steps; the outputs of the others are taken from an earlier execution",
    )
    parser.add_argument(
        "--from",
        dest="source",
        metavar="ID",
        help="that execution; default: the latest that has ended",
    )


def add_parallel(parser: argparse.ArgumentParser) -> None:
    """Add ``--parallel``."""
    parser.add_argument("--parallel", type=positive, metavar="N", help="most steps at once")


def pairs(entries: list[str], option: str) -> dict[str, str]:
    """Return what an option has set.

    Raises:
        UsageError: An entry is not NAME=VALUE.
    """
    values = {}
    for entry in entries:
        name, equals, value = entry.partition("=")
        if not equals or not name:
            raise UsageError(f"{option} {entry}: write it as NAME=VALUE")
        values[name] = value
    return values


def positive(text: str) -> int:
    """Read a number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def add_deployed_pipeline(
    commands: Any, command: Command, summary: str, name: str | None = None
) -> argparse.ArgumentParser:
    """Add a command about a deployed pipeline, to be found with :func:`deployed_pipeline`."""
    parser = _add_remote(commands, command, summary, name)
    parser.add_argument("pipeline", nargs="?", help=_PIPELINE)
    return parser


def add_execution(commands: Any, command: Command, summary: str) -> argparse.ArgumentParser:
    """Add a command about an execution, to be found with :func:`execution`."""
    parser = _add_remote(commands, command, summary)
    parser.add_argument("--pipeline", metavar="NAME", help=_PIPELINE)
    parser.add_argument("--execution", metavar="ID", help="ID or ARN; default: the latest")
    return parser


def add_reader(commands: Any, command: Command, summary: str) -> argparse.ArgumentParser:
    """Add a command about an execution that is on this machine or in an account."""
    return _add_remote(commands, command, summary)


def account(arguments: argparse.Namespace) -> Account:
    """Return the account that is meant."""
    return Account(arguments.profile, arguments.region)


def deployed_pipeline(arguments: argparse.Namespace, where: Account) -> DeployedPipeline:
    """Return the pipeline that is meant.

    Raises:
        RemoteError: There is none, or more than one.
    """
    return DeployedPipeline(where, _deployed_name(arguments))


def execution(arguments: argparse.Namespace, where: Account) -> ExecutionReader:
    """Return the execution that is meant.

    Raises:
        RemoteError: There is none.
    """
    pipeline = deployed_pipeline(arguments, where)
    return ExecutionReader(where, pipeline.name, pipeline.find_execution(arguments.execution))


_PIPELINE = "name, or construct ID in --app; may be left out if there is only one"


def _add_remote(
    commands: Any, command: Command, summary: str, name: str | None = None
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name or command.__name__, help=summary)
    parser.add_argument("--profile", help="of the AWS configuration")
    parser.add_argument("--region", help="AWS Region")
    parser.add_argument("--app", default="cdk.out", help="cloud assembly; default: cdk.out")

    def run(arguments: argparse.Namespace) -> int:
        with explained():
            return command(arguments)

    parser.set_defaults(command=run)
    return parser


def _deployed_name(arguments: argparse.Namespace) -> str | None:
    """Return a physical name; an assembly is of help, but need not be there."""
    given: str | None = arguments.pipeline
    try:
        return Assembly(Path(arguments.app)).find(given).name
    except LocalRunError:
        return given
