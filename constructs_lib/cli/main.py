"""``constructs-lib``: the commands, their arguments and exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from constructs_lib.cli import (
    check,
    diff,
    executions,
    graph,
    import_,
    lock,
    logs,
    report,
    result,
    retry,
    run,
    sandbox,
    start,
    status,
    stop,
)
from constructs_lib.exceptions import ConstructsLibError

_COMMANDS = (
    lock,
    run,
    graph,
    check,
    diff,
    start,
    status,
    logs,
    result,
    report,
    executions,
    stop,
    retry,
    import_,
    sandbox,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: The arguments; those of the process if None.

    Returns:
        0 if it went well, 1 if a pipeline failed, ``diff --fail`` found differences or ``check``
        found errors, 2 if the command cannot be carried out, 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(
        prog="constructs-lib",
        description="Review and run synthesized pipelines here, and deployed ones in an account.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_parser(commands)
    arguments = parser.parse_args(argv)
    code = 0
    try:
        code = arguments.command(arguments)
    except ConstructsLibError as error:
        sys.stderr.write(f"constructs-lib: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130  # as a shell says of a program that Ctrl-C has ended
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough; Python must not flush once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


if __name__ == "__main__":
    sys.exit(main())
