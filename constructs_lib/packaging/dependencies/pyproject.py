"""``pyproject.toml``: the project's dependencies, one of its extras, or a dependency group."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from constructs_lib.packaging.dependencies.locked import LockError, known_group, read_lock


def read_pyproject(path: Path, group: str | None) -> list[str]:
    """Return requirements.

    Args:
        path: The file.
        group: A dependency group or an extra; None for ``project.dependencies``.

    Raises:
        LockError: There is none of that name, or the file cannot be read.
    """
    content = read_lock(path)
    project = content.get("project", {})
    if group is None:
        return list(project.get("dependencies", []))
    groups = content.get("dependency-groups", {})
    extras = project.get("optional-dependencies", {})
    known_group(group, {**groups, **extras})
    return list(dict.fromkeys(_group(groups, group) if group in groups else extras[group]))


def _group(groups: dict[str, Any], name: str, inside: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield a group's requirements with those of the groups that it includes.

    https://packaging.python.org/en/latest/specifications/dependency-groups/
    """
    if name in inside:
        raise LockError(f"its group {name!r} includes itself")
    known_group(name, groups)
    for entry in groups[name]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from _group(groups, entry["include-group"], (*inside, name))
