"""Which steps will take their results from the cache, and why the others will not.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.local.cache import CACHE_KEYS
from constructs_lib.local.definition import StepDefinition, references
from constructs_lib.review.bundles import bundle_hash, wheels_hash
from constructs_lib.review.changes import Forecast
from constructs_lib.review.settings import differences, settings_of
from constructs_lib.review.snapshot import Snapshot
from constructs_lib.review.words import named
from constructs_lib.service.plain_values import flatten, text_of

_PARAMETER = re.compile(r"\bParameters\.([\w-]+)")
_EXECUTION = re.compile(r"\bExecution\.\w+")


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
        reason = next(_reasons(step, old, new, found), None)
        because = reason or "nothing in its key changed"
        found[step.name] = Forecast(step.name, reason is None, because, _window(step))
    return found[step.name]


def _reasons(
    step: StepDefinition, old: Snapshot | None, new: Snapshot, found: dict[str, Forecast]
) -> Iterator[str]:
    """Yield why a step runs."""
    if not _is_cached(step):
        yield "it has no cache_config"
        return
    before = old.steps.get(step.name) if old is not None else None
    if before is None or old is None:
        yield "there was no step of this name"
        return
    if not _is_cached(before):
        yield "it had no cache_config before, so nothing was kept for it"
        return
    if old.name != new.name:
        yield "the pipeline has another name"
        return
    if before.type != step.type:
        yield f"it was a {before.type} step"
        return
    if bundle_hash(before.arguments) != bundle_hash(step.arguments):
        yield "its code changed"
    if wheels_hash(before.arguments) != wheels_hash(step.arguments):
        yield "its dependencies changed"
    settings = [settings_of(one) for one in (before, step)]
    for path, _, _ in differences(*settings):
        if path.split(".")[0].split("[")[0] in CACHE_KEYS[step.type]:
            yield f"{named(path)[0]} changed"
    yield from _runtime_reasons(step, old, new, found)


def _runtime_reasons(
    step: StepDefinition, old: Snapshot, new: Snapshot, found: dict[str, Forecast]
) -> Iterator[str]:
    key = {name: step.arguments.get(name) for name in CACHE_KEYS[step.type]}
    text = " ".join(value for _, value in flatten(key))
    for name in dict.fromkeys(_EXECUTION.findall(text)):
        yield f"{name}, another value in each execution, is in its key"
    defaults = [_defaults(one) for one in (old, new)]
    for name in dict.fromkeys(_PARAMETER.findall(text)):
        if defaults[0].get(name) != defaults[1].get(name):
            yield f"the default of parameter {name} changed"
    for name in dict.fromkeys(references(key)):
        upstream = new.steps.get(name)
        if upstream is not None and not _forecast(upstream, old, new, found).hits:
            yield f"{name}, which it reads, runs again"


def _defaults(snapshot: Snapshot) -> Mapping[str, Any]:
    return {p.name: text_of(p.default) for p in snapshot.definition.parameters}


def _window(step: StepDefinition) -> str | None:
    text: str | None = step.cache_config.get("ExpireAfter")
    return text


def _is_cached(step: StepDefinition) -> bool:
    return bool(step.cache_config.get("Enabled")) and step.type in CACHE_KEYS
