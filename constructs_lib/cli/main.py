"""``constructs-lib``: the commands, their arguments and exit codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from constructs_lib.cli import graph, run, sandbox
from constructs_lib.exceptions import ConstructsLibError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: The arguments; those of the process if None.

    Returns:
        0 if it went well, 1 if a pipeline failed, 2 if the command cannot be carried out.
    """
    parser = argparse.ArgumentParser(
        prog="constructs-lib", description="Run and show synthesized pipelines."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (run, graph, sandbox):
        command.add_parser(commands)
    arguments = parser.parse_args(argv)
    try:
        code: int = arguments.command(arguments)
    except ConstructsLibError as error:
        sys.stderr.write(f"constructs-lib: {error}\n")
        return 2
    return code


if __name__ == "__main__":
    sys.exit(main())
