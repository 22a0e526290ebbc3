"""Which steps will take their results from the cache, and why the others will not.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from constructs_lib.local.definition import StepDefinition, paths_read
from constructs_lib.review.bundles import bundle_hash, wheels_hash
from constructs_lib.review.changes import Forecast
from constructs_lib.review.settings import differences, settings_of
from constructs_lib.review.snapshot import Snapshot
from constructs_lib.review.words import named
from constructs_lib.service.cache_keys import cache_key, has_cache_key, is_in_cache_key
from constructs_lib.service.plain_values import flatten, text_of

# The others are other values in each execution.
_SAME_EXECUTION = ("Execution.PipelineArn", "Execution.PipelineName")
# The service makes the execution's id a part of these, also if a prefix is given.
_OF_EXECUTION = re.compile(r".*JobName|ModelName")
# These it gives itself.
_OF_SERVICE = re.compile(r".*(Arn|Id|Name)|S3ModelArtifacts")


def forecasts(old: Snapshot | None, new: Snapshot) -> list[Forecast]:
    """Return what the next execution, with default parameters, does about each step that can hit.

    Args:
        old: The version that has run before; None if there is none.
        new: The version that will run.
    """
    found: dict[str, Forecast] = {}
    for step in new.definition.steps:
        _forecast(step, old, new, found)
    return [
        forecast
        for name, forecast in found.items()
        if _is_cached(new.steps[name])
        or (old and name in old.steps and _is_cached(old.steps[name]))
    ]


def _forecast(
    step: StepDefinition, old: Snapshot | None, new: Snapshot, found: dict[str, Forecast]
) -> Forecast:
    if step.name not in found:
        found[step.name] = Forecast(step.name, False, "it runs")  # ends what waits for itself
        found[step.name] = _decide(step, old, new, found)
    return found[step.name]


def _decide(
    step: StepDefinition, old: Snapshot | None, new: Snapshot, found: dict[str, Forecast]
) -> Forecast:
    window: str | None = step.cache_config.get("ExpireAfter")
    before = old.steps.get(step.name) if old is not None else None
    if old is None or before is None:
        return Forecast(step.name, False, "there was no step of this name", window)
    for reason in (*_reasons(step, before), *_reasons_of_execution(step, old, new)):
        return Forecast(step.name, False, reason, window)
    doubt = None
    for path in paths_read(_key(step)):
        upstream = new.steps.get(_owner(path))
        hits = upstream is None or _forecast(upstream, old, new, found).hits
        if upstream is None or hits or _is_other(path, upstream) is False:
            continue
        if hits is False and _is_other(path, upstream):
            because = f"{upstream.name}, which it reads, runs again"
            return Forecast(step.name, False, because, window)
        does = "runs again" if hits is False else "may run again"
        doubt = doubt or f"it reads {path}, and {upstream.name} {does}"
    if doubt is not None:
        return Forecast(step.name, None, doubt, window)
    return Forecast(step.name, True, "nothing in its key changed", window)


def _reasons(step: StepDefinition, before: StepDefinition) -> Iterator[str]:
    """Yield why a step runs, from what it is itself."""
    if not _is_cached(step):
        yield "it has no cache_config"
        return
    if not _is_cached(before):
        yield "it had no cache_config before, so nothing was kept for it"
        return
    if before.type != step.type:
        yield f"it was a {before.type} step"
        return
    if bundle_hash(before.arguments) != bundle_hash(step.arguments):
        yield "its code changed"
    if wheels_hash(before.arguments) != wheels_hash(step.arguments):
        yield "its dependencies changed"
    for path, _, _ in differences(settings_of(before), settings_of(step)):
        if is_in_cache_key(step.type, path):
            yield f"{named(path)[0]} changed"


def _reasons_of_execution(step: StepDefinition, old: Snapshot, new: Snapshot) -> Iterator[str]:
    """Yield why a step runs, from what executions give it."""
    if old.name != new.name:
        yield "the pipeline has another name"
    defaults = [
        {p.name: text_of(p.default) for p in one.definition.parameters} for one in (old, new)
    ]
    for path in paths_read(_key(step)):
        kind, _, name = path.partition(".")
        if kind == "Execution" and path not in _SAME_EXECUTION:
            yield f"{path}, another value in each execution, is in its key"
        if kind == "Parameters" and defaults[0].get(name) != defaults[1].get(name):
            yield f"the default of parameter {name} changed"


def _is_other(path: str, upstream: StepDefinition) -> bool | None:
    """Tell whether a value of a step that runs again is another one; None if that may be.

    Args:
        path: Such as ``Steps.load.ProcessingOutputConfig.Outputs['rows'].S3Output.S3Uri``.
        upstream: The step.
    """
    part = path.split(".", 2)[2].replace("['", "[").replace("']", "]")
    given = dict(flatten(upstream.arguments)).get(part)
    last = part.rpartition(".")[2]
    if _OF_EXECUTION.fullmatch(last) or (given is None and _OF_SERVICE.fullmatch(last)):
        return True
    if given is None:
        return None
    for name in _SAME_EXECUTION:
        given = given.replace(name, "")
    if "Execution." in given:
        return True
    return None if "Steps." in given else False


def _owner(path: str) -> str:
    kind, _, rest = path.partition(".")
    return rest.partition(".")[0] if kind == "Steps" else ""


def _key(step: StepDefinition) -> dict[str, Any]:
    return cache_key(step.type, {**step.members, **step.arguments})


def _is_cached(step: StepDefinition) -> bool:
    return bool(step.cache_config.get("Enabled")) and has_cache_key(step.type)
