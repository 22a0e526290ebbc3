"""A training job: started, watched, its value read."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.deployed.account import Account
from constructs_lib.deployed.logs import JobLog
from constructs_lib.deployed.results import StoredResult
from constructs_lib.exceptions import RemoteFunctionError
from constructs_lib.packaging.project import main_as_shipped

_ENDED = ("Completed", "Failed", "Stopped")
_LONGEST_PAUSE = 5.0  # seconds; a short job is looked at more often
_LAST_LINES = 20


class RemoteJob:
    """One job.

    Args:
        account: To run it in.
        step: The step's name, for messages.
        request: For CreateTrainingJob.

    Attributes:
        name: The job's name.
    """

    def __init__(self, account: Account, step: str, request: dict[str, Any]) -> None:
        self._account = account
        self._step = step
        self._sagemaker = account.client("sagemaker")
        self.name: str = request["TrainingJobName"]
        self._arn: str = self._sagemaker.create_training_job(**request)["TrainingJobArn"]
        self._last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._may_read_log = True

    def wait(self, *, include_log: bool) -> None:
        """Return when the job has succeeded; interrupted, stop it.

        Args:
            include_log: Whether its log is shown meanwhile.

        Raises:
            RemoteFunctionError: It failed or was stopped.
        """
        if include_log:
            _say(f"step {self._step!r} runs as training job {self.name}")
        try:
            status, reason = self._watch(include_log)
        except KeyboardInterrupt:
            with contextlib.suppress(ClientError):  # it has just ended by itself
                self._sagemaker.stop_training_job(TrainingJobName=self.name)
                _say(f"interrupted: training job {self.name} is being stopped")
            raise
        if status != "Completed":
            raise RemoteFunctionError(
                self._step, self.name, reason or f"the job was {status.lower()}", self._last_lines
            )

    def result(self) -> Any:
        """Return the function's value.

        Raises:
            RemoteError: It cannot be loaded here, such as for a package that is not installed.
        """
        stored = StoredResult(self._account, self._step, self._arn)
        with tempfile.TemporaryDirectory(prefix="constructs-lib-") as folder, main_as_shipped():
            stored.download(Path(folder))
            return stored.load(Path(folder))

    def _watch(self, include_log: bool) -> tuple[str, str | None]:
        log = JobLog(self._account, self._arn)
        pause = 0.5
        while True:
            # The status is read before the lines: what is written last is not lost.
            found = self._sagemaker.describe_training_job(TrainingJobName=self.name)
            status = found["TrainingJobStatus"]
            if self._may_read_log and (include_log or status == "Failed"):
                self._read(log, show=include_log)
            if status in _ENDED:
                return status, found.get("FailureReason")
            time.sleep(pause)
            pause = min(pause * 1.1, _LONGEST_PAUSE)

    def _read(self, log: JobLog, *, show: bool) -> None:
        try:
            for host, line in log.new_lines():
                label = "" if host in {"", "algo-1"} else f"{host} | "
                self._last_lines.append(f"{label}{line}")
                if show:
                    sys.stdout.write(f"{label}{line}\n")
        except ClientError as error:
            # Who may start jobs may not always read logs; the job goes on.
            self._may_read_log = False
            self._last_lines.append(f"(its log cannot be read: {error})")
        sys.stdout.flush()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
