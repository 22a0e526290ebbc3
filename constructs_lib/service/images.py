"""The images that AWS builds: their names, their Python, and the accounts that they are in.

The table is made by ``tools/image_table.py`` of what AWS publishes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AwsImage:
    """An image that AWS builds.

    Attributes:
        family: Such as ``pytorch``.
        repository: Name of its ECR repository.
        tag: Tag in it.
        python: Major and minor version of its Python.
        lacks: Regions that have the repository, but not this image.
    """

    family: str
    repository: str
    tag: str
    python: tuple[int, int]
    lacks: tuple[str, ...] = ()

    @property
    def accounts(self) -> Mapping[str, str]:
        """Each Region that has the image, to the account that owns it there."""
        accounts = _table()[self.family]["accounts"]
        return {region: owner for region, owner in accounts.items() if region not in self.lacks}


def find_image(family: str, version: str, *, gpu: bool = False) -> AwsImage | None:
    """Return an image, or None if the version is not known.

    Args:
        family: Such as ``pytorch``.
        version: As AWS calls it; without its last part for the newest known of such versions.
        gpu: Whether the one for GPUs is meant, in families that have it.
    """
    entry = _table()[family]
    newest = [known for known in entry["versions"] if known.startswith(f"{version}.")][-1:]
    exact = version if version in entry["versions"] or "." not in version else "".join(newest)
    found = entry["versions"].get(exact)
    if found is None:
        return None
    python = found["python"]
    names = {
        "version": exact,
        "processor": "gpu" if gpu else "cpu",
        "python": python.replace(".", ""),
    }
    major, minor = map(int, python.split("."))
    return AwsImage(
        family=family,
        repository=entry["repository"].format(**names),
        tag=entry["tag"].format(**names),
        python=(major, minor),
        lacks=tuple(found["lacks"]),
    )


def known_versions(family: str) -> Mapping[str, str]:
    """Return the versions of a family that are known, oldest first, each with its Python."""
    return {name: entry["python"] for name, entry in _table()[family]["versions"].items()}


def python_of(uri: str) -> tuple[int, int] | None:
    """Return the Python of an image by its URI, or None if it is none of AWS's that are known."""
    account, dot, rest = uri.partition(".dkr.ecr.")
    found = _by_name().get(rest.partition("/")[2]) if dot else None
    return None if found is None or account not in found.accounts.values() else found.python


@functools.cache
def _by_name() -> Mapping[str, AwsImage]:
    """Return repository and tag, with a colon between, to the image."""
    images = (
        find_image(family, version, gpu=gpu)
        for family, entry in _table().items()
        for version in entry["versions"]
        for gpu in (False, True)
    )
    return {f"{image.repository}:{image.tag}": image for image in images if image is not None}


@functools.cache
def _table() -> dict[str, Any]:
    # Not at import, which modules with steps must not be slowed by.
    import json
    from importlib.resources import files

    table: dict[str, Any] = json.loads(
        files("constructs_lib.service").joinpath("images.json").read_text(encoding="utf-8")
    )
    return table
