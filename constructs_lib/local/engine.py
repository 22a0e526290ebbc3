"""Runs the steps of a definition: in order, in parallel, along the branches that are taken."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.definition import DECIDED_TYPES, Definition, StepDefinition
from constructs_lib.local.execution import (
    COMPLETED_WITH_FAILURES,
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
from constructs_lib.local.for_each import items_of, iterations, new_records, outcome, results
from constructs_lib.local.platform import Platform
from constructs_lib.local.retries import Retries
from constructs_lib.local.steps import Options, StepRunner

_ENDED = frozenset({SUCCEEDED, FAILED, STOPPED, NOT_RUN})


class Engine:
    """Runs one execution: the steps of its record that are waiting.

    Args:
        definition: The pipeline's definition, or the part of it that is to run.
        execution: The record.
        platform: Where it runs.
        options: How to run.
        on_change: Called with the execution after each change; from the thread of :meth:`run`.
        max_parallel_steps: The pipeline's limit of steps at once, or None.
    """

    def __init__(
        self,
        definition: Definition,
        execution: Execution,
        platform: Platform,
        options: Options,
        on_change: Callable[[Execution], None],
        max_parallel_steps: int | None = None,
    ) -> None:
        self._steps = list(definition.steps)
        self.execution = execution
        self._runner = StepRunner(execution, platform, options)
        limits = [options.parallel or os.cpu_count() or 1, max_parallel_steps]
        self._parallel = min(limit for limit in limits if limit)
        self._on_change = on_change
        self._stopping = threading.Event()
        self._ended = False
        self._retries: dict[str, Retries] = {}
        # Steps that wait for their next attempt, with its time; they take no place.
        self._resting: list[tuple[float, StepDefinition]] = []
        # Jobs that have ended, and None when the engine is to look up: a signal handler, which
        # may interrupt the waiting thread, can use no lock, but such a queue.
        self._news: SimpleQueue[Future[None] | None] = SimpleQueue()

    def run(self) -> Execution:
        """Run until every step has ended or cannot run, and return the record."""
        self._changed()
        running: dict[Future[None], StepDefinition] = {}
        with ThreadPoolExecutor(self._parallel) as pool:
            try:
                self._start_ready(pool, running)
                while running or self._resting:
                    future = self._wait()
                    if future is not None:
                        self._finish(running.pop(future), future)
                    self._start_again(pool, running)
                    self._start_ready(pool, running)
            except BaseException:
                self.stop()  # no job outlives its execution
                raise
        self._conclude()
        return self.execution

    def stop(self) -> None:
        """Stop every running job and start no other; returns at once.

        May be called from another thread or a signal handler. Jobs get SIGTERM and, later,
        SIGKILL; a second call ends them at once.
        """
        self._stopping.set()
        self._runner.stop()
        self._news.put(None)

    def _wait(self) -> Future[None] | None:
        """Return the next job that ends; None if the engine was stopped or an attempt is due."""
        timeout = None
        if self._resting:
            timeout = max(0.0, min(due for due, _ in self._resting) - time.monotonic())
        with contextlib.suppress(Empty):
            return self._news.get(timeout=timeout)
        return None

    def _submit(
        self,
        pool: ThreadPoolExecutor,
        running: dict[Future[None], StepDefinition],
        step: StepDefinition,
    ) -> None:
        record = self.execution.step(step.name)
        record.attempt_start_time = now().isoformat()
        future = pool.submit(self._runner.run, step, record)
        running[future] = step
        future.add_done_callback(self._news.put)

    def _start_again(
        self, pool: ThreadPoolExecutor, running: dict[Future[None], StepDefinition]
    ) -> None:
        """Start the attempts that are due; when the execution was stopped, none."""
        resting, self._resting = self._resting, []
        for due, step in resting:
            if self._stopping.is_set():
                record = self.execution.step(step.name)
                self._end(record, STOPPED, record.reason)
            elif due <= time.monotonic():  # the pool lets it wait for a place
                self._submit(pool, running, step)
            else:
                self._resting.append((due, step))

    def _start_ready(
        self, pool: ThreadPoolExecutor, running: dict[Future[None], StepDefinition]
    ) -> None:
        progress = True
        while progress:
            progress = False
            for step in list(self._steps):
                record = self.execution.step(step.name)
                if step.body and record.status == EXECUTING and self._has_ended(step):
                    self._close(step, record)
                    progress = True
                if record.status != WAITING:
                    continue
                reason = self._why_never(step)
                if reason is not None:
                    record.status, record.reason = NOT_RUN, reason
                    progress = True
                elif not self._is_ready(step):
                    continue
                elif step.type in DECIDED_TYPES:
                    self._decide(step, record)
                    progress = True
                elif step.body:
                    self._open(step, record)
                    progress = True
                elif len(running) < self._parallel and self._has_room(step, running):
                    record.status, record.start_time = EXECUTING, now().isoformat()
                    self._submit(pool, running, step)
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
            status = self.execution.step(name).status
            if status in _ENDED and status not in step.wanted(name):
                failed = "did not succeed" if status != SUCCEEDED else "did not fail"
                return f"{name} {failed}"
        return None

    def _is_ready(self, step: StepDefinition) -> bool:
        record = self.execution.step
        if step.branch is not None and record(step.branch[0]).status != SUCCEEDED:
            return False
        return all(record(name).status in step.wanted(name) for name in step.depends_on)

    def _decide(self, step: StepDefinition, record: StepRecord) -> None:
        """Run a condition or a FailStep, which take no time."""
        record.start_time = now().isoformat()
        self._ended = self._ended or step.type == "Fail"
        future: Future[None] = Future()
        try:
            self._runner.run(step, record)
            future.set_result(None)
        except (StepFailedError, LocalRunError) as error:
            future.set_exception(error)
        self._finish(step, future)

    def _open(self, step: StepDefinition, record: StepRecord) -> None:
        """Begin a ForEach step: let the steps of its iterations wait for their turn."""
        record.status, record.start_time = EXECUTING, now().isoformat()
        try:
            items = items_of(self._runner.evaluate(step, step.arguments.get("IterableItems")))
        except (StepFailedError, LocalRunError) as error:
            self._end(record, FAILED, str(error))
            return
        children = iterations(step, items)
        records = self.execution.steps
        new = new_records(children, [r for r in records if r.for_each == step.name])
        others = [r for r in records if r.for_each != step.name]
        place = others.index(record) + 1
        self.execution.steps = [*others[:place], *new, *others[place:]]
        place = self._steps.index(step) + 1
        self._steps[place:place] = children

    def _has_ended(self, step: StepDefinition) -> bool:
        return all(r.status in _ENDED for r in self.execution.steps if r.for_each == step.name)

    def _close(self, step: StepDefinition, record: StepRecord) -> None:
        children = [r for r in self.execution.steps if r.for_each == step.name]
        status, reason, properties = outcome(step, children)
        self._runner.publish(record, properties)
        record.result = results(children)
        self._end(record, status, reason)

    def _has_room(
        self, step: StepDefinition, running: Mapping[Future[None], StepDefinition]
    ) -> bool:
        """Tell whether the ForEach step that a step belongs to lets another one run now."""
        if step.iteration is None:
            return True
        name = step.iteration.for_each
        siblings = [s for s in running.values() if s.iteration and s.iteration.for_each == name]
        outer = next(s for s in self._steps if s.name == name)
        limit: int = outer.arguments.get("MaxConcurrency", self._parallel)
        return len(siblings) < limit

    def _finish(self, step: StepDefinition, future: Future[None]) -> None:
        record = self.execution.step(step.name)
        error = future.exception()
        if error is None:
            self._end(record, SUCCEEDED)
        elif isinstance(error, (StepFailedError, LocalRunError)):
            record.reason = str(error)
            if self._stopping.is_set():
                self._end(record, STOPPED, str(error))
            elif not self._rest(step, record, error):
                self._end(record, FAILED, str(error))
        else:
            raise error
        self._changed()

    def _rest(self, step: StepDefinition, record: StepRecord, error: Exception) -> bool:
        """Let a failed step wait for its next attempt, if a policy gives it one."""
        policies = step.members.get("RetryPolicies", [])
        retries = self._retries.setdefault(step.name, Retries(policies))
        began = datetime.fromisoformat(record.start_time or now().isoformat())
        elapsed = (now() - began).total_seconds()
        delay = retries.next_delay(getattr(error, "kind", None), elapsed)
        if delay is None:
            return False
        record.attempts += 1
        failed = {"start_time": record.attempt_start_time, "end_time": now().isoformat()}
        record.failed_attempts.append({**failed, "reason": record.reason, "log": record.log})
        self._resting.append((time.monotonic() + delay, step))
        return True

    def _end(self, record: StepRecord, status: str, reason: str | None = None) -> None:
        record.status, record.reason = status, reason
        end = now()
        start = datetime.fromisoformat(record.start_time) if record.start_time else end
        record.end_time = end.isoformat()
        record.seconds = round((end - start).total_seconds(), 3)

    def _conclude(self) -> None:
        execution = self.execution
        failed = [r for r in execution.steps if r.status == FAILED and r.for_each is None]
        if self._stopping.is_set():
            execution.status, execution.reason = STOPPED, "stopped by the user"
        elif failed:
            execution.status = COMPLETED_WITH_FAILURES if self._are_met(failed) else FAILED
            execution.reason = "; ".join(
                f"{record.name}: {(record.reason or '').partition(chr(10))[0]}" for record in failed
            )
        else:
            execution.status = SUCCEEDED
        execution.end_time = now().isoformat()
        self._changed()

    def _are_met(self, failed: list[StepRecord]) -> bool:
        """Tell whether other steps have run because of each failure."""
        met = {
            name
            for step in self._steps
            for name in step.triggers
            if self.execution.step(step.name).status == SUCCEEDED
        }
        return {record.name for record in failed} <= met

    def _changed(self) -> None:
        self.execution.save()
        self._on_change(self.execution)


def new_execution(
    pipeline: str,
    pipeline_arn: str,
    execution_id: str,
    folder: Path,
    definition: Definition,
    parameters: Mapping[str, Any],
) -> Execution:
    """Return the record of an execution whose steps all wait."""
    records = [StepRecord(step.name, step.type) for step in definition.steps]
    return Execution(pipeline, pipeline_arn, execution_id, folder, dict(parameters), records)
