"""What is read alike of executions here and elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from constructs_lib.local.execution import StepRecord
from constructs_lib.report import job
from constructs_lib.report.dependencies import waits_of
from constructs_lib.report.record import Data, StepRun


def step_run(
    record: StepRecord,
    request: Mapping[str, Any],
    waits: Mapping[str, tuple[str, ...]],
    result: Any,
    **more: Any,
) -> StepRun:
    """Return what became of a step.

    Args:
        record: Of the step.
        request: Its job's request or description; may be empty.
        waits: Of :func:`dependencies_of`.
        result: The JSON view of what it returned.
        **more: Further attributes.
    """
    kind, count = job.instances(request)
    return StepRun(
        name=record.name,
        type=record.type,
        status=record.status,
        start=moment(record.start_time),
        end=moment(record.end_time),
        reason=record.reason or "",
        retries=record.attempts,
        instance_type=kind,
        instance_count=count,
        arguments=job.arguments(request),
        settings=job.settings(request),
        result=result,
        metrics=job.metrics(request, result),
        code=job.code(request),
        outcome=record.outcome,
        cached_from=record.cached_from or "",
        reused_from=record.reused_from or "",
        is_stub=record.is_stub,
        depends_on=waits_of(record.name, record.index, waits),
        for_each=record.for_each or "",
        item=record.item or "",
        **more,
    )


class Makers:
    """Which step has stored what.

    Args:
        requests: Name of a step to its job's description.
    """

    def __init__(self, requests: Mapping[str, Mapping[str, Any]]) -> None:
        self._names = {
            uri.rstrip("/"): name
            for name, request in requests.items()
            for _, uri in job.outputs(request)
        }

    def inputs(self, request: Mapping[str, Any]) -> Iterator[tuple[Data, str]]:
        """Yield each input, with its source if that is a step, and its path in the container."""
        for name, uri, path in job.inputs(request):
            yield Data(name, uri, self._maker(uri)), path

    def _maker(self, uri: str) -> str:
        parts = uri.rstrip("/").split("/")
        prefixes = ("/".join(parts[:end]) for end in range(len(parts), 3, -1))
        return next((self._names[p] for p in prefixes if p in self._names), "")


def moment(text: str | None) -> datetime | None:
    """Return a time that is written in ISO 8601."""
    return datetime.fromisoformat(text) if text else None
