"""What a step does before its function runs: requirements and commands, as canonical text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from constructs_lib.exceptions import BundleError, Fault

_COMMENT = re.compile(r"(^|\s)#.*$")
_INCLUDE = re.compile(r"(?:-r|--requirement)[ =]?\s*(\S+)")
_LOCAL = re.compile(r"(-e\b|--editable|\.{0,2}/|file:)")


def requirements_text(
    dependencies: str | Sequence[str], *, folder: Path, step: str, location: str | None
) -> str:
    """Return the requirements of a step, one a line, without comments and blank lines.

    Args:
        dependencies: Path of a requirements file, or the requirements themselves.
        folder: Where relative paths begin: the folder of the file that declares the step. The
            working directory is tried after it.
        step: The step's name, for errors.
        location: The user's ``file:line``, for errors.

    Raises:
        BundleError: The file is not there, or a requirement exists on this machine only.
    """
    if isinstance(dependencies, str):
        lines = _read(_find(dependencies, folder, step, location), step, location)
    else:
        lines = [line.strip() for line in dependencies]
    for line in lines:
        if _LOCAL.match(line):
            raise BundleError(
                Fault(
                    what=f"step {step!r}: a dependency exists on this machine only",
                    found=repr(line),
                    allowed="requirements that pip can install in the container",
                    mend="Project code ships by itself when the step uses it: remove the line.",
                    location=location,
                )
            )
    return "".join(f"{line}\n" for line in lines)


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


def _find(name: str, folder: Path, step: str, location: str | None) -> Path:
    tried = [folder / name, Path.cwd() / name]
    for path in tried:
        if path.is_file() and path.suffix == ".txt":
            return path
    raise BundleError(
        Fault(
            what=f"step {step!r}: the requirements file cannot be used",
            found=repr(name),
            allowed="a .txt file, relative to the file that declares the step or to the working "
            "directory",
            mend="Correct the path, or give a list such as ['scikit-learn==1.5.2'].",
            location=location,
        )
    )


def _read(path: Path, step: str, location: str | None) -> list[str]:
    # A backslash at the end of a line continues it, as for pip.
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = []
    for raw in text.splitlines():
        line = " ".join(_COMMENT.sub("", raw).split())
        include = _INCLUDE.fullmatch(line)
        if include:
            lines += _read(_find(include[1], path.parent, step, location), step, location)
        elif line:
            lines.append(line)
    return lines
