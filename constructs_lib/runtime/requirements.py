"""The packages that a step asks for: found in the image, else installed when it starts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from importlib import metadata
from typing import Optional

from .failure import StepFailure
from .plan import read_file
from .protocol import REQUIREMENTS_FILE

# Set to "never" where an environment must not be changed, such as on a laptop.
_INSTALL_VARIABLE = "CONSTRUCTS_LIB_INSTALL"
_PLAIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*((?:(?:==|>=|<=|!=|<|>)\s*[\d.]+\s*,?\s*)*)")
_SPECIFIER = re.compile(r"(==|>=|<=|!=|<|>)\s*([\d.]+)")


def install(bundle: str) -> None:
    """Make sure that the step's requirements are met.

    Raises:
        StepFailure: They are not, and cannot be or must not be installed.
    """
    text = read_file(bundle, REQUIREMENTS_FILE).decode()
    missing = [line for line in text.splitlines() if not is_met(line)]
    if not missing:
        return
    if os.environ.get(_INSTALL_VARIABLE) == "never":
        found = ", ".join(f"{line} ({_found(line)})" for line in missing)
        raise StepFailure(
            f"the step's requirements are not met by {sys.executable}: {found}; install them with "
            f"{sys.executable} -m pip install {' '.join(repr(line) for line in missing)}"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, REQUIREMENTS_FILE)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        # Output goes straight to the job's log: a pipe could fill up and block.
        options = ["--disable-pip-version-check", "--no-input", "--requirement", path]
        command = [sys.executable, "-m", "pip", "install", *options]
        code = subprocess.run(command, check=False).returncode
    if code != 0:
        raise StepFailure(
            f"pip could not install the step's requirements (exit code {code}; its output is in "
            f"the log): {', '.join(missing)}"
        )


def is_met(requirement: str) -> bool:
    """Tell whether a requirement is certainly met; False if that takes more than comparing."""
    match = _PLAIN.fullmatch(requirement.strip())
    version = _installed(match[1]) if match else None
    if match is None or version is None:
        return False
    here = _numbers(version)
    return here is not None and all(
        _holds(here, operator, _numbers(wanted) or [])
        for operator, wanted in _SPECIFIER.findall(match[2])
    )


def _holds(here: list[int], operator: str, wanted: list[int]) -> bool:
    length = max(len(here), len(wanted))
    left, right = (side + [0] * (length - len(side)) for side in (here, wanted))
    return {
        "==": left == right,
        "!=": left != right,
        ">=": left >= right,
        "<=": left <= right,
        ">": left > right,
        "<": left < right,
    }[operator]


def _numbers(version: str) -> Optional[list[int]]:
    """Return the parts of a plain release such as 1.24.3; None for pre-releases and the like."""
    release = version.partition("+")[0]
    return [int(n) for n in release.split(".")] if re.fullmatch(r"\d+(\.\d+)*", release) else None


def _installed(name: str) -> Optional[str]:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _found(requirement: str) -> str:
    match = _PLAIN.fullmatch(requirement.strip())
    version = _installed(match[1]) if match else None
    return f"found {version}" if version else "not found"
