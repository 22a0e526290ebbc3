"""``constructs-lib diff``: what a change means for the pipelines of an app."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from constructs_lib.cli.versions import ASSEMBLY, read_versions
from constructs_lib.review.as_json import as_json
from constructs_lib.review.comparison import compare
from constructs_lib.review.markdown import as_markdown
from constructs_lib.review.plain import write_plain

_VERSION = (
    "a cloud assembly, a folder with a cdk.json, a git revision (the app is synthesized as it was "
    "then), or `deployed`, also `deployed:NAME`"
)


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser("diff", help="show what a change means for the pipelines")
    parser.add_argument("old", metavar="OLD", help=_VERSION)
    parser.add_argument("new", metavar="NEW", nargs="?", default=ASSEMBLY, help="default: cdk.out")
    parser.add_argument("--pipeline", metavar="NAME", help="default: every pipeline")
    parser.add_argument("--format", choices=["text", "markdown", "json"], default="text")
    parser.add_argument(
        "--app", metavar="COMMAND", help="synthesizes the app; default: that of cdk.json"
    )
    parser.add_argument(
        "--fail", action="store_true", help="exit with 1 if there are differences, as cdk diff does"
    )
    parser.add_argument("--profile", help="of the AWS configuration, for `deployed`")
    parser.add_argument("--region", help="AWS Region, for `deployed`")
    parser.set_defaults(command=diff)


def diff(arguments: argparse.Namespace) -> int:
    """Write the differences; returns 1 if there are some and ``--fail`` is given.

    Raises:
        ConstructsLibError: A version cannot be read.
    """
    old, new = read_versions(arguments)
    changes = compare(old, new)
    if arguments.format == "json":
        sys.stdout.write(f"{as_json(changes)}\n")
    elif arguments.format == "markdown":
        sys.stdout.write(as_markdown(changes))
    else:
        write_plain(changes, sys.stdout)
    return 1 if changes and arguments.fail else 0
