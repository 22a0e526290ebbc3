"""A process and all that it starts, ended as the service ends a container."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

PID_FILE = "pid"

# All that a process gets of the environment that the engine runs in.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


def inherited_environment() -> dict[str, str]:
    """Return the variables that every process gets."""
    found = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**found, "PYTHONUNBUFFERED": "1"}


class Process:
    """A command in a process group of its own.

    Args:
        command: Program and arguments.
        folder: Where it runs.
        environment: All of its environment.
        log: File that what it prints is added to.
        pid_file: File for its process ID while it runs, so that whoever finds it after the engine
            was killed can end it.
        grace_seconds: Time between SIGTERM and SIGKILL.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        log: Path,
        pid_file: Path,
        grace_seconds: float,
    ) -> None:
        self._command = command
        self._folder = folder
        self._environment = environment
        self._log = log
        self._pid_file = pid_file
        self._grace_seconds = grace_seconds
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._killer: threading.Timer | None = None
        self._stopped = False

    def run(self, limit: float | None) -> tuple[int, bool]:
        """Run it to its end; what it leaves behind ends with it, as in a container.

        Args:
            limit: Seconds after which it is stopped; None for no limit.

        Returns:
            Exit code, negative for a signal; and whether the limit was reached.

        Raises:
            OSError: There is no such program.
        """
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            with self._lock:
                if self._stopped:
                    return -signal.SIGTERM, False
                process = self._process = subprocess.Popen(
                    self._command,
                    cwd=self._folder,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                self._pid_file.write_text(str(process.pid), encoding="utf-8")
            # Not the limit of wait(): that looks up only every 50 ms whether the process has ended.
            reached = threading.Event()
            watch = threading.Timer(limit or 0, self._stop_late, [reached])
            watch.daemon = True
            if limit is not None:
                watch.start()
            try:
                return process.wait(), reached.is_set()
            finally:
                watch.cancel()
                with self._lock:
                    if self._killer is not None:
                        self._killer.cancel()
                    self._signal(signal.SIGKILL)
                    self._process = None
                    self._pid_file.unlink(missing_ok=True)

    def _stop_late(self, reached: threading.Event) -> None:
        reached.set()
        self.stop()

    def stop(self) -> None:
        """Ask it to end with SIGTERM, and end it with SIGKILL later; returns at once."""
        with self._lock:
            self._stopped = True
            if self._process is None or self._killer is not None:
                return
            self._signal(signal.SIGTERM)
            self._killer = threading.Timer(self._grace_seconds, self.kill)
            self._killer.daemon = True
            self._killer.start()

    def kill(self) -> None:
        """End it at once."""
        with self._lock:
            self._stopped = True
            self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):  # all of it has ended by itself
                os.killpg(self._process.pid, number)
