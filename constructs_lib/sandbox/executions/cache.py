"""Step caching: which earlier job is equal to one that is about to start.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from constructs_lib.local.definition import StepDefinition
from constructs_lib.local.execution import SUCCEEDED, Execution, StepRecord, now

# Members of a training job's request that make it another job.
_KEY = (
    "AlgorithmSpecification",
    "CheckpointConfig",
    "DebugHookConfig",
    "DebugRuleConfigurations",
    "Environment",
    "HyperParameters",
    "InputDataConfig",
)
_DURATION = re.compile(
    r"P?(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?",
    re.IGNORECASE,
)
_DAYS = {"years": 365, "months": 30, "weeks": 7, "days": 1}


def find_equal(
    step: StepDefinition, request: Mapping[str, Any], earlier: Iterable[Execution]
) -> StepRecord | None:
    """Return the newest successful record of an equal job inside the step's window, or None.

    The record tells in ``cached_from`` which execution it is of.

    Args:
        step: With its CacheConfig.
        request: Its job request, with no expressions left in it.
        earlier: Executions of the same pipeline, this one included.
    """
    config = step.cache_config
    if not config.get("Enabled"):
        return None
    oldest = now() - duration(config["ExpireAfter"])
    found: list[tuple[datetime, StepRecord]] = []
    for execution in earlier:
        for record in execution.steps:
            own = record.cached_from is None and record.reused_from is None
            if record.name != step.name or record.status != SUCCEEDED or not own:
                continue
            ended = datetime.fromisoformat(record.end_time or execution.start_time)
            if ended >= oldest and _key(record.properties or {}) == _key(request):
                found.append((ended, replace(record, cached_from=execution.arn)))
    return max(found, key=lambda pair: pair[0])[1] if found else None


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


def _key(request: Mapping[str, Any]) -> dict[str, Any]:
    return {name: request.get(name) for name in _KEY}
