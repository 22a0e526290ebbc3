"""Where in S3 a step's request reads and writes: what its role has to be granted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from constructs_lib.model.expressions import Expression, PropertyGet, steps_of
from constructs_lib.model.inputs import fixed_location
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.steps import FunctionStep, Step
from constructs_lib.model.variables import PipelineVariable, as_expression

_WRITTEN = frozenset(
    {
        "CheckpointConfig",
        "DebugHookConfig",
        "OutputDataConfig",
        "ProcessingOutputConfig",
        "TensorBoardOutputConfig",
        "TransformOutput",
    }
)
_ALSO_READ = frozenset({"CheckpointConfig"})


@dataclass(frozen=True)
class Location:
    """Objects of a bucket.

    Attributes:
        bucket: Its name; ``*`` if it is known only when the pipeline runs.
        prefix: What their keys begin with.
    """

    bucket: str
    prefix: str


@dataclass(frozen=True)
class DataLocations:
    """What a request reads and writes.

    Attributes:
        reads: In order of appearance.
        writes: In order of appearance.
        produced_by: Steps whose outputs it reads.
    """

    reads: tuple[Location, ...]
    writes: tuple[Location, ...]
    produced_by: tuple[Step, ...]


def data_locations(step: RequestStep) -> DataLocations:
    """Return where a step reads and writes."""
    reads: dict[Location, None] = {}
    writes: dict[Location, None] = {}
    producers: dict[Step, None] = {}
    for path, value in _texts(step.members(), ()):
        expression = as_expression(value, "a value of the request")
        producers |= dict.fromkeys(_producers(expression))
        location = Location(*fixed_location(value)) if _is_uri(value) else None
        if location is None:
            continue
        if set(path) & _WRITTEN:
            writes[location] = None
        if not set(path) & _WRITTEN or set(path) & _ALSO_READ:
            reads[location] = None
    return DataLocations(tuple(reads), tuple(writes), tuple(producers))


def _producers(expression: Expression) -> Iterator[Step]:
    if isinstance(expression, PropertyGet) or steps_of(expression):
        yield from (s for s in steps_of(expression) if isinstance(s, (RequestStep, FunctionStep)))


def _is_uri(value: Any) -> bool:
    bucket, _ = fixed_location(value)
    return bucket != "*" and _fixed_start(value).startswith("s3://")


def _fixed_start(value: Any) -> str:
    expression = as_expression(value, "a value of the request")
    first = getattr(expression, "values", (expression,))[0]
    return first if isinstance(first, str) else ""


def _texts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from _texts(entry, (*path, key))
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry, path)
    elif isinstance(value, (str, PipelineVariable)):
        yield path, value
