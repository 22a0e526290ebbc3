"""Every execution of every pipeline: started, stopped, retried, kept."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.definition import Definition, parse_definition
from constructs_lib.local.engine import Engine, new_execution
from constructs_lib.local.execution import (
    EXECUTING,
    FAILED,
    NOT_RUN,
    STOPPED,
    SUCCEEDED,
    WAITING,
    Execution,
    StepRecord,
    load_execution,
    new_execution_id,
    now,
)
from constructs_lib.local.parameters import start_values
from constructs_lib.local.selection import select
from constructs_lib.local.steps import Options
from constructs_lib.sandbox.clients import Clients
from constructs_lib.sandbox.executions.access import Access
from constructs_lib.sandbox.executions.events import StatusEvents
from constructs_lib.sandbox.executions.jobs import end_job
from constructs_lib.sandbox.executions.orphans import end_orphans
from constructs_lib.sandbox.executions.platform import SandboxPlatform
from constructs_lib.sandbox.executions.request import ExecutionRequest

_INTERRUPTED = "the sandbox ended while the execution ran; retry it to go on"
_log = logging.getLogger(__name__)


class ExecutionError(Exception):
    """A request cannot be carried out; the text is the service's answer."""


class UnknownExecutionError(ExecutionError):
    """There is no such execution."""


class _Run:
    """An execution, with the engine that runs it if it does."""

    def __init__(self, request: ExecutionRequest, execution: Execution) -> None:
        self.request = request
        self.execution = execution
        self.engine: Engine | None = None
        self.stopping = False

    @property
    def status(self) -> str:
        running = self.execution.status == EXECUTING
        return "Stopping" if running and self.stopping else self.execution.status


class ExecutionService:
    """Runs executions with the local engine, and keeps their records.

    Args:
        folder: A folder for each execution, with its request, record, logs and jobs.
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
        self._clients: dict[str, Clients] = {}
        self._runs: dict[str, _Run] = {}
        self._threads: list[threading.Thread] = []
        self._lock = threading.RLock()

    def access(self, region: str, account: str) -> Access:
        """Return the policies of the sandbox's roles, as they are now.

        They are asked of the sandbox: nobody who asks may hold its lock.
        """
        clients = self._clients_of(region)
        return Access(clients.get("iam"), clients.get("s3"), account)

    def recover(self) -> None:
        """Read the records; what was running when the sandbox ended has failed."""
        for path in sorted(self._folder.glob("*/*/request.json")):
            try:
                run = _Run(ExecutionRequest.load(path.parent), load_execution(path.parent))
            except (OSError, ValueError):
                _log.exception("the execution in %s cannot be read", path.parent)
                continue
            self._runs[run.execution.arn] = run
            if run.execution.status == EXECUTING:
                self._interrupt(run)

    def start(self, request: ExecutionRequest) -> str:
        """Start an execution and return its ARN.

        Raises:
            ExecutionError: Parameters are wrong, or the selected steps cannot run alone.
        """
        with self._lock:
            for run in self._runs.values():
                same = run.request.pipeline_arn == request.pipeline_arn
                if request.token and same and run.request.token == request.token:
                    return run.execution.arn
            identifier = new_execution_id()
            folder = self._folder / request.pipeline_arn.rpartition("/")[2] / identifier
            try:
                request = self._with_source(request)
                definition, reused = self._plan(request)
                values = start_values(definition.parameters, request.parameters)
            except (LocalRunError, ValueError) as error:
                raise ExecutionError(str(error)) from error
            execution = new_execution(
                request.pipeline, request.pipeline_arn, identifier, folder, definition, values
            )
            execution.steps = [*reused, *execution.steps]
            run = self._runs[execution.arn] = _Run(request, execution)
            request.save(folder)
            self._launch(run, definition)
            return execution.arn

    def stop(self, arn: str) -> None:
        """Ask a running execution to stop.

        Raises:
            ExecutionError: It is unknown, or has ended.
        """
        run = self._find(arn)
        if run.execution.status != EXECUTING or run.engine is None:
            raise ExecutionError(
                f"Only pipeline executions with 'Executing' status can be stopped; {arn} is "
                f"{run.status}"
            )
        run.stopping = True
        run.engine.stop()

    def retry(self, arn: str, max_parallel_steps: int | None) -> None:
        """Run again what failed, was stopped or not reached; what succeeded stays.

        Raises:
            ExecutionError: It is unknown, runs, has succeeded, or was ended by a Fail step.
        """
        with self._lock:
            run = self._find(arn)
            execution = run.execution
            if execution.status not in {FAILED, STOPPED}:
                raise ExecutionError(
                    f"Only failed or stopped pipeline executions can be retried; {arn} is "
                    f"{run.status}"
                )
            if any(r.type == "Fail" and r.status == FAILED for r in execution.steps):
                raise ExecutionError(f"{arn} was ended by a Fail step and cannot be retried")
            run.request = run.request.with_parallelism(max_parallel_steps)
            run.request.save(execution.folder)
            run.stopping = False
            execution.status, execution.reason, execution.end_time = EXECUTING, None, None
            execution.steps = [
                record if record.status == SUCCEEDED else StepRecord(record.name, record.type)
                for record in execution.steps
                if record.status == SUCCEEDED or record.for_each is None  # else begun anew
            ]
            self._launch(run, self._plan(run.request)[0])

    def find(self, arn: str) -> tuple[ExecutionRequest, Execution, str]:
        """Return what was started, the record, and the status as the service shows it.

        Raises:
            UnknownExecutionError: There is none.
        """
        run = self._find(arn)
        return run.request, run.execution, run.status

    def of_pipeline(self, pipeline_arn: str) -> list[tuple[ExecutionRequest, Execution, str]]:
        """Return a pipeline's executions, the newest first."""
        runs = [r for r in list(self._runs.values()) if r.request.pipeline_arn == pipeline_arn]
        runs.sort(key=lambda run: run.execution.start_time, reverse=True)
        return [(run.request, run.execution, run.status) for run in runs]

    def forget(self, pipeline_arn: str) -> None:
        """Remove the executions of a pipeline that is deleted.

        Raises:
            ExecutionError: One is running.
        """
        with self._lock:
            arns = [execution.arn for _, execution, _ in self.of_pipeline(pipeline_arn)]
            running = [arn for arn in arns if self._runs[arn].execution.status == EXECUTING]
            if running:
                raise ExecutionError(
                    f"The pipeline has running executions: stop {', '.join(running)} first"
                )
            for arn in arns:
                shutil.rmtree(self._runs.pop(arn).execution.folder, ignore_errors=True)

    def close(self) -> None:
        """Stop every job, and wait for the records."""
        for run in list(self._runs.values()):
            if run.engine is not None and run.execution.status == EXECUTING:
                run.engine.stop()
                run.engine.stop()  # the second call ends jobs at once
        for thread in self._threads:
            thread.join()

    def _find(self, arn: str) -> _Run:
        run = self._runs.get(arn) or self._runs.get(arn.lower())
        if run is None:
            raise UnknownExecutionError(f"Pipeline execution {arn} does not exist")
        return run

    def _plan(self, request: ExecutionRequest) -> tuple[Definition, list[StepRecord]]:
        definition = parse_definition(request.body)
        if not request.selected_steps:
            return definition, []
        source = self._find(request.source_arn or "").execution
        if source.pipeline_arn != request.pipeline_arn:
            raise ValueError(f"{source.arn} is no execution of this pipeline")
        return select(definition, request.selected_steps, source)

    def _with_source(self, request: ExecutionRequest) -> ExecutionRequest:
        """Return a copy whose selected steps use the latest execution, if none was named."""
        if not request.selected_steps or request.source_arn is not None:
            return request
        ended = [e for _, e, _ in self.of_pipeline(request.pipeline_arn) if e.status != EXECUTING]
        if not ended:
            raise ValueError("The pipeline has no execution whose outputs could be used")
        return replace(request, source_arn=ended[0].arn)

    def _clients_of(self, region: str) -> Clients:
        return self._clients.setdefault(region, Clients(self._port, region))

    def _launch(self, run: _Run, definition: Definition) -> None:
        region = run.request.region
        clients = self._clients_of(region)
        events = StatusEvents(run.request)
        platform = SandboxPlatform(
            run.request,
            run.execution,
            clients,
            lambda: [e for _, e, _ in self.of_pipeline(run.request.pipeline_arn)],
            self._slots,
            self._save,
        )
        try:
            run.engine = Engine(
                definition,
                run.execution,
                platform,
                self._options,
                events.see,
                run.request.max_parallel_steps,
            )
        except LocalRunError as error:
            self._end(run, str(error))
            return
        thread = threading.Thread(target=self._run, args=(run, run.engine), daemon=True)
        self._threads = [*(t for t in self._threads if t.is_alive()), thread]
        thread.start()

    def _run(self, run: _Run, engine: Engine) -> None:
        try:
            engine.run()
        except Exception as error:  # noqa: BLE001 - a fault here must not leave it running
            _log.exception("execution %s failed", run.execution.arn)
            self._end(run, f"InternalServerError: {error}")
        self._save()

    def _interrupt(self, run: _Run) -> None:
        end_orphans(run.execution.folder)
        for record in run.execution.steps:
            if record.status == EXECUTING:
                end_job(run.execution, record, "Stopped")
        self._end(run, _INTERRUPTED)

    def _end(self, run: _Run, reason: str) -> None:
        execution = run.execution
        for record in execution.steps:
            if record.status == EXECUTING:
                record.status, record.reason = FAILED, reason
                record.end_time = now().isoformat()
            elif record.status == WAITING:
                record.status, record.reason = NOT_RUN, "the execution had ended"
        execution.status, execution.reason = FAILED, reason
        execution.end_time = now().isoformat()
        execution.save()
