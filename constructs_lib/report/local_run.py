"""An execution that ``constructs-lib run`` has left in a folder."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.definition import Definition, parse_definition
from constructs_lib.local.execution import Execution, StepRecord, load_execution, now
from constructs_lib.local.machine import BUCKETS, DEFINITION
from constructs_lib.local.platform import split_uri
from constructs_lib.report import job
from constructs_lib.report.building import Makers, moment, step_run
from constructs_lib.report.contents import with_contents
from constructs_lib.report.dependencies import dependencies_of
from constructs_lib.report.files import File, files_below
from constructs_lib.report.limits import ImageBudget, Limits, limits_for
from constructs_lib.report.logs import read_log
from constructs_lib.report.record import Data, Log, Phase, Run, StepRun

_DATA = Path("opt", "ml", "input", "data")


def find_run(runs: Path, wanted: str | None) -> Path:
    """Return the folder of an execution.

    Args:
        runs: Holds a folder for each pipeline, with one for each execution.
        wanted: A folder with a record, the execution's ID, the name of its folder, the name of a
            pipeline for its latest, or None for the latest of all.

    Raises:
        LocalRunError: There is no such execution.
    """
    if wanted is not None and (Path(wanted) / "run.json").is_file():
        return Path(wanted)
    found = sorted(runs.glob("*/*/run.json"), key=lambda path: path.parent.name)
    folders = [path.parent for path in found]
    if wanted is not None:
        folders = [f for f in folders if wanted in {f.name, f.name.rpartition("-")[2]}] or [
            f for f in folders if wanted.lower() == f.parent.name.lower()
        ]
    if not folders:
        asked = "" if wanted is None else f" {wanted!r}"
        known = ", ".join(path.parent.name for path in reversed(found[-5:])) or "none"
        raise LocalRunError(
            f"there is no run{asked} in {runs}; the latest there: {known}. Name an execution's ID "
            f"or folder, or a deployed one as PIPELINE:EXECUTION or by its ARN"
        )
    return folders[-1]


def previous_run(folder: Path) -> Path:
    """Return the folder of the execution of the same pipeline before another one.

    Raises:
        LocalRunError: There is none.
    """
    found = sorted(path.parent for path in folder.resolve().parent.glob("*/run.json"))
    earlier = [path for path in found if path.name < folder.resolve().name]
    if not earlier:
        raise LocalRunError(f"there is no run before {folder}")
    return earlier[-1]


def read_local(folder: Path) -> Run:
    """Return an execution with its logs and previews.

    Raises:
        LocalRunError: There is no record of one.
    """
    try:
        execution = load_execution(folder)
    except (OSError, ValueError) as error:
        raise LocalRunError(f"{folder} has no record of a run: {error}") from error
    definition = _definition(folder)
    waits = dependencies_of(definition)
    reader = _Reader(execution, folder, limits_for(len(execution.steps)))
    return Run(
        pipeline=execution.pipeline,
        execution_id=execution.execution_id,
        arn=execution.arn,
        place=f"on this machine, in {folder}",
        is_local=True,
        status=execution.status,
        start=datetime.fromisoformat(execution.start_time),
        read=now(),
        end=moment(execution.end_time),
        reason=execution.reason or "",
        parameters=execution.parameters,
        steps=tuple(reader.step(record, waits) for record in execution.steps),
        definition=definition,
    )


class _Reader:
    """Reads the steps of one execution."""

    def __init__(self, execution: Execution, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._images = ImageBudget()
        self._makers = Makers({r.name: r.properties or {} for r in execution.steps})

    def step(self, record: StepRecord, waits: Mapping[str, tuple[str, ...]]) -> StepRun:
        return step_run(
            record,
            record.properties or {},
            waits,
            record.result,
            phases=tuple(_attempts(record)),
            inputs=tuple(self._inputs(record)),
            outputs=tuple(self._outputs(record)),
            log=self._log(record),
            job=record.job_name or "",
        )

    def _log(self, record: StepRecord) -> Log:
        """Return its log, which is in this folder even if the folder was moved."""
        if not record.log:
            return Log()
        path = self._folder / "logs" / Path(record.log).name
        return read_log(path, self._limits.log)

    def _inputs(self, record: StepRecord) -> Iterator[Data]:
        base = self._folder / "jobs" / record.name
        for data, path in self._makers.inputs(record.properties or {}):
            if data.source:
                yield data  # it is shown where it comes from
                continue
            place = base / path.lstrip("/") if path else base / _DATA / data.name
            yield with_contents(data, self._files(place), self._limits, self._images)

    def _outputs(self, record: StepRecord) -> Iterator[Data]:
        for name, uri in job.outputs(record.properties or {}):
            if record.is_stub:
                yield Data(name, uri, note="made up by a stub")
                continue
            yield with_contents(Data(name, uri), self._stored(uri), self._limits, self._images)

    def _stored(self, uri: str) -> Iterator[File]:
        bucket, key = split_uri(uri)
        yield from self._files(self._folder / BUCKETS / bucket / key)

    def _files(self, path: Path) -> Iterator[File]:
        """Yield the files of this execution; a record may name any path."""
        if path.resolve().is_relative_to(self._folder.resolve()):
            yield from files_below(path)


def _attempts(record: StepRecord) -> Iterator[Phase]:
    """Yield the attempts, if there was more than one."""
    for attempt in record.failed_attempts:
        with contextlib.suppress(KeyError, TypeError, ValueError):
            start, end = (datetime.fromisoformat(attempt[k]) for k in ("start_time", "end_time"))
            yield Phase("Attempt that failed", start, end, failed=True)
    latest = moment(record.attempt_start_time)
    if record.failed_attempts and latest is not None:
        yield Phase("Last attempt", latest, moment(record.end_time))


def _definition(folder: Path) -> Definition | None:
    """Return what was run; None if it was not kept, or cannot be read."""
    with contextlib.suppress(OSError, ValueError, LocalRunError):
        return parse_definition(json.loads((folder / DEFINITION).read_text(encoding="utf-8")))
    return None
