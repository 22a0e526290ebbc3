"""The packages that a lock file names, whichever tool has written it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from constructs_lib.wheels.target import Target
from constructs_lib.wheels.toml import read_toml


class LockError(Exception):
    """A lock file cannot be used; its text says why."""


@dataclass(frozen=True)
class LockedPackage:
    """One package of a lock file.

    Attributes:
        name: Normalized.
        version: Its one version.
        files: Name to sha256 of its wheels and source archives.
    """

    name: str
    version: str
    files: Mapping[str, str]


class LockReader(Protocol):
    """Reads the lock file of one tool."""

    def __call__(self, path: Path, group: str | None, target: Target) -> list[LockedPackage]:
        """Return the packages that are installed on a target, with those of a group alone.

        Raises:
            LockError: The file cannot be used.
        """


def read_lock(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises:
        LockError: It is none.
    """
    try:
        return read_toml(path)
    except ValueError as error:
        raise LockError(f"it is not TOML: {error}") from None


def holds(marker: str, target: Target) -> bool:
    """Tell whether an environment marker holds on a target.

    Raises:
        LockError: It is no marker.
    """
    from packaging.markers import InvalidMarker, Marker

    try:
        return not marker or Marker(marker).evaluate({**target.environment})
    except InvalidMarker as error:
        raise LockError(f"it has the marker {marker!r}: {error}") from None


def file_hashes(files: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return name to sha256 in hex of files; the others, without one, cannot be verified."""
    prefix = "sha256:"
    return {
        name: digest.removeprefix(prefix) for name, digest in files if digest.startswith(prefix)
    }


def known_group(group: str, groups: Iterable[str]) -> None:
    """Check the name of a group.

    Raises:
        LockError: There is none of that name.
    """
    known = sorted(groups)
    if group not in known:
        raise LockError(f"it has no group {group!r}, only {', '.join(known) or 'none'}")
