"""``constructs-lib result``: what a step of an execution has returned."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from pathlib import Path
from pprint import pformat
from typing import Any

from constructs_lib.cli.options import account, add_execution, execution
from constructs_lib.deployed.executions import RemoteExecution
from constructs_lib.deployed.results import StoredResult
from constructs_lib.exceptions import RemoteError
from constructs_lib.local.execution import SUCCEEDED

_RESULTS = Path(".constructs-lib") / "results"


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = add_execution(commands, result, "show what a step has returned")
    parser.add_argument("step")
    parser.add_argument("path", nargs="*", help="keys or indices that lead to a part of it")
    parser.add_argument(
        "--output",
        type=Path,
        help=f"folder to write the stored files into; default, if needed: one in {_RESULTS}",
    )


def result(arguments: argparse.Namespace) -> int:
    """Print the result: as JSON if it can be written so, else the loaded value.

    Raises:
        ConstructsLibError: There is no such execution, step or result, or it cannot be loaded.
    """
    where = account(arguments)
    found = execution(arguments, where).read()
    names = _iterations(found, arguments.step)
    stored = {n: StoredResult(where, n, _job(found, n)) for n in names or [arguments.step]}
    views = [one.json_view() for one in stored.values()]
    is_json = all(known for known, _ in views)
    values = [view for _, view in views]
    folder = arguments.output
    if folder is None and not is_json:
        folder = _RESULTS / found.execution_id / arguments.step
    if folder is not None:
        folders = {name: folder / name if names else folder for name in stored}
        for name, one in stored.items():
            one.download(folders[name])
        sys.stderr.write(f"its files: {folder}\n")
        if not is_json:
            values = [one.load(folders[name]) for name, one in stored.items()]
    value = values if names else values[0]
    for key in arguments.path:
        value = _part(value, key)
    text = json.dumps(value, indent=2) if is_json else pformat(value)
    sys.stdout.write(f"{text}\n")
    return 0


def _iterations(execution: RemoteExecution, step: str) -> list[str]:
    """Return the steps that have run for the items of a ForEach step; none for another one."""
    if execution.step(step).type != "ForEach":
        return []
    children = [record for record in execution.steps if record.for_each == step]
    if len({record.index for record in children}) < len(children):
        names = ", ".join(record.name for record in children)
        raise RemoteError(f"step {step!r} runs several steps for each item; name one: {names}")
    return [record.name for record in children]


def _job(execution: RemoteExecution, step: str) -> str:
    record = execution.step(step)
    if record.status != SUCCEEDED:
        raise RemoteError(f"step {step!r} has no result: it is {record.status}")
    if ":training-job/" not in execution.jobs.get(step, ""):
        raise RemoteError(f"step {step!r} ({record.type}) returns nothing")
    return execution.jobs[step]


def _part(value: Any, key: str) -> Any:
    # Which of the two it is depends on the value: "1" is an index of a list, or a key.
    for candidate in (key, int(key)) if key.lstrip("-").isdigit() else (key,):
        with contextlib.suppress(LookupError, TypeError):
            return value[candidate]
    found = type(value).__name__
    if isinstance(value, dict):
        found += f" with the keys {', '.join(map(str, value))}"
    elif isinstance(value, (list, tuple)):
        found += f" of {len(value)}"
    raise RemoteError(f"there is no {key!r} in this: it is a {found}")
