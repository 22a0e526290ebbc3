"""One measured process: every measurement is made in a fresh one."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Usage:
    """What a process took, with all that it started and waited for.

    Attributes:
        wall: Seconds from its start to its end.
        cpu: Seconds of processor time, user and system.
        peak: Bytes of memory of the largest process among them.
        said: The JSON that it printed, if it printed any.
    """

    wall: float
    cpu: float
    peak: int
    said: Any = field(default=None, compare=False)


@dataclass(frozen=True)
class Command:
    """What is measured.

    Attributes:
        arguments: Program and arguments.
        environment: Added to a bare environment.
        folder: Where it runs.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path(tempfile.gettempdir())

    def run(self) -> Usage:
        """Run it to its end and return what it took.

        Raises:
            RuntimeError: It failed; with the end of what it printed.
        """
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with tempfile.TemporaryFile() as output:
            start = time.perf_counter()
            process = subprocess.Popen(
                self.arguments,
                cwd=self.folder,
                env={**inherited, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            _, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            text = output.read().decode("utf-8", "replace")
        if process.returncode != 0:
            raise RuntimeError(
                f"{self.arguments!r} ended with {process.returncode}:\n{text[-3000:]}"
            )
        return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, _json_of(text))


def _json_of(text: str) -> Any:
    """Return what the last line says, if it is JSON."""
    try:
        return json.loads(text.splitlines()[-1])
    except (IndexError, ValueError):
        return None
