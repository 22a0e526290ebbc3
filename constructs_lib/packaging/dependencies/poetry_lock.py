"""``poetry.lock``, as Poetry 2 writes it: each package says which groups need it, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from constructs_lib.packaging.dependencies.locked import (
    LockedPackage,
    LockError,
    file_hashes,
    holds,
    known_group,
    read_lock,
)
from constructs_lib.wheels.target import Target

_MAIN = "main"


def read_poetry_lock(path: Path, group: str | None, target: Target) -> list[LockedPackage]:
    """Return the packages of a group, else of the main one; see ``LockReader``."""
    packages = read_lock(path).get("package", [])
    if any("groups" not in package for package in packages):
        raise LockError("it does not say which groups need a package: lock again with Poetry 2")
    wanted = group or _MAIN
    if group is not None:
        known_group(group, {name for package in packages for name in package["groups"]})
    return [
        LockedPackage(
            package["name"],
            package["version"],
            file_hashes((file["file"], file["hash"]) for file in package.get("files", [])),
        )
        for package in packages
        if wanted in package["groups"]
        and (not package.get("optional") or group is not None)
        and holds(_marker(package, wanted), target)
    ]


def _marker(package: dict[str, Any], group: str) -> str:
    """Return a package's marker; some have one for each group."""
    marker = package.get("markers", "")
    return marker if isinstance(marker, str) else str(marker.get(group, ""))
