"""The commands that a step runs before anything else, as canonical text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from constructs_lib.exceptions import BundleError, Fault


def pre_execution_text(
    commands: Sequence[str],
    script: str | None,
    *,
    folder: Path,
    step: str,
    location: str | None,
) -> str:
    """Return the shell commands of a step, or the text of its script; empty if it has neither.

    Args:
        commands: One a line.
        script: Path of a script instead.
        folder: Where relative paths begin; the working directory is tried after it.
        step: The step's name, for errors.
        location: The user's ``file:line``, for errors.

    Raises:
        BundleError: The script is not there.
    """
    if script is None:
        return "".join(f"{command}\n" for command in commands)
    for path in (folder / script, Path.cwd() / script):
        if path.is_file():
            # A checkout on Windows must ship the same bytes, and bash knows no carriage returns.
            return path.read_text(encoding="utf-8")
    raise BundleError(
        Fault(
            what=f"step {step!r}: the pre-execution script cannot be used",
            found=repr(script),
            allowed="a file, relative to the file that declares the step or to the working "
            "directory",
            mend="Correct the path, or give pre_execution_commands.",
            location=location,
        )
    )
