"""One job as a process on this machine."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from constructs_lib.local.channels import download
from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.platform import ObjectStore
from constructs_lib.local.process import Process

PID_FILE = "pid"

# How long a job has after SIGTERM, as on SageMaker.
_GRACE_SECONDS = 120.0

# All that a job gets of the environment that the engine runs in.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")

# The shim must not change the environment that a developer works in.
_NEVER_INSTALL = {"CONSTRUCTS_LIB_INSTALL": "never"}

# As much of the failure file as the service keeps.
_REASON_LENGTH = 1024
_LAST_LINES = 10


class Job(ABC):
    """A job request, with no expressions left in it.

    Args:
        name: The job's name.
        arn: Its ARN.
        request: The request.
        folder: For ``opt/ml``.
        log: File for what the job prints.
        store: Where its data comes from and its output goes.
        environment: What the platform adds to the request's.
        python: Interpreter that stands for the image's ``python3``.
        grace_seconds: Time between SIGTERM and SIGKILL when the job is stopped.
    """

    def __init__(
        self,
        name: str,
        arn: str,
        request: Mapping[str, Any],
        *,
        folder: Path,
        log: Path,
        store: ObjectStore,
        environment: Mapping[str, str],
        python: str = sys.executable,
        grace_seconds: float = _GRACE_SECONDS,
    ) -> None:
        self.name = name
        self._arn = arn
        self._request = request
        self._base = folder / "opt" / "ml"
        self._folder = folder
        self._log = log
        self._store = store
        self._python = python
        variables = {**self._inherited(), **self._environment(), **_NEVER_INSTALL, **environment}
        variables |= {"AWS_REGION": arn.split(":")[3], "SAGEMAKER_BASE_DIR": str(self._base)}
        command = self._command()
        if command[0] in {"python", "python3"}:
            command[0] = python
        self._process = Process(command, folder, variables, log, folder / PID_FILE, grace_seconds)
        self._stopped = False

    @property
    def output(self) -> str | None:
        """S3 URI of what the job's description calls its output, if it has one."""
        return None

    @abstractmethod
    def description(self) -> dict[str, Any]:
        """Return what the service would describe: the properties that other steps read."""

    @abstractmethod
    def read_output(self, name: str) -> bytes:
        """Return a file that the job left.

        Raises:
            FileNotFoundError: There is none.
        """

    @abstractmethod
    def _command(self) -> list[str]:
        """Return what is started."""

    @abstractmethod
    def _environment(self) -> dict[str, str]:
        """Return the request's variables and those that the service sets."""

    @abstractmethod
    def _lay_out(self) -> None:
        """Make the folders that the job finds, with its inputs."""

    @abstractmethod
    def _store_output(self) -> None:
        """Store what the job has left."""

    def run(self) -> None:
        """Lay out the inputs, run the entry point, store the output.

        Raises:
            StepFailedError: An input is not there, or the job failed; with its failure reason.
        """
        if self._folder.exists():
            shutil.rmtree(self._folder)
        self._lay_out()
        limit = self._request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
        try:
            code, timed_out = self._process.run(limit)
        except OSError as error:
            raise StepFailedError(
                f"the entry point cannot be started: {error}; a program that only the image has "
                "cannot be run here: give the step's outcome with --stub"
            ) from error
        if self._stopped:
            raise StepFailedError("the job was stopped")
        if timed_out:
            raise StepFailedError(f"the job ran longer than MaxRuntimeInSeconds, {limit}")
        if code != 0:
            raise StepFailedError(self._failure(code))
        self._store_output()

    def stop(self) -> None:
        """End the job as the service does: SIGTERM, later SIGKILL; returns at once."""
        self._stopped = True
        self._process.stop()

    def kill(self) -> None:
        """End the job at once."""
        self._stopped = True
        self._process.kill()

    def _download(self, what: str, uri: str, target: Path) -> None:
        download(what, uri, target, self._store)

    def _inherited(self) -> dict[str, str]:
        found = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {**found, "PYTHONUNBUFFERED": "1"}

    def _failure(self, code: int) -> str:
        path = self._base / "output" / "failure"
        if path.is_file():
            return path.read_text(encoding="utf-8", errors="replace")[:_REASON_LENGTH]
        end = f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([end, *lines[-_LAST_LINES:]])
