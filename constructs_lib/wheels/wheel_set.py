"""The wheels of a step: one for each package, each pinned by its sha256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from constructs_lib.wheels.target import GLIBC, Target


@dataclass(frozen=True, order=True)
class Wheel:
    """One wheel.

    Attributes:
        name: The package's normalized name.
        version: Its version.
        file: The wheel's file name.
        sha256: Of the file, in hex.
    """

    name: str
    version: str
    file: str
    sha256: str


@dataclass(frozen=True)
class WheelSet:
    """What is installed for a step.

    Attributes:
        target: The Python that it is for.
        wheels: One for each package.
        index_options: Lines for pip that say where packages come from besides its configuration.
    """

    target: Target
    wheels: tuple[Wheel, ...]
    index_options: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        """What the archive of the wheels says of them; the same for the same wheels."""
        content = {
            "python": list(self.target.python),
            "machine": self.target.machine,
            "glibc": list(GLIBC),
            "wheels": [[wheel.file, wheel.sha256] for wheel in sorted(self.wheels)],
        }
        return json.dumps(content, separators=(",", ":"))

    @cached_property
    def sha256(self) -> str:
        """Of the text, in hex; the archive's name."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def pins(self) -> str:
        """The wheels as a requirements file with hashes."""
        lines = [f"{w.name}=={w.version} --hash=sha256:{w.sha256}" for w in sorted(self.wheels)]
        return "".join(f"{line}\n" for line in (*self.index_options, *lines))


def file_name(place: str) -> str:
    """Return the name of the file at a URL or path, as lock files write them."""
    return unquote(PurePosixPath(urlsplit(place).path).name)


def choose_wheel(files: Mapping[str, str], target: Target) -> tuple[str, str] | None:
    """Return the wheel that fits best, or None if none does.

    Args:
        files: File name to sha256 of all files of a package's version.
        target: Where it is to run.
    """
    ranked: Iterable[tuple[int, str]] = (
        (rank, file) for file in files if (rank := target.rank(file)) is not None
    )
    best = min(ranked, default=None)
    return None if best is None else (best[1], files[best[1]])
