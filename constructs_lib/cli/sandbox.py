"""``constructs-lib sandbox``: embedded AWS on this machine."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from constructs_lib.sandbox.control import DEFAULT_FOLDER, Sandbox
from constructs_lib.sandbox.environment import DEFAULT_PORT, UNSET

_PORT = f"on loopback; 0 for a free one; default: {DEFAULT_PORT}"


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser("sandbox", help="embedded AWS on this machine")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    help_texts: dict[Callable[[argparse.Namespace], int], str] = {
        up: "start it and print the environment to use",
        status: "tell whether it runs",
        env: 'print the environment: eval "$(constructs-lib sandbox env)"',
        down: "end it; its state stays",
        reset: "forget everything in it",
    }
    for action, text in help_texts.items():
        entry = actions.add_parser(action.__name__, help=text)
        entry.add_argument(
            "--state",
            default=DEFAULT_FOLDER,
            type=Path,
            help=f"folder that keeps its state; default: {DEFAULT_FOLDER}",
        )
        if action is up:
            entry.add_argument("--port", type=int, default=DEFAULT_PORT, help=_PORT)
            entry.add_argument("--python", default=sys.executable, help="interpreter of the steps")
            entry.add_argument(
                "--install", action="store_true", help="give steps the wheels locked for them"
            )
        entry.set_defaults(command=action)


def up(arguments: argparse.Namespace) -> int:
    """Start it.

    Raises:
        SandboxError: It cannot be started.
    """
    port = arguments.port or None  # 0
    sandbox = Sandbox(
        arguments.state, port=port, python=arguments.python, install=arguments.install
    )
    sandbox.up()
    sys.stderr.write(f"the sandbox runs at {sandbox.url}; its state is in {arguments.state}\n")
    return _print_environment(sandbox)


def status(arguments: argparse.Namespace) -> int:
    """Tell whether it runs: exit code 0 or 1."""
    sandbox = Sandbox(arguments.state)
    if not sandbox.is_up():
        sys.stdout.write(f"no sandbox runs for {arguments.state}\n")
        return 1
    sys.stdout.write(f"the sandbox runs at {sandbox.url}\n")
    return 0


def env(arguments: argparse.Namespace) -> int:
    """Print its environment.

    Raises:
        SandboxError: It does not run.
    """
    return _print_environment(Sandbox(arguments.state))


def down(arguments: argparse.Namespace) -> int:
    """End it.

    Raises:
        SandboxError: It does not end.
    """
    ran = Sandbox(arguments.state).down()
    sys.stderr.write("the sandbox has ended; its state stays\n" if ran else "no sandbox ran\n")
    return 0


def reset(arguments: argparse.Namespace) -> int:
    """Forget everything in it.

    Raises:
        SandboxError: It does not end, or does not start again.
    """
    Sandbox(arguments.state).reset()
    sys.stderr.write("the sandbox is empty\n")
    return 0


def _print_environment(sandbox: Sandbox) -> int:
    for name in UNSET:
        sys.stdout.write(f"unset {name}\n")
    for name, value in sandbox.environment.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    return 0
