"""The packages that a step asks for: found in the image, else installed when it starts."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib import metadata
from typing import Optional

from .failure import StepFailure
from .plan import read_file
from .protocol import ENVIRONMENT_FILE, REQUIREMENTS_FILE, Plan

# Set where an environment must not be changed, such as on a laptop: to "never", or to "wheels",
# which are unpacked into a folder of the job's own.
_INSTALL_VARIABLE = "CONSTRUCTS_LIB_INSTALL"
_PLAIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*((?:(?:==|>=|<=|!=|<|>)\s*[\d.]+\s*,?\s*)*)")
_SPECIFIER = re.compile(r"(==|>=|<=|!=|<|>)\s*([\d.]+)")


def satisfy(bundle: str, plan: Plan, base: str, wheels: str | None) -> None:
    """Make sure that the step's requirements are met.

    Args:
        bundle: Holds the requirements.
        plan: The bundle's.
        base: The folder that stands for ``/opt/ml``.
        wheels: sha256 of the list of the wheels that meet them; None if there are none.

    Raises:
        StepFailure: They are not met, and cannot be or must not be installed.
    """
    allowed = os.environ.get(_INSTALL_VARIABLE)
    if wheels is not None and allowed != "never":
        from .wheels import install

        install(base, wheels)
        return
    lines: list[str] = []
    if plan["requirements"]:
        lines = read_file(bundle, REQUIREMENTS_FILE).decode().splitlines()
    missing = [line for line in lines if not line.startswith("-") and not is_met(line)]
    if allowed is None and plan["environment"]:
        _update_conda(bundle)
    elif not missing:
        return
    elif allowed is None:
        _install(lines, missing)
    else:
        found = ", ".join(f"{line} ({_found(line)})" for line in missing)
        raise StepFailure(
            f"the step's requirements are not met by {sys.executable}: {found}; install them with "
            f"{sys.executable} -m pip install {' '.join(repr(line) for line in missing)}"
        )


def _install(lines: list[str], missing: list[str]) -> None:
    program = _installer()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, REQUIREMENTS_FILE)
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
        # Output goes straight to the job's log: a pipe could fill up and block.
        code = subprocess.run([*program, "--requirement", path], check=False).returncode
    if code != 0:
        raise StepFailure(
            f"pip could not install the step's requirements (exit code {code}; its output is in "
            f"the log): {', '.join(missing)}"
        )


def _installer() -> list[str]:
    """Return how packages are installed; as a user's own where those of the image are read-only."""
    if importlib.util.find_spec("pip") is None:
        if shutil.which("uv") is None:
            raise StepFailure(
                "the image has neither pip nor uv to install the step's requirements; lock them "
                "with `constructs-lib lock`, or use another image"
            )
        return ["uv", "pip", "install", "--python", sys.executable]
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    if os.access(sysconfig.get_path("purelib"), os.W_OK):
        return command
    base = os.environ["PYTHONUSERBASE"] = tempfile.mkdtemp(prefix="packages-")
    folder = sysconfig.get_path("purelib", f"{os.name}_user", {"userbase": base})
    os.makedirs(folder)
    sys.path.insert(1, folder)  # behind the bundle
    os.environ["PATH"] = f"{base}/bin{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return [*command, "--user"]


def _update_conda(bundle: str) -> None:
    program = next(filter(shutil.which, ("mamba", "micromamba", "conda")), None)
    if program is None:
        raise StepFailure(
            "the image has no conda for the step's environment file; lock it with "
            "`constructs-lib lock`, or use an image that has conda"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, ENVIRONMENT_FILE)
        with open(path, "wb") as file:
            file.write(read_file(bundle, ENVIRONMENT_FILE))
        command = [program, "env", "update", "--prefix", sys.prefix, "--file", path]
        code = subprocess.run(command, check=False).returncode
    if code != 0:
        raise StepFailure(
            f"{program} could not update the environment {sys.prefix} (exit code {code}; its "
            f"output is in the log)"
        )


def is_met(requirement: str) -> bool:
    """Tell whether a requirement is certainly met; False if nothing here can tell."""
    match = _PLAIN.fullmatch(requirement.strip())
    if match is None:
        return _is_met_by_library(requirement)
    version = _installed(match[1])
    here = None if version is None else _numbers(version)
    return here is not None and all(
        _holds(here, operator, _numbers(wanted) or [])
        for operator, wanted in _SPECIFIER.findall(match[2])
    )


def _is_met_by_library(requirement: str) -> bool:
    """Tell it of a requirement with a marker, an extra or a wildcard."""
    try:
        from packaging.requirements import InvalidRequirement, Requirement
    except ImportError:
        return False
    try:
        wanted = Requirement(requirement)
    except InvalidRequirement:
        return False
    if wanted.marker is not None and not wanted.marker.evaluate():
        return True
    version = _installed(wanted.name)
    if version is None or wanted.extras or wanted.url:
        return False
    return bool(wanted.specifier.contains(version, prereleases=True))


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
