"""From requirements to wheels, with uv."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from constructs_lib.exceptions import ConstructsLibError
from constructs_lib.wheels.target import Target
from constructs_lib.wheels.toml import read_toml
from constructs_lib.wheels.wheel_set import Wheel, WheelSet, choose_wheel, file_name

_WAYS_OUT = (
    "Choose another version or another image, put a wheel that you have built into an index, or "
    'set install="at-start" or install="none" for the step.'
)


class ResolutionError(ConstructsLibError):
    """There are no wheels that meet some requirements."""


def resolve(
    requirements: str, target: Target, *, upgrade: bool, locked: WheelSet | None
) -> WheelSet:
    """Return one wheel for each package that requirements need.

    Args:
        requirements: One a line.
        target: Where they are to run.
        upgrade: Whether packages that are locked already may get newer versions.
        locked: What is locked already, or None.

    Raises:
        ResolutionError: There is no uv, or no set of wheels.
    """
    options = [line for line in requirements.splitlines() if line.startswith("-")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, result = folder / "requirements.in", folder / "pylock.toml"
        source.write_text(requirements, encoding="utf-8")
        command = [
            *_uv(),
            *("pip", "compile", "--quiet", "--no-header", "--format", "pylock.toml"),
            *("--only-binary", ":all:"),
            *("--python-version", target.version, "--python-platform", target.uv_platform),
            *("--output-file", str(result)),
            str(source),
        ]
        if locked is not None and not upgrade:
            # A preference, not a constraint: what the requirements rule out may change.
            result_in = folder / "locked.txt"
            result_in.write_text(locked.pins, encoding="utf-8")
            command += ["--constraint", str(result_in)]
            ended = _run(command)
            if ended.returncode != 0:
                ended = _run(command[:-2])
        else:
            ended = _run(command)
        if ended.returncode != 0:
            raise ResolutionError(f"{ended.stderr.strip()}\n{_WAYS_OUT}")
        packages: list[dict[str, Any]] = read_toml(result).get("packages", [])
    wheels = [_wheel(package, target) for package in packages]
    return WheelSet(target, tuple(sorted(wheels)), tuple(options))


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True)


def _uv() -> list[str]:
    beside = shutil.which("uv", path=str(Path(sys.executable).parent))
    program = beside or shutil.which("uv")
    if program is None:
        raise ResolutionError("locking needs uv: pip install 'constructs-lib[lock]'")
    return [program]


def _wheel(package: dict[str, Any], target: Target) -> Wheel:
    files = {_file_name(w): w["hashes"]["sha256"] for w in package.get("wheels", [])}
    chosen = choose_wheel(files, target)
    label = f"{package['name']} {package.get('version', '')}".strip()
    if chosen is None:
        raise ResolutionError(f"{label} has no wheel for {target}.\n{_WAYS_OUT}")
    return Wheel(package["name"], package["version"], *chosen)


def _file_name(wheel: dict[str, Any]) -> str:
    return str(wheel.get("name") or file_name(wheel.get("url") or wheel["path"]))
