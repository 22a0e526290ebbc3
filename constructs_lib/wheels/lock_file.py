"""The lock file beside a requirements file: pip's own format, one wheel a line.

``requirements.cp312-x86_64.lock``::

    # Wheels for Python 3.12 on Linux x86_64, made by `constructs-lib lock`.
    # Requirements: sha256 7d1f…
    numpy==2.3.1 --hash=sha256:0a51…  # numpy-2.3.1-cp312-cp312-manylinux_2_28_x86_64.whl
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from constructs_lib.exceptions import ConstructsLibError
from constructs_lib.wheels.target import Target
from constructs_lib.wheels.wheel_set import Wheel, WheelSet

_REQUIREMENTS = re.compile(r"# Requirements: sha256 ([0-9a-f]{64})")
_PIN = re.compile(r"(\S+)==(\S+) --hash=sha256:([0-9a-f]{64})  # (\S+\.whl)")


class LockFileError(ConstructsLibError):
    """A lock file is not as `constructs-lib lock` writes it."""


def lock_path(folder: Path, name: str, target: Target) -> Path:
    """Return where the lock file of some requirements is."""
    return folder / f"{name}.{target.tag}.lock"


def requirements_hash(requirements: str) -> str:
    """Return what tells whether requirements have changed since they were locked."""
    return hashlib.sha256(requirements.encode()).hexdigest()


def format_lock(wheels: WheelSet, requirements: str) -> str:
    """Return the text of a lock file.

    Args:
        wheels: What the requirements resolve to.
        requirements: One a line, without comments.
    """
    lines = [
        f"# Wheels for {wheels.target}, made by `constructs-lib lock`.",
        f"# Requirements: sha256 {requirements_hash(requirements)}",
        *wheels.index_options,
        *(
            f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}  # {wheel.file}"
            for wheel in sorted(wheels.wheels)
        ),
    ]
    return "".join(f"{line}\n" for line in lines)


def parse_lock(text: str, target: Target) -> tuple[WheelSet, str]:
    """Return the wheels of a lock file, and the hash of the requirements that it is for.

    Raises:
        LockFileError: A line is none of a lock file.
    """
    wheels, options, made_for = [], [], ""
    for number, line in enumerate(text.splitlines(), 1):
        found = _REQUIREMENTS.fullmatch(line)
        pin = _PIN.fullmatch(line)
        if found:
            made_for = found[1]
        elif pin:
            wheels.append(Wheel(name=pin[1], version=pin[2], sha256=pin[3], file=pin[4]))
        elif line.startswith("--"):
            options.append(line)
        elif line and not line.startswith("#"):
            raise LockFileError(f"line {number} is {line!r}")
    for wheel in wheels:
        if target.rank(wheel.file) is None:
            raise LockFileError(f"{wheel.file} is not for {target}")
    return WheelSet(target, tuple(wheels), tuple(options)), made_for
