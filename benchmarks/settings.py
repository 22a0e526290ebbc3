"""How the benchmarks run, and which Pythons they compare."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "benchmarks" / "programs"
PEERS = ROOT / "benchmarks" / "peers"
_ADAPTERS = ROOT / "tests" / "differential"


@dataclass(frozen=True)
class Peer:
    """A version of the SageMaker SDK, installed in an environment of its own.

    Attributes:
        name: Such as ``SDK 2.x``.
        python: Its interpreter.
        version: ``v2`` or ``v3``.
    """

    name: str
    python: str
    version: str

    def environment(self, *folders: Path) -> dict[str, str]:
        """Return what lets the SDK be imported, and the peers' programs find each other.

        Args:
            *folders: More folders with modules.
        """
        return {
            "PYTHONPATH": os.pathsep.join(map(str, (PEERS, _ADAPTERS, *folders))),
            "AWS_DEFAULT_REGION": "us-east-1",  # 3.x makes clients when it is imported
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@dataclass(frozen=True)
class Settings:
    """How to run.

    Attributes:
        work: Folder for what is made.
        repeats: Rounds of each paired measurement.
        quick: Whether the largest sizes are left out.
        gigabytes: Size of the data that is written and read.
    """

    work: Path
    repeats: int = 15
    quick: bool = False
    gigabytes: float = 1.0
    peers: tuple[Peer, ...] = field(default_factory=lambda: tuple(_peers()))

    @cached_property
    def bare_python(self) -> str:
        """A Python of this version in an environment with nothing installed."""
        folder = self.work / "bare"
        if not folder.exists():
            options = ["--without-pip", str(folder)]
            subprocess.run([sys.executable, "-m", "venv", *options], check=True)
        return str(folder / "bin" / "python")

    def folder(self, name: str) -> Path:
        """Return a folder to work in, made if need be."""
        path = self.work / name
        path.mkdir(parents=True, exist_ok=True)
        return path


def _peers() -> list[Peer]:
    names = {"v2": "SAGEMAKER_V2_PYTHON", "v3": "SAGEMAKER_V3_PYTHON"}
    return [
        Peer(f"SDK {version[1]}.x", os.environ[variable], version)
        for version, variable in names.items()
        if os.environ.get(variable)
    ]
