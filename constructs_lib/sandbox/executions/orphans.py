"""Processes of jobs that a killed sandbox has left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from constructs_lib.local.process import PID_FILE


def end_orphans(folder: Path) -> None:
    """End every job of an execution that still runs.

    A process ID may belong to another program by now: only one that was started in the job's
    folder, which leads a group of its own, is ended.

    Args:
        folder: The execution's.
    """
    for path in folder.glob(f"jobs/*/{PID_FILE}"):
        with contextlib.suppress(ValueError, OSError):
            pid = int(path.read_text(encoding="utf-8"))
            if os.getpgid(pid) == pid and _is_job(pid, path.parent):
                os.killpg(pid, signal.SIGKILL)
        path.unlink(missing_ok=True)


def _is_job(pid: int, folder: Path) -> bool:
    """Tell whether a process runs in a folder."""
    link = Path(f"/proc/{pid}/cwd")
    if link.is_symlink():
        return link.resolve() == folder.resolve()
    listing = subprocess.run(
        ["lsof", "-a", "-p", str(pid), "-d", "cwd", "-Fn"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"n{folder.resolve()}" in listing.stdout.splitlines()
