"""Training jobs that no execution has started: created by CreateTrainingJob itself."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from moto.sagemaker.models import sagemaker_backends

from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.job import INSTALL_WHEELS
from constructs_lib.local.steps import Options
from constructs_lib.local.training_job import TrainingJob
from constructs_lib.sandbox.clients import Clients
from constructs_lib.sandbox.executions.access import Access
from constructs_lib.sandbox.executions.faults import job_failure
from constructs_lib.sandbox.executions.jobs import (
    RUNNING,
    begin_training,
    end_training,
    find_training,
    mark_stopping,
)
from constructs_lib.sandbox.executions.logs import LogShipper
from constructs_lib.sandbox.executions.orphans import end_orphans
from constructs_lib.sandbox.executions.storage import BucketStore
from constructs_lib.sandbox.state import LOCK
from constructs_lib.service.step_types import step_type_of

_INTERRUPTED = "the sandbox ended while the job ran"
_log = logging.getLogger(__name__)


class SingleJobs:
    """Runs training jobs with the local engine's job, as their roles may.

    Args:
        folder: ``jobs/<name>`` and ``logs/<name>.log`` for each job.
        port: Of the sandbox.
        options: How jobs run.
        save: Called when something must not be lost any more.
    """

    def __init__(self, folder: Path, port: int, options: Options, save: Callable[[], None]) -> None:
        self._folder = folder
        self._port = port
        self._options = options
        self._save = save
        self._slots = threading.BoundedSemaphore(os.cpu_count() or 1)
        self._running: dict[str, _Run] = {}

    def recover(self) -> None:
        """Write into the jobs that ran when the sandbox ended that they have failed."""
        end_orphans(self._folder)
        with LOCK:
            for regions in sagemaker_backends.values():
                for backend in regions.values():
                    for name, job in backend.training_jobs.items():
                        if job.training_job_status in RUNNING:
                            end_training(name, job.arn, {}, _INTERRUPTED)

    def create(self, arn: str, request: Mapping[str, Any]) -> None:
        """Start a job; returns at once.

        Args:
            arn: Of the job.
            request: For CreateTrainingJob.
        """
        begin_training(request, request["TrainingJobName"], arn)
        run = self._running[arn] = _Run(arn, request)
        run.thread = threading.Thread(target=self._run, args=(run,), daemon=True)
        run.thread.start()

    def stop(self, name: str, arn: str) -> bool:
        """Stop a job; returns at once.

        Returns:
            Whether there is one that runs.
        """
        with LOCK:
            job, run = find_training(name, arn), self._running.get(arn)
            if job is None or run is None or job.training_job_status != "InProgress":
                return False
            mark_stopping(job)
        run.stop()
        return True

    def close(self) -> None:
        """Stop every job, and wait for the records."""
        for run in list(self._running.values()):
            run.stop()
            run.kill()
        for run in list(self._running.values()):
            run.join()

    def _run(self, run: _Run) -> None:
        failure: str | None = None
        properties: Mapping[str, Any] = {}
        try:
            with self._slots:
                properties = self._execute(run)
        except StepFailedError as error:
            failure = "Stopped" if run.is_stopped else job_failure(error)
        except Exception as error:  # noqa: BLE001 - a fault here must not leave it running
            _log.exception("training job %s failed", run.name)
            failure = f"InternalServerError: {error}"
        end_training(run.name, run.arn, properties, failure)
        del self._running[run.arn]
        self._save()

    def _execute(self, run: _Run) -> Mapping[str, Any]:
        _, _, _, region, account, _ = run.arn.split(":", 5)
        clients = Clients(self._port, region)
        role = run.request["RoleArn"]
        access = Access(clients.get("iam"), clients.get("s3"), account)
        access.require_trust(role, run.arn)
        if not run.request["AlgorithmSpecification"].get("ContainerEntrypoint"):
            raise StepFailedError(
                "images cannot be run in the sandbox: give what the job starts as "
                "AlgorithmSpecification.ContainerEntrypoint"
            )
        isolated = run.request.get("EnableNetworkIsolation")
        log = self._folder / "logs" / f"{run.name}.log"
        job = TrainingJob(
            run.name,
            run.arn,
            run.request,
            folder=self._folder / "jobs" / run.name,
            log=log,
            store=BucketStore(clients.get("s3"), access, role),
            environment={
                **(INSTALL_WHEELS if self._options.install else {}),
                **({} if isolated else clients.environment),
            },
            python=self._options.python,
            grace_seconds=self._options.grace_seconds,
        )
        group = str(step_type_of("Training").log_group)
        try:
            with LogShipper(clients.get("logs"), log, run.name, group):
                run.execute(job)
        except OSError as error:
            raise StepFailedError(f"its files cannot be read or written: {error}") from error
        return job.description()


class _Run:
    """A job that runs, or will when there is room."""

    def __init__(self, arn: str, request: Mapping[str, Any]) -> None:
        self.arn = arn
        self.request = request
        self.name: str = request["TrainingJobName"]
        self.thread: threading.Thread | None = None
        self.is_stopped = False
        self._job: TrainingJob | None = None
        self._lock = threading.Lock()

    def execute(self, job: TrainingJob) -> None:
        with self._lock:
            if self.is_stopped:
                raise StepFailedError("the job was stopped")
            self._job = job
        job.run()

    def stop(self) -> None:
        with self._lock:
            self.is_stopped = True
            if self._job is not None:
                self._job.stop()

    def kill(self) -> None:
        if self._job is not None:
            self._job.kill()

    def join(self) -> None:
        if self.thread is not None:
            self.thread.join()
