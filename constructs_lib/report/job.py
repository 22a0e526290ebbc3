"""What a job's request, or its description, says to a reader of a report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.runtime.protocol import CODE_CHANNEL, DEPENDENCIES_CHANNEL

_OWN_CHANNELS = (CODE_CHANNEL, DEPENDENCIES_CHANNEL)
# Members that are shown apart from the other settings, or are no settings.
_SHOWN_APART = frozenset(
    {
        *("HyperParameters", "InputDataConfig", "ProcessingInputs", "ProcessingOutputConfig"),
        *("FinalMetricDataList", "SecondaryStatusTransitions", "ResponseMetadata"),
        *("ModelArtifacts", "PropertyFiles"),
    }
)
_LONGEST_VALUE = 2000  # characters
_MOST_METRICS = 30  # in one mapping


def instances(request: Mapping[str, Any]) -> tuple[str, int]:
    """Return type and number of a job's instances; nothing for a job without any."""
    cluster = _get(request, "ProcessingResources", "ClusterConfig")
    for config in (cluster, request.get("ResourceConfig"), request.get("TransformResources")):
        if not isinstance(config, Mapping):
            continue
        groups = config.get("InstanceGroups") or [config]
        kinds = list(dict.fromkeys(str(g["InstanceType"]) for g in groups if "InstanceType" in g))
        count = sum(int(group.get("InstanceCount", 0)) for group in groups)
        if kinds:
            return " + ".join(kinds), count
    return "", 0


def arguments(request: Mapping[str, Any]) -> dict[str, str]:
    """Return hyperparameters, or the arguments of a program, as text."""
    values = request.get("HyperParameters") or {}
    if isinstance(values, Mapping) and values:
        return {str(name): cut(str(value)) for name, value in values.items()}
    given = _get(request, "AppSpecification", "ContainerArguments")
    return {f"argument {n}": cut(str(v)) for n, v in enumerate(given or [], 1)}


def settings(request: Mapping[str, Any]) -> dict[str, str]:
    """Return the leaves of what is shown nowhere else: dotted path to text."""
    found = {k: v for k, v in request.items() if k not in _SHOWN_APART}
    return {path: cut(_text(value)) for path, value in _leaves(found, "")}


def code(request: Mapping[str, Any]) -> str:
    """Return what identifies the code: the object of the code channel, else the image's URI."""
    for channel in request.get("InputDataConfig") or []:
        if channel.get("ChannelName") == CODE_CHANNEL:
            uri: str = _get(channel, "DataSource", "S3DataSource", "S3Uri") or ""
            return uri.rpartition("/")[2].partition(".")[0]
    return ""


def inputs(request: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield name, URI and path in the container, if that is not the channel's, of each input."""
    for channel in request.get("InputDataConfig") or []:
        name = str(channel.get("ChannelName", ""))
        if name not in _OWN_CHANNELS:
            source = channel.get("DataSource", {})
            system = source.get("FileSystemDataSource", {})
            place = f"{system.get('FileSystemId', '')}:{system.get('DirectoryPath', '')}"
            yield name, _get(source, "S3DataSource", "S3Uri") or (place if system else ""), ""
    for entry in request.get("ProcessingInputs") or []:
        source = entry.get("S3Input") or {}
        yield str(entry.get("InputName", "")), source.get("S3Uri", ""), source.get("LocalPath", "")
    transform = _get(request, "TransformInput", "DataSource", "S3DataSource", "S3Uri")
    if transform:
        yield "input", transform, ""


def outputs(request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and URI of each output that the request or the description names."""
    model = _get(request, "ModelArtifacts", "S3ModelArtifacts")
    if model:
        yield "result", model
    for entry in _get(request, "ProcessingOutputConfig", "Outputs") or []:
        if "S3Output" in entry:
            yield str(entry.get("OutputName", "")), entry["S3Output"].get("S3Uri", "")
    transform = _get(request, "TransformOutput", "S3OutputPath")
    if transform:
        yield "output", transform


def metrics(request: Mapping[str, Any], result: Any) -> dict[str, float]:
    """Return the scalars of a result, by dotted path, and the metrics read from the log.

    Large mappings and lists are data, such as predictions, and no metrics.
    """
    found = {p: v for p, v in _leaves(result, "", largest=_MOST_METRICS) if _is_number(v)}
    for entry in request.get("FinalMetricDataList") or []:
        if _is_number(entry.get("Value")):
            found[str(entry.get("MetricName"))] = entry["Value"]
    return found


def cut(text: str, length: int = _LONGEST_VALUE) -> str:
    """Return a text, shortened with a note if it is too long."""
    if len(text) <= length:
        return text
    return f"{text[:length]}… ({len(text) - length:,} more characters)"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _leaves(
    value: Any, path: str, depth: int = 8, largest: int | None = None
) -> Iterator[tuple[str, Any]]:
    """Yield dotted paths and what stands there; nothing from mappings with too many members."""
    if isinstance(value, (Mapping, list)) and largest is not None and len(value) > largest:
        return
    if isinstance(value, Mapping) and value and depth:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key), depth - 1, largest)
    elif isinstance(value, list) and any(isinstance(v, (dict, list)) for v in value) and depth:
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{index}]", depth - 1, largest)
    else:
        yield path or "result", value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _get(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
