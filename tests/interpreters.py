"""The Python interpreters of this machine."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from pathlib import Path

_VERSION = "import sys; print('.'.join(map(str, sys.version_info[:2])))"


@functools.cache
def interpreters() -> dict[str, str]:
    """Return minor version to executable, for each Python from 3.9 on that starts here.

    The one that runs the tests counts always. Others are looked for on the path and, where pyenv
    is there, among its versions.
    """
    found = {".".join(map(str, sys.version_info[:2])): sys.executable}
    for candidate in [*_on_path(), *_of_pyenv()]:
        result = subprocess.run(
            [candidate, "-c", _VERSION], capture_output=True, text=True, check=False
        )
        version = result.stdout.strip()
        if result.returncode == 0 and version.startswith("3.") and int(version[2:]) >= 9:
            found.setdefault(version, candidate)
    return dict(sorted(found.items(), key=lambda item: int(item[0][2:])))


def others() -> dict[str, str]:
    """Return the interpreters of other minor versions than the running one."""
    here = ".".join(map(str, sys.version_info[:2]))
    return {version: path for version, path in interpreters().items() if version != here}


def _on_path() -> list[str]:
    names = [f"python3.{minor}" for minor in range(9, 16)]
    return [path for name in names if (path := shutil.which(name))]


def _of_pyenv() -> list[str]:
    pyenv = shutil.which("pyenv")
    if pyenv is None:
        return []
    root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=False)
    return [str(path) for path in sorted(Path(root.stdout.strip()).glob("versions/*/bin/python3"))]
