"""One job as a process on this machine."""

from __future__ import annotations

import posixpath
import re
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
from constructs_lib.local.process import PID_FILE, Process, inherited_environment
from constructs_lib.local.retries import JOB_INTERNAL_ERROR

# How long a job has after SIGTERM, as on SageMaker.
_GRACE_SECONDS = 120.0

# Signals that end a program for what it does itself; the others come from outside, such as the
# SIGKILL of a machine that is out of memory.
_OWN_FAULTS = {signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV}

# The shim must not change the environment that a developer works in: it installs nothing, or only
# wheels, which are unpacked into a folder of the job's own.
_INSTALL = "CONSTRUCTS_LIB_INSTALL"
NEVER_INSTALL = {_INSTALL: "never"}
INSTALL_WHEELS = {_INSTALL: "wheels"}

# In seconds; the service allows 28 days.
_LONGEST_RUN = 28 * 86_400

# As much of the failure file as the service keeps.
_REASON_LENGTH = 1024
_LAST_LINES = 10

# The programs that are Python, wherever an image has them.
_PYTHON = re.compile(r"python(3(\.\d+)?)?")


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
        variables = {
            **inherited_environment(),
            **self._environment(),
            **NEVER_INSTALL,
            **environment,
        }
        variables |= {"AWS_REGION": arn.split(":")[3], "SAGEMAKER_BASE_DIR": str(self._base)}
        self._takes_wheels = variables[_INSTALL] != "never"
        command = self._command()
        if _PYTHON.fullmatch(posixpath.basename(command[0])):
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

    def _store_checkpoints(self) -> None:  # noqa: B027 - most jobs have none
        """Store what the job keeps even if it fails."""

    def run(self) -> None:
        """Lay out the inputs, run the entry point, store the output.

        After an internal error it starts again as often as its RetryStrategy says.

        Raises:
            StepFailedError: An input is not there, or the job failed; with its failure reason.
        """
        self._log.unlink(missing_ok=True)
        for left in reversed(range(1 + self._restarts)):
            try:
                self._run_once()
                break
            except StepFailedError as error:
                if error.kind != JOB_INTERNAL_ERROR or left == 0:
                    raise
        self._store_output()

    @property
    def _restarts(self) -> int:
        return int(self._request.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0))

    @property
    def _limit(self) -> float | None:
        limit: float | None = self._request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
        if limit is None or (type(limit) in {int, float} and 0 < limit <= _LONGEST_RUN):
            return limit
        raise StepFailedError(f"MaxRuntimeInSeconds is {limit!r}")

    def _run_once(self) -> None:
        if self._folder.exists():
            shutil.rmtree(self._folder)
        self._lay_out()
        limit = self._limit
        try:
            code, timed_out = self._process.run(limit)
        except OSError as error:
            raise StepFailedError(
                f"the entry point cannot be started: {error}; a program that only the image has "
                "cannot be run here: give the step's outcome with --stub"
            ) from error
        failure: str | None = None
        if self._stopped:
            failure = "the job was stopped"
        elif timed_out:
            failure = f"the job ran longer than MaxRuntimeInSeconds, {limit}"
        elif code != 0:
            failure = self._failure(code)
        try:
            self._store_checkpoints()
        except StepFailedError as error:
            failure = failure or str(error)
        if failure is not None:
            from_outside = code < 0 and -code not in _OWN_FAULTS
            ended = self._stopped or timed_out
            raise StepFailedError(
                failure, JOB_INTERNAL_ERROR if from_outside and not ended else None
            )

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

    def _failure(self, code: int) -> str:
        path = self._base / "output" / "failure"
        if path.is_file():
            return path.read_text(encoding="utf-8", errors="replace")[:_REASON_LENGTH]
        end = f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([end, *lines[-_LAST_LINES:]])
