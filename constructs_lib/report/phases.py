"""The phases of a job, as the service describes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from constructs_lib.report.record import Phase

# What the service's clocks may differ by.
_TOLERANCE = timedelta(seconds=2)
# Members with the time at which the program of a job began.
_BEGINNINGS = ("ProcessingStartTime", "TransformStartTime")


def phases_of(
    description: Mapping[str, Any], start: datetime | None, end: datetime | None
) -> Iterator[Phase]:
    """Yield the phases between start and end of a step, the waiting for its job included.

    None for a job of another time, which is that of a cache hit.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_SecondaryStatusTransition.html
    """
    phases = [*_transitions(description)] or [*_two(description, end)]
    phases = [phase for phase in phases if phase.end is None or phase.end > phase.start]
    if start is None or not phases or phases[0].start < start - _TOLERANCE:
        return
    if end is not None and any((phase.end or end) > end + _TOLERANCE for phase in phases):
        return
    if phases[0].start > start:
        yield Phase("Queued", start, phases[0].start)
    yield from phases


def _transitions(description: Mapping[str, Any]) -> Iterator[Phase]:
    for entry in description.get("SecondaryStatusTransitions") or []:
        yield Phase(str(entry["Status"]), entry["StartTime"], entry.get("EndTime"))


def _two(description: Mapping[str, Any], end: datetime | None) -> Iterator[Phase]:
    created = description.get("CreationTime")
    began = next((description[name] for name in _BEGINNINGS if description.get(name)), None)
    if created is not None and began is not None:
        yield Phase("Starting", created, began)
        yield Phase("Running", began, end)
