"""Code bundles as far as a reviewer reads them."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HASH = re.compile(r"[0-9a-f]{64}")
# What the library itself adds to a bundle.
_OWN = ("_constructs_lib_runtime/", "cloudpickle/", "pickles/")


@dataclass(frozen=True)
class Bundle:
    """A bundle's files.

    Attributes:
        sha256: Its name.
        plan: How the function is called.
        texts: Path to lines of the project's files.
    """

    sha256: str
    plan: Mapping[str, Any]
    texts: Mapping[str, tuple[str, ...]]

    def holds(self, lines: tuple[str, ...]) -> bool:
        """Tell whether these lines are in one of its files."""
        text = "\n".join(lines)
        return any(text in "\n".join(own) for own in self.texts.values())

    @property
    def exact_python(self) -> str | None:
        """The Python that it needs, such as 3.11, or None for any."""
        exact = self.plan.get("python", {}).get("exact")
        return ".".join(map(str, exact)) if exact else None


def bundle_hash(step: Mapping[str, Any]) -> str | None:
    """Return the hash of the bundle that a step of the definition runs, or None."""
    return _hash(step, 0)


def wheels_hash(step: Mapping[str, Any]) -> str | None:
    """Return the hash of the list of wheels that are installed for a step, or None."""
    return _hash(step, 2) if bundle_hash(step) else None


def _hash(step: Mapping[str, Any], place: int) -> str | None:
    specification = step.get("AlgorithmSpecification")
    arguments = specification.get("ContainerArguments", []) if specification else []
    found = arguments[place] if len(arguments) > place else None
    return found if isinstance(found, str) and _HASH.fullmatch(found) else None


def read_bundle(path: Path) -> Bundle:
    """Read a bundle."""
    with zipfile.ZipFile(path) as archive:
        texts = {
            name: tuple(archive.read(name).decode(errors="replace").splitlines())
            for name in archive.namelist()
            if not name.startswith(_OWN) and name != "plan.json"
        }
        return Bundle(
            path.stem.removeprefix("asset."), json.loads(archive.read("plan.json")), texts
        )
