"""A conda environment file: what of it wheels can be, and what only conda can install."""

from __future__ import annotations

import re
from pathlib import Path

from constructs_lib.packaging.dependencies.locked import LockError

_PACKAGE = re.compile(r"(?:[\w.-]+::)?([A-Za-z0-9][\w.-]*)\s*([=<>!~ ].*)?")
# The interpreter is the image's; the others only install.
_NOT_WHEELS = {"python", "pip", "setuptools", "wheel"}


def read_environment(path: Path) -> tuple[list[str], list[str]]:
    """Return requirements: those of all packages as pip names them, and those of pip's section.

    Raises:
        LockError: It is no environment file.
    """
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LockError(f"it is not YAML: {error}") from None
    entries = content.get("dependencies") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise LockError("it has no list of dependencies")
    packages: list[str] = []
    of_pip: list[str] = []
    for entry in entries:
        if isinstance(entry, dict):
            of_pip += map(str, entry.get("pip", []))
        else:
            packages += _requirement(str(entry))
    return [*packages, *of_pip], of_pip


def _requirement(entry: str) -> list[str]:
    found = _PACKAGE.fullmatch(entry.strip())
    if found is None:
        raise LockError(f"it has the dependency {entry!r}")
    name, wanted = found[1], (found[2] or "").strip()
    if name in _NOT_WHEELS:
        return []
    if wanted.startswith("==") or not wanted.startswith("="):
        return [f"{name}{wanted.replace(' ', '')}"]
    # "=1.2" means any 1.2; "=1.2=py312_0" names a build besides.
    version = wanted[1:].partition("=")[0].strip()
    return [f"{name}=={version}{'' if version.endswith('*') else '.*'}"]
