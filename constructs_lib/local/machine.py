"""This machine as the platform of an execution: folders for buckets, no permissions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from constructs_lib.local.assembly import SynthesizedPipeline
from constructs_lib.local.cache import equal_jobs, output_prefixes
from constructs_lib.local.definition import StepDefinition, parse_definition
from constructs_lib.local.engine import Engine, new_execution
from constructs_lib.local.execution import (
    Execution,
    StepRecord,
    load_execution,
    new_execution_id,
)
from constructs_lib.local.folders import FolderStore
from constructs_lib.local.functions import LambdaFunction
from constructs_lib.local.names import ACCOUNT, REGION
from constructs_lib.local.parameters import start_values
from constructs_lib.local.steps import Options

# Folder of an execution that holds its buckets.
BUCKETS = "buckets"


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

    Raises:
        LocalRunError: Parameters are wrong, or steps cannot run on this machine.
    """
    definition = parse_definition(pipeline.definition)
    identifier = new_execution_id()
    execution = new_execution(
        pipeline.name,
        f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/{pipeline.name.lower()}",
        identifier,
        folder(identifier),
        definition,
        start_values(definition.parameters, given),
    )
    platform = Machine(
        make_store(execution.folder / BUCKETS),
        lambda: _executions(earlier, execution.pipeline_arn) if earlier else (),
        pipeline.find_function,
    )
    return Engine(definition, execution, platform, options, on_change, pipeline.max_parallel_steps)


def _executions(folder: Path, pipeline_arn: str) -> Iterator[Execution]:
    """Yield the executions of a pipeline that have left a record in a folder of their own."""
    for path in sorted(folder.glob("*/run.json")):
        with contextlib.suppress(OSError, ValueError):  # one that another version has written
            execution = load_execution(path.parent)
            if execution.pipeline_arn == pipeline_arn:
                yield execution
