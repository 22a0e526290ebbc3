"""``pylock.toml``: https://packaging.python.org/en/latest/specifications/pylock-toml/."""

from __future__ import annotations

from pathlib import Path

from constructs_lib.packaging.dependencies.locked import (
    LockedPackage,
    LockError,
    known_group,
    read_lock,
)
from constructs_lib.wheels.target import Target


def read_pylock(path: Path, group: str | None, target: Target) -> list[LockedPackage]:
    """Return the packages of a group or extra, else of the default groups; see ``LockReader``."""
    from packaging.pylock import Package, Pylock, PylockValidationError

    try:
        lock = Pylock.from_dict(read_lock(path))
    except PylockValidationError as error:
        raise LockError(str(error)) from None
    extras, groups = set(lock.extras or ()), set(lock.dependency_groups or ())
    if group is not None:
        known_group(group, map(str, extras | groups))
    environment: dict[str, str | frozenset[str]] = {
        **target.environment,
        "extras": frozenset(extras.intersection([group])),
        "dependency_groups": frozenset(
            (lock.default_groups or ()) if group is None else groups.intersection([group])
        ),
    }
    del environment["extra"]

    def is_wanted(package: Package) -> bool:
        marker = package.marker
        return marker is None or marker.evaluate(environment, context="lock_file")

    return [
        LockedPackage(
            str(package.name),
            str(package.version or ""),
            {
                wheel.filename: wheel.hashes["sha256"]
                for wheel in package.wheels or ()
                if "sha256" in wheel.hashes
            },
        )
        for package in lock.packages
        if is_wanted(package)
    ]
