"""Bundles made by hand and run as a job is: for tests of the shim alone, in real processes."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.packaging.archive import archive
from constructs_lib.packaging.shim import shim_files
from constructs_lib.runtime.bootstrap import START_CODE


@dataclass
class Outcome:
    """What a job left behind."""

    code: int
    output: str
    base: Path

    @property
    def failure(self) -> str | None:
        """The failure file."""
        path = self.base / "output" / "failure"
        return path.read_text(encoding="utf-8") if path.exists() else None

    @property
    def result(self) -> Any:
        """The JSON view; fails if there is none."""
        text = (self.base / "model" / "results.json").read_text(encoding="utf-8")
        return json.loads(text)["Result"]

    @property
    def has_view(self) -> bool:
        """Whether there is a JSON view."""
        return (self.base / "model" / "results.json").exists()


def make_bundle(
    source: Mapping[str, str], plan: Mapping[str, Any], files: Mapping[str, bytes] | None = None
) -> bytes:
    """Return a bundle, with what is shipped of the shim for such a plan.

    A plan without a function calls ``f`` of module ``m``.
    """
    complete = {
        "protocol": 1,
        "python": {"minimum": [3, 9]},
        "function": {"module": "m", "qualname": "f"},
        "args": [],
        "kwargs": {},
        "elements": None,
        "requirements": False,
        "environment": False,
        "pre_execution": False,
        "launcher": None,
        "item": None,
        "serializer": None,
        "data_only": False,
        **plan,
    }
    return archive(
        {
            **shim_files(complete),
            **{f"source/{name}": text.encode() for name, text in source.items()},
            **(files or {}),
            "plan.json": json.dumps(complete).encode(),
        }
    )


def without_network(folder: Path) -> str | None:
    """Return a ``python3`` that has not even an interface that is up, or None if none can be made.

    Args:
        folder: To put it into.
    """
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    command = [unshare, "-rn", "--"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
        return None
    program = folder / "isolated-python3"
    program.write_text(f'#!/bin/sh\nexec {shlex.join([*command, sys.executable])} "$@"\n')
    program.chmod(0o755)
    return str(program)


def run_bundle(
    base: Path,
    bundle: bytes,
    *,
    python: str = sys.executable,
    hyperparameters: Mapping[str, str] | None = None,
    channels: Mapping[str, Path] | None = None,
    resources: Mapping[str, Any] | None = None,
    digest: str | None = None,
    wheels: str | None = None,
    **environment: str,
) -> Outcome:
    """Lay out ``/opt/ml`` in a folder and start the bundle with the definition's start code."""
    digest = digest or hashlib.sha256(bundle).hexdigest()
    code = base / "input" / "data" / "code"
    code.mkdir(parents=True)
    (code / f"{digest}.zip").write_bytes(bundle)
    for name, folder in (channels or {}).items():
        shutil.copytree(folder, base / "input" / "data" / name)
    (base / "input" / "config").mkdir()
    config = base / "input" / "config" / "hyperparameters.json"
    config.write_text(json.dumps(hyperparameters or {}), encoding="utf-8")
    if resources is not None:
        file = config.with_name("resourceconfig.json")
        file.write_text(json.dumps(resources), encoding="utf-8")
    result = subprocess.run(
        [python, "-c", START_CODE, digest, *([] if wheels is None else ["step", wheels])],
        env={"PATH": os.environ["PATH"], "SAGEMAKER_BASE_DIR": str(base)} | environment,
        cwd=base,
        capture_output=True,
        timeout=60,
        check=False,
    )
    output = (result.stdout + result.stderr).decode("utf-8", "replace")
    return Outcome(result.returncode, output, base)


def run_function(base: Path, text: str, **plan: Any) -> Outcome:
    """Run a module ``m`` with a function ``f``."""
    return run_bundle(base, make_bundle({"m.py": text}, plan))
