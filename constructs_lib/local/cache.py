"""Step caching: which earlier job is equal to one that is about to start.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.definition import StepDefinition
from constructs_lib.local.execution import SUCCEEDED, Execution, StepRecord, now
from constructs_lib.service.cache_keys import cache_key

# A transform job that runs here has a model of the same execution, which is another one each time.
_TYPES = ("Processing", "Training")
_DURATION = re.compile(
    r"P?(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?",
    re.IGNORECASE,
)
_DAYS = {"years": 365, "months": 30, "weeks": 7, "days": 1}


def equal_jobs(
    step: StepDefinition, request: Mapping[str, Any], earlier: Iterable[Execution]
) -> list[tuple[Execution, StepRecord]]:
    """Return successful equal jobs inside the step's window, and their executions, newest first.

    A record tells in ``cached_from`` which execution it is of.

    Args:
        step: With its CacheConfig; without one that is enabled, no job is equal.
        request: Its job request, with no expressions left in it.
        earlier: Executions of the same pipeline, this one included; read only if need be.

    Raises:
        LocalRunError: The CacheConfig has no valid ExpireAfter.
    """
    config = step.cache_config
    if not config.get("Enabled") or step.type not in _TYPES:
        return []
    oldest = now() - _window(step)
    key = cache_key(step.type, request)
    found: list[tuple[datetime, Execution, StepRecord]] = []
    for execution in earlier:
        for record in execution.steps:
            if record.name != step.name or record.type != step.type or not _has_run(record):
                continue
            ended = datetime.fromisoformat(record.end_time or execution.start_time)
            if ended >= oldest and cache_key(step.type, record.properties or {}) == key:
                found.append((ended, execution, replace(record, cached_from=execution.arn)))
    found.sort(key=lambda entry: entry[0], reverse=True)
    return [(execution, record) for _, execution, record in found]


def output_prefixes(record: StepRecord) -> list[str]:
    """Return the S3 URIs below which a job has stored what it left; none if it was not run."""
    request: Mapping[str, Any] = record.properties or {}
    if record.is_stub or record.job_name is None:
        return []
    if record.type == "Transform":
        return [request["TransformOutput"]["S3OutputPath"]]
    if record.type == "Processing":
        outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
        return [output["S3Output"]["S3Uri"] for output in outputs if "S3Output" in output]
    return [f"{request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{record.job_name}"]


def duration(text: str) -> timedelta:
    """Return an ISO 8601 duration; the service takes it without the ``P`` too, such as ``30d``.

    A month is 30 days, a year 365.

    Raises:
        ValueError: It is no duration.
    """
    match = _DURATION.fullmatch(text)
    parts = {k: int(v) for k, v in match.groupdict().items() if v} if match else {}
    if not parts:
        raise ValueError(f"{text!r} is no ISO 8601 duration such as P30D or PT1H")
    days = sum(parts.pop(name, 0) * length for name, length in _DAYS.items())
    return timedelta(days=days, **parts)


def _window(step: StepDefinition) -> timedelta:
    try:
        return duration(step.cache_config["ExpireAfter"])
    except (KeyError, TypeError, ValueError) as error:
        raise LocalRunError(
            f"the CacheConfig of step {step.name!r} has no valid ExpireAfter: {error}"
        ) from error


def _has_run(record: StepRecord) -> bool:
    """Tell whether a record is of a job that has really run there, and succeeded."""
    taken_over = record.cached_from is not None or record.reused_from is not None
    return record.status == SUCCEEDED and not taken_over and not record.is_stub
