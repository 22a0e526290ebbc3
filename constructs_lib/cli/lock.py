"""``constructs-lib lock``: resolves the dependencies of an app's steps into lock files."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.cli.app import App, read_app
from constructs_lib.cli.options import UsageError
from constructs_lib.wheels.lock_file import LockFileError, format_lock, parse_lock
from constructs_lib.wheels.resolution import ResolutionError, resolve
from constructs_lib.wheels.target import Target
from constructs_lib.wheels.wheel_set import WheelSet

# The context key that synthesis writes its requests to.
_CONTEXT = "constructs-lib:lock"


@dataclass(frozen=True)
class _Request:
    """Requirements that are to be locked."""

    path: Path
    requirements: str
    target: Target
    step: str


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    text = "resolve the dependencies of the app's steps and write their lock files"
    parser = commands.add_parser("lock", help=text, description=text)
    parser.add_argument("--app", help="command that synthesizes the app; default: that of cdk.json")
    parser.add_argument(
        "--upgrade", action="store_true", help="take the newest versions; default: keep what fits"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit code 1 if a lock file is missing or for other requirements",
    )
    parser.set_defaults(command=lock)


def lock(arguments: argparse.Namespace) -> int:
    """Run the app to see what is to be locked, then lock it.

    Raises:
        ConstructsLibError: The app fails, or something cannot be resolved.
    """
    requests = _requests(read_app(Path.cwd(), arguments.app))
    if not requests:
        sys.stdout.write("no step has dependencies to lock\n")
    stale = 0
    for request in requests:
        old = request.path.read_text(encoding="utf-8") if request.path.is_file() else None
        locked, fits = _parsed(old, request)
        if arguments.check:
            stale += not fits
            sys.stdout.write(f"{_shown(request.path)}: {'fits' if fits else 'does not fit'}\n")
            continue
        try:
            wheels = resolve(
                request.requirements, request.target, upgrade=arguments.upgrade, locked=locked
            )
        except ResolutionError as error:
            raise ResolutionError(
                f"the dependencies of step {request.step!r} cannot be locked for "
                f"{request.target}:\n{error}"
            ) from None
        new = format_lock(wheels, request.requirements)
        if new != old:
            request.path.write_text(new, encoding="utf-8", newline="\n")
        state = "unchanged" if new == old else "written"
        sys.stdout.write(f"{_shown(request.path)}: {len(wheels.wheels)} wheels, {state}\n")
    return 1 if stale else 0


def _parsed(text: str | None, request: _Request) -> tuple[WheelSet | None, bool]:
    """Return what a lock file has, and whether it is for the requirements."""
    if text is None:
        return None, False
    try:
        wheels, _ = parse_lock(text, request.target)
    except LockFileError:
        return None, False
    return wheels, format_lock(wheels, request.requirements) == text


def _requests(app: App) -> list[_Request]:
    """Synthesize the app into nowhere, and return what it asks for."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "requests"
        file.touch()
        ended = app.run(Path(name) / "assembly", context={_CONTEXT: str(file)})
        if ended.returncode != 0:
            raise UsageError(f"the app `{app.command}` failed: see above")
        return list(_merged(file.read_text(encoding="utf-8").splitlines()))


def _merged(lines: list[str]) -> Iterator[_Request]:
    """Yield each lock file once."""
    seen: dict[Path, _Request] = {}
    for line in lines:
        entry = json.loads(line)
        path = Path(entry["lock"])
        target = Target((entry["python"][0], entry["python"][1]), entry["architecture"])
        request = _Request(path, entry["requirements"], target, entry["step"])
        known = seen.get(path)
        if known is None:
            seen[path] = request
            yield request
        elif known.requirements != request.requirements:
            raise UsageError(
                f"the steps {known.step!r} and {request.step!r} have different dependencies, which "
                f"would both be locked in {_shown(path)}: put them into requirements files"
            )


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
