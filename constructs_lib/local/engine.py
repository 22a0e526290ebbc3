"""Runs the steps of a definition: in order, in parallel, along the branches that are taken."""

from __future__ import annotations

import json
import os
import secrets
import string
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.assembly import SynthesizedPipeline
from constructs_lib.local.definition import StepDefinition, parse_definition
from constructs_lib.local.execution import (
    EXECUTING,
    FAILED,
    NOT_RUN,
    STOPPED,
    SUCCEEDED,
    WAITING,
    Execution,
    StepRecord,
    now,
)
from constructs_lib.local.expressions import Scope, StepFailedError, as_text
from constructs_lib.local.intrinsics import ACCOUNT, REGION
from constructs_lib.local.job import TrainingJob
from constructs_lib.local.parameters import start_values
from constructs_lib.local.store import ObjectStore

_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class Options:
    """How to run.

    Attributes:
        python: Interpreter that stands for the images' ``python3``.
        parallel: Most jobs at once; the number of processors if None.
        grace_seconds: Time a stopped job has between SIGTERM and SIGKILL.
    """

    python: str = sys.executable
    parallel: int | None = None
    grace_seconds: float = 120.0


class Engine:
    """Runs one execution of a synthesized pipeline.

    Args:
        pipeline: The pipeline.
        given: Parameter name to text; the others keep their defaults.
        folder: For the run's record, logs, jobs and buckets.
        make_store: Makes the object store below a folder.
        options: How to run.
        on_change: Called with the execution after each change; from the thread of :meth:`run`.

    Raises:
        LocalRunError: Parameters are wrong, or steps cannot run on this machine.
    """

    def __init__(
        self,
        pipeline: SynthesizedPipeline,
        given: Mapping[str, str],
        folder: Callable[[str], Path],
        make_store: Callable[[Path], ObjectStore],
        options: Options,
        on_change: Callable[[Execution], None],
    ) -> None:
        self._definition = parse_definition(pipeline.definition)
        parameters = start_values(self._definition.parameters, given)
        identifier = "".join(secrets.choice(_LETTERS) for _ in range(12))
        records = [StepRecord(step.name, step.type) for step in self._definition.steps]
        self.execution = Execution(
            pipeline.name, identifier, folder(identifier), parameters, records
        )
        self._steps = {step.name: step for step in self._definition.steps}
        self._store = make_store(self.execution.folder / "buckets")
        self._properties: dict[str, Any] = {}
        self._options = options
        limits = [options.parallel or os.cpu_count() or 1, pipeline.max_parallel_steps]
        self._parallel = min(limit for limit in limits if limit)
        self._on_change = on_change
        self._jobs: dict[str, TrainingJob] = {}
        self._stopping = threading.Event()
        self._ended = False

    def run(self) -> Execution:
        """Run until every step has ended or cannot run, and return the record."""
        self._changed()
        running: dict[Future[None], StepDefinition] = {}
        with ThreadPoolExecutor(self._parallel) as pool:
            try:
                while True:
                    self._start_ready(pool, running)
                    if not running:
                        break
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        self._finish(running.pop(future), future)
            except KeyboardInterrupt:
                self.stop()
                for future in list(running):
                    wait([future])
                    self._finish(running.pop(future), future)
        self._conclude()
        return self.execution

    def stop(self) -> None:
        """Stop every running job and start no other."""
        self._stopping.set()
        for job in list(self._jobs.values()):
            job.stop()

    def _start_ready(
        self, pool: ThreadPoolExecutor, running: dict[Future[None], StepDefinition]
    ) -> None:
        progress = True
        while progress:
            progress = False
            for step in self._definition.steps:
                record = self.execution.step(step.name)
                if record.status != WAITING:
                    continue
                reason = self._why_never(step)
                if reason is not None:
                    record.status, record.reason = NOT_RUN, reason
                    progress = True
                elif self._is_ready(step):
                    record.status, record.start_time = EXECUTING, now().isoformat()
                    if step.type == "Training":
                        running[pool.submit(self._train, step, record)] = step
                    else:
                        future: Future[None] = Future()
                        self._decide(step, record, future)
                        self._finish(step, future)
                        progress = True
            self._changed()

    def _why_never(self, step: StepDefinition) -> str | None:
        """Return why a waiting step will never run, or None if it still may."""
        if self._stopping.is_set():
            return "the execution was stopped"
        if self._ended:
            return "the execution was ended by a FailStep"
        if step.branch is not None:
            name, side = step.branch
            condition = self.execution.step(name)
            if condition.status in {FAILED, NOT_RUN, STOPPED}:
                return f"{name} did not decide"
            if condition.status == SUCCEEDED and condition.outcome != side:
                return f"{name} took the other branch"
        for name in step.depends_on:
            if self.execution.step(name).status in {FAILED, NOT_RUN, STOPPED}:
                return f"{name} did not succeed"
        return None

    def _is_ready(self, step: StepDefinition) -> bool:
        waits = [*step.depends_on, *([step.branch[0]] if step.branch else [])]
        return all(self.execution.step(name).status == SUCCEEDED for name in waits)

    def _decide(self, step: StepDefinition, record: StepRecord, future: Future[None]) -> None:
        """Run a condition or a FailStep, which take no time."""
        try:
            scope = self._scope("")
            if step.type == "Fail":
                self._ended = True
                raise StepFailedError(as_text(scope.evaluate(step.arguments["ErrorMessage"])))
            record.outcome = all(map(scope.holds, step.arguments["Conditions"]))
            self._properties[step.name] = {"Outcome": record.outcome}
            future.set_result(None)
        except (StepFailedError, LocalRunError) as error:
            future.set_exception(error)

    def _train(self, step: StepDefinition, record: StepRecord) -> None:
        prefix = step.arguments.get("TrainingJobName")
        identifier = self.execution.execution_id
        token = "".join(secrets.choice(_LETTERS) for _ in range(10))
        start = f"{prefix}-{identifier}" if prefix else f"pipelines-{identifier}-{step.name[:20]}"
        name = f"{start}-{token}"
        folder = self.execution.folder
        job = TrainingJob(
            name,
            self._scope(name).evaluate(step.arguments),
            folder=folder / "jobs" / step.name,
            log=folder / "logs" / f"{step.name}.log",
            store=self._store,
            python=self._options.python,
            grace_seconds=self._options.grace_seconds,
        )
        record.job_name, record.log = name, str(folder / "logs" / f"{step.name}.log")
        self._jobs[step.name] = job
        if self._stopping.is_set():
            raise StepFailedError("the execution was stopped")
        job.run()
        record.output = job.output
        record.result = self._result(job)
        self._properties[step.name] = job.description()

    def _finish(self, step: StepDefinition, future: Future[None]) -> None:
        record = self.execution.step(step.name)
        self._jobs.pop(step.name, None)
        error = future.exception()
        if error is None:
            record.status = SUCCEEDED
        elif isinstance(error, (StepFailedError, LocalRunError)):
            record.status = STOPPED if self._stopping.is_set() else FAILED
            record.reason = str(error)
        else:
            raise error
        end = now()
        record.end_time = end.isoformat()
        start = type(end).fromisoformat(record.start_time or record.end_time)
        record.seconds = round((end - start).total_seconds(), 3)
        self._changed()

    def _conclude(self) -> None:
        execution = self.execution
        failed = [record for record in execution.steps if record.status == FAILED]
        if self._stopping.is_set():
            execution.status, execution.reason = STOPPED, "stopped by the user"
        elif failed:
            execution.status = FAILED
            execution.reason = "; ".join(
                f"{record.name}: {(record.reason or '').splitlines()[0]}" for record in failed
            )
        else:
            execution.status = SUCCEEDED
        execution.end_time = now().isoformat()
        self._changed()

    def _scope(self, job_name: str) -> Scope:
        execution = self.execution
        arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/{execution.pipeline.lower()}"
        variables = {
            "PipelineName": execution.pipeline,
            "PipelineArn": arn,
            "PipelineExecutionId": execution.execution_id,
            "PipelineExecutionArn": f"{arn}/execution/{execution.execution_id}",
            "StartDateTime": execution.start_time,
            "CurrentDateTime": now().isoformat(),
            "TrainingJobName": job_name,
        }
        return Scope(execution.parameters, variables, self._properties, self._store.read)

    def _result(self, job: TrainingJob) -> Any:
        try:
            return json.loads(self._store.read(f"{job.output}/results.json"))["Result"]
        except (FileNotFoundError, ValueError, KeyError):
            return None  # a result without a JSON view has nothing to show

    def _changed(self) -> None:
        self.execution.save()
        self._on_change(self.execution)
