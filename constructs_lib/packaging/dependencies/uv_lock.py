"""``uv.lock``: every package that any platform, group or extra of a project needs.

https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
"""

from __future__ import annotations

from collections.abc import Iterable
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
from constructs_lib.wheels.wheel_set import file_name

# How the lock names packages that are folders of the project itself.
_LOCAL = ("virtual", "editable", "directory")


def read_uv_lock(path: Path, group: str | None, target: Target) -> list[LockedPackage]:
    """Return the packages that the project needs on a target; see ``LockReader``."""
    packages = read_lock(path).get("package", [])
    roots = [p for p in packages if _folder(p) == "."]
    if not roots:
        raise LockError("it has no package for the project's own folder")
    return _Walk(packages, target).from_entries(_wanted(roots[0], group))


def _wanted(root: dict[str, Any], group: str | None) -> Iterable[dict[str, Any]]:
    if group is None:
        return list(root.get("dependencies", []))
    groups = {**root.get("optional-dependencies", {}), **root.get("dev-dependencies", {})}
    known_group(group, groups)
    return list(groups[group])


def _folder(package: dict[str, Any]) -> str | None:
    source = package.get("source", {})
    return next((source[kind] for kind in _LOCAL if kind in source), None)


class _Walk:
    def __init__(self, packages: list[dict[str, Any]], target: Target) -> None:
        self._packages = packages
        self._target = target

    def from_entries(self, entries: Iterable[dict[str, Any]]) -> list[LockedPackage]:
        """Return what some entries lead to."""
        found: dict[str, LockedPackage] = {}
        seen: set[tuple[str, str]] = set()
        pending = list(entries)
        while pending:
            entry = pending.pop()
            if not holds(entry.get("marker", ""), self._target):
                continue
            package = self._package(entry)
            for extra in ("", *entry.get("extra", [])):
                if (package["name"], extra) in seen:
                    continue
                seen.add((package["name"], extra))
                pending += (
                    package.get("optional-dependencies", {}).get(extra, [])
                    if extra
                    else package.get("dependencies", [])
                )
            if _folder(package) is None:  # the project's own code ships as source
                found[package["name"]] = _locked(package)
        return sorted(found.values(), key=lambda package: package.name)

    def _package(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Return the package that an entry means; a fork of the resolution names its version."""
        for package in self._packages:
            if package["name"] == entry["name"] and all(
                entry[key] == package.get(key) for key in ("version", "source") if key in entry
            ):
                return package
        raise LockError(f"it has no package {entry['name']!r}")


def _locked(package: dict[str, Any]) -> LockedPackage:
    files = [*package.get("wheels", []), *filter(None, [package.get("sdist")])]
    return LockedPackage(
        package["name"],
        package.get("version", ""),
        file_hashes((_file_name(file), file.get("hash", "")) for file in files),
    )


def _file_name(file: dict[str, Any]) -> str:
    return str(file.get("filename") or file_name(file.get("url") or file.get("path", "")))
