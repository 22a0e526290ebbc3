"""Root file systems with a Python and nothing else, as the smallest images have them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from constructs_lib.runtime.bootstrap import START_CODE
from tests.functional.runtime.bundles import Outcome

NOBODY = 65534
PYTHON = "/usr/local/bin/python3"
_PREFIX = "import json, sys; print(json.dumps([sys.base_prefix, sys.version_info[:2]]))"
# The parts of an installation that a job may do without.
_LEFT_OUT = ("__pycache__", "test", "tests", "idlelib", "tkinter", "site-packages", "config-*")


def can_change_root() -> bool:
    """Tell whether this process may give a child another root."""
    if os.geteuid() != 0:
        return False
    try:
        subprocess.run(["/"], preexec_fn=lambda: os.chroot("/"), check=False)
    except PermissionError:
        return True  # a folder is no program, but it was tried to be started
    except subprocess.SubprocessError:
        return False
    return True


def make_root(root: Path, python: str) -> None:
    """Fill a folder with an interpreter and the libraries that it loads."""
    result = subprocess.run([python, "-c", _PREFIX], capture_output=True, text=True, check=True)
    prefix, (major, minor) = json.loads(result.stdout)
    name = f"python{major}.{minor}"
    target = root / "usr" / "local"
    shutil.copytree(
        Path(prefix, "lib", name),
        target / "lib" / name,
        ignore=shutil.ignore_patterns(*_LEFT_OUT),
    )
    program = Path(prefix, "bin", name)
    (target / "bin").mkdir()
    shutil.copy(program, root / PYTHON[1:])
    _add_libraries(root, [program, *(target / "lib" / name / "lib-dynload").glob("*.so")])


def add_program(root: Path, path: str) -> None:
    """Add a program of this machine."""
    (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, root / path[1:])
    _add_libraries(root, [Path(path)])


def run_in_root(
    root: Path,
    bundle: bytes,
    *,
    environment: Mapping[str, str] | None = None,
    hyperparameters: Mapping[str, str] | None = None,
    owner: int = NOBODY,
) -> Outcome:
    """Start a bundle with ``/opt/ml`` where SageMaker has it, as a user that is not root.

    Only the folders for results and failures belong to the owner.
    """
    shutil.rmtree(root / "opt", ignore_errors=True)
    base = root / "opt" / "ml"
    digest = hashlib.sha256(bundle).hexdigest()
    for name in ("input/data/code", "input/config", "model", "output"):
        (base / name).mkdir(parents=True)
    (base / "input" / "data" / "code" / f"{digest}.zip").write_bytes(bundle)
    config = base / "input" / "config" / "hyperparameters.json"
    config.write_text(json.dumps(hyperparameters or {}), encoding="utf-8")
    for name in ("model", "output"):
        os.chown(base / name, owner, owner)
    result = subprocess.run(
        [PYTHON, "-c", START_CODE, digest],
        env=dict(environment or {}),
        cwd="/",
        preexec_fn=_enter(root),
        capture_output=True,
        timeout=60,
        check=False,
    )
    output = (result.stdout + result.stderr).decode("utf-8", "replace")
    return Outcome(result.returncode, output, base)


def _enter(root: Path) -> Callable[[], None]:
    def enter() -> None:
        os.chroot(root)
        os.chdir("/")
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    return enter


def _add_libraries(root: Path, files: list[Path]) -> None:
    """Add the shared libraries that files load, where the loader looks for them."""
    result = subprocess.run(["ldd", *map(str, files)], capture_output=True, text=True, check=False)
    for path in set(re.findall(r"(?:=> |^\s+)(/\S+) \(", result.stdout, re.MULTILINE)):
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, root / path[1:])
