"""Variants of the sample ``shop``: each an edit of its files, all synthesized by one process."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHOP = ROOT / "tests" / "samples" / "shop"
TEMPLATE = "Shop.template.json"
# File, what stands there, what shall stand there; a file that is not there is made.
Edit = tuple[str, str, str]


def write(folder: Path, edits: tuple[Edit, ...] = ()) -> Path:
    """Write the sample with edits into a folder."""
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("cdk.out", "__pycache__"))
    for name, old, new in edits:
        path = folder / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        assert old in text, f"{old!r} is not in {name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((text.replace(old, new, 1) if old else text + new).encode())
    return folder


def synthesize(folders: Mapping[str, Path], **environment: str) -> dict[str, Path]:
    """Synthesize variants; returns name to assembly."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "CDK_VALIDATION": "false", **environment}
    done = subprocess.run(
        [sys.executable, __file__, json.dumps([str(folder) for folder in folders.values()])],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {name: folder / "cdk.out" for name, folder in folders.items()}


def ours(assembly: Path) -> dict[str, bytes]:
    """Return the files of an assembly that say what is deployed."""
    files = [assembly / TEMPLATE, *assembly.glob("asset.*")]
    return {file.name: file.read_bytes() for file in files}


def _run(folder: str) -> None:
    """Run an app, and forget its modules."""
    os.chdir(folder)
    sys.path.insert(0, folder)
    try:
        runpy.run_path(str(Path(folder, "app.py")), run_name="__main__")
    finally:
        sys.path.remove(folder)
        for name in [name for name in sys.modules if name.split(".")[0] == "shop"]:
            del sys.modules[name]


if __name__ == "__main__":
    for one in json.loads(sys.argv[1]):
        _run(one)
