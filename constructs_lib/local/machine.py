"""This machine as the platform of an execution: folders for buckets, no permissions."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.assembly import SynthesizedPipeline
from constructs_lib.local.cache import equal_jobs, output_prefixes
from constructs_lib.local.definition import StepDefinition, parse_definition
from constructs_lib.local.engine import Engine, new_execution
from constructs_lib.local.execution import (
    EXECUTING,
    Execution,
    StepRecord,
    load_execution,
    new_execution_id,
)
from constructs_lib.local.folders import FolderStore
from constructs_lib.local.functions import LambdaFunction
from constructs_lib.local.names import ACCOUNT, REGION
from constructs_lib.local.parameters import start_values
from constructs_lib.local.selection import select
from constructs_lib.local.steps import Options

# Folder of an execution that holds its buckets.
BUCKETS = "buckets"
# File of an execution with the definition that it runs.
DEFINITION = "definition.json"


@dataclass(frozen=True)
class Selection:
    """The steps to run; the others' outputs are those of an earlier execution.

    Attributes:
        steps: Their names.
        runs: Holds a folder for each earlier execution.
        source: ID of the execution, or name of its folder; None for the latest that has ended.
    """

    steps: Sequence[str]
    runs: Path
    source: str | None = None


class Machine:
    """A platform whose buckets are folders.

    Args:
        store: The folders.
        earlier: Returns the earlier executions of the same pipeline.
        find_function: Returns a Lambda function by ARN, if its code is at hand.
    """

    def __init__(
        self,
        store: FolderStore,
        earlier: Callable[[], Iterable[Execution]],
        find_function: Callable[[str], LambdaFunction | None],
    ) -> None:
        self._store = store
        self._earlier = earlier
        self._find_function = find_function

    def store(self, role: str | None) -> FolderStore:  # noqa: ARG002 - every role may do all
        """Return the folders."""
        return self._store

    def recall(self, step: StepDefinition, request: Mapping[str, Any]) -> StepRecord | None:
        """Return the record of an equal job, with its output in the buckets, if there is one."""
        for execution, record in equal_jobs(step, request, self._earlier()):
            if self._store.take_over(execution.folder / BUCKETS, output_prefixes(record)):
                return record
        return None

    def job(self, record: StepRecord) -> contextlib.AbstractContextManager[None]:  # noqa: ARG002 - nobody watches
        """Let it run."""
        return contextlib.nullcontext()

    def function(self, arn: str) -> LambdaFunction | None:
        """Return a function of the app; every role may call it."""
        return self._find_function(arn)

    def make(
        self, step_type: str, arn: str, request: Mapping[str, Any], members: Mapping[str, Any]
    ) -> None:
        """Make nothing."""

    def environment(self, request: Mapping[str, Any]) -> dict[str, str]:  # noqa: ARG002 - the same for all
        """Return nothing: jobs get no credentials."""
        return {}


def engine_for(
    pipeline: SynthesizedPipeline,
    given: Mapping[str, str],
    folder: Callable[[str], Path],
    make_store: Callable[[Path], FolderStore],
    options: Options,
    on_change: Callable[[Execution], None],
    earlier: Path | None = None,
    selection: Selection | None = None,
) -> Engine:
    """Return an engine for one execution of a synthesized pipeline.

    Args:
        pipeline: The pipeline.
        given: Parameter name to text; the others keep their defaults.
        folder: Execution ID to the folder for record, logs, jobs and buckets.
        make_store: Makes the object store below a folder.
        options: How to run.
        on_change: See :class:`Engine`.
        earlier: Holds a folder for each earlier execution, whose jobs may be used again if they
            are equal; None to run every step.
        selection: The steps to run, if not all of them.

    Raises:
        LocalRunError: Parameters are wrong, steps cannot run on this machine, or what the selected
            ones need is not there.
    """
    definition = parse_definition(pipeline.definition)
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/{pipeline.name.lower()}"
    source = None if selection is None else _source(selection, arn)
    reused: list[StepRecord] = []
    if selection is not None and source is not None:
        definition, reused = select(definition, selection.steps, source)
    identifier = new_execution_id()
    execution = new_execution(
        pipeline.name,
        arn,
        identifier,
        folder(identifier),
        definition,
        start_values(definition.parameters, given),
    )
    store = make_store(execution.folder / BUCKETS)
    execution.folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps(pipeline.definition)
    (execution.folder / DEFINITION).write_text(content, encoding="utf-8")
    if source is not None:
        _take_over(reused, source, store)
        execution.steps = [*reused, *execution.steps]
    platform = Machine(
        store,
        lambda: _executions(earlier, execution.pipeline_arn) if earlier else (),
        pipeline.find_function,
    )
    return Engine(definition, execution, platform, options, on_change, pipeline.max_parallel_steps)


def _source(selection: Selection, pipeline_arn: str) -> Execution:
    """Return the execution whose outputs the selected steps use."""
    found = [e for e in _executions(selection.runs, pipeline_arn) if e.status != EXECUTING]
    if selection.source is not None:
        found = [e for e in found if selection.source in (e.execution_id, e.folder.name)]
    if not found:
        name = f" {selection.source!r}" if selection.source else ""
        raise LocalRunError(
            f"there is no earlier run{name} in {selection.runs} whose outputs could be used; run "
            f"the whole pipeline first"
        )
    return max(found, key=lambda execution: execution.start_time)


def _take_over(reused: Sequence[StepRecord], source: Execution, store: FolderStore) -> None:
    """Bring what the steps that are not selected have stored."""
    for record in reused:
        inner = [child for child in source.steps if child.for_each == record.name]
        prefixes = [prefix for one in (record, *inner) for prefix in output_prefixes(one)]
        if not store.take_over(source.folder / BUCKETS, prefixes):
            raise LocalRunError(
                f"the output of step {record.name!r} is no longer in {source.folder}; select it too"
            )


def _executions(folder: Path, pipeline_arn: str) -> Iterator[Execution]:
    """Yield the executions of a pipeline that have left a record in a folder of their own."""
    for path in sorted(folder.glob("*/run.json")):
        with contextlib.suppress(OSError, ValueError):  # one that another version has written
            execution = load_execution(path.parent)
            if execution.pipeline_arn == pipeline_arn:
                yield execution
