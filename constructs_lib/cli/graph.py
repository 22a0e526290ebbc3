"""``constructs-lib graph``: the steps of a synthesized pipeline, and what a change does to them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from constructs_lib.cli.options import UsageError
from constructs_lib.cli.pictured import graph_alone, graph_of_change, graph_with_sources
from constructs_lib.drawing.dot import dot
from constructs_lib.drawing.graph import Graph
from constructs_lib.drawing.mermaid import mermaid
from constructs_lib.drawing.page import page
from constructs_lib.drawing.svg import svg
from constructs_lib.drawing.text import text
from constructs_lib.local.assembly import Assembly

_FORMATS: dict[str, Callable[[Graph], str]] = {
    "text": text,
    "mermaid": mermaid,
    "dot": dot,
    "svg": lambda graph: f"{svg(graph, alone=True)}\n",
    "html": page,
}
_SUFFIXES = {
    ".txt": "text",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".dot": "dot",
    ".gv": "dot",
    ".svg": "svg",
    ".html": "html",
    ".htm": "html",
}


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser("graph", help="draw the steps of a synthesized pipeline")
    parser.add_argument("pipeline", nargs="?", help="name; may be left out if there is only one")
    parser.add_argument("--app", default="cdk.out", help="cloud assembly; default: cdk.out")
    parser.add_argument(
        "--against",
        metavar="OLD",
        help="mark what changed since: a cloud assembly, a git revision, or `deployed`",
    )
    parser.add_argument(
        "--format", choices=[*_FORMATS], help="default: that of the output's suffix, or text"
    )
    parser.add_argument("--output", metavar="FILE", help="default: standard output")
    parser.add_argument("--profile", help="of the AWS configuration, for `deployed`")
    parser.add_argument("--region", help="AWS Region, for `deployed`")
    parser.set_defaults(command=show)


def show(arguments: argparse.Namespace) -> int:
    """Write the graph.

    Raises:
        ConstructsLibError: A pipeline cannot be read, or the file not be written.
    """
    output = None if arguments.output is None else Path(arguments.output)
    chosen = arguments.format or _format_of(output)
    app = Path(arguments.app)
    pipeline = Assembly(app).find(arguments.pipeline)
    if arguments.against is not None:
        graph = graph_of_change(pipeline, app, arguments)
    elif chosen == "html":
        graph = graph_with_sources(pipeline, app)
    else:
        graph = graph_alone(pipeline)
    drawn = _FORMATS[chosen](graph)
    if output is None:
        sys.stdout.write(drawn)
        return 0
    try:
        output.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror or error}") from None
    return 0


def _format_of(output: Path | None) -> str:
    if output is None:
        return "text"
    if output.suffix.lower() not in _SUFFIXES:
        raise UsageError(
            f"the suffix of {output} names no format; use --format, or one of "
            f"{', '.join(_SUFFIXES)}"
        )
    return _SUFFIXES[output.suffix.lower()]
