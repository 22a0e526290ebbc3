"""What a pipeline itself says: its parameters and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from constructs_lib.local.definition import ParameterDefinition
from constructs_lib.local.intrinsics import Template
from constructs_lib.review.changes import Setting
from constructs_lib.review.readable import readable
from constructs_lib.review.settings import differences
from constructs_lib.review.words import named, readable_text
from constructs_lib.service.plain_values import flatten, text_of

_EXPERIMENT = "PipelineExperimentConfig"
_MOST = "ParallelismConfiguration.MaxParallelExecutionSteps"
_NAMES = {
    _MOST: "max_parallel_execution_steps",
    "PipelineDescription": "pipeline_description",
    "PipelineDisplayName": "pipeline_display_name",
    "PipelineName": "pipeline_name",
    f"{_EXPERIMENT}.ExperimentName": "pipeline_experiment_config experiment_name",
    f"{_EXPERIMENT}.TrialName": "pipeline_experiment_config trial_name",
}
_ANY = "any value"
_PROPERTIES = (
    *("PipelineDescription", "PipelineDisplayName", "ParallelismConfiguration", "PipelineName"),
    *("RoleArn", "Tags"),
)


def settings_of_pipeline(
    template: Template, properties: Mapping[str, Any], body: Mapping[str, Any]
) -> dict[str, str]:
    """Return what a pipeline says of itself: path to text.

    Args:
        template: Its stack.
        properties: Of its resource.
        body: Its definition.
    """
    said = {key: readable(template, properties[key]) for key in _PROPERTIES if key in properties}
    if _EXPERIMENT in body:
        said[_EXPERIMENT] = body[_EXPERIMENT]
    return dict(flatten(said))


def setting_changes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Setting]:
    """Yield the settings that differ."""
    for path, was, now in differences(old, new):
        name = _NAMES.get(path) or named(path)[0]
        before, after = (text and readable_text(text) for text in (was, now))
        yield Setting(name, before, after, is_cost=path == _MOST)


def parameter_changes(
    old: Sequence[ParameterDefinition], new: Sequence[ParameterDefinition]
) -> Iterator[Setting]:
    """Yield the parameters that differ: of one that there was before, only what differs."""
    before, after = ({p.name: _parts(p) for p in side} for side in (old, new))
    for name in (*before, *(name for name in after if name not in before)):
        was, now = before.get(name, []), after.get(name, [])
        if not (was and now):
            yield Setting(name, _joined(was), _joined(now))
        elif was != now:
            pairs = [pair for pair in zip(was, now, strict=True) if pair[0] != pair[1]]
            before_it, it = map(_joined, zip(*pairs, strict=True))
            yield Setting(name, before_it, it)


def _parts(parameter: ParameterDefinition) -> list[str]:
    """Return its type, its default and its values."""
    default, values = parameter.default, parameter.enum_values
    return [
        parameter.type,
        "no default" if default is None else f"default {text_of(default)}",
        _ANY if values is None else f"one of {', '.join(map(text_of, values))}",
    ]


def _joined(parts: Sequence[str]) -> str | None:
    """Return parts as text; that any value will do is said only if nothing else is."""
    return (", ".join(part for part in parts if part != _ANY) or _ANY) if parts else None
