"""Where in S3 a step's request reads and writes: what its role has to be granted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from constructs_lib.model.expressions import Expression, JoinOf, producers_of
from constructs_lib.model.inputs import fixed_location_of
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.steps import FunctionStep, Step
from constructs_lib.model.variables import PipelineVariable, as_expression

_WRITTEN = frozenset(
    {
        "AsyncInferenceConfig",
        "CheckpointConfig",
        "DataCaptureConfig",
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
        is_whole: Whether the prefix ends where the URI does, not at a variable.
    """

    bucket: str
    prefix: str
    is_whole: bool = False

    @property
    def folder(self) -> str:
        """What the keys of objects begin with that are written: the service adds a slash."""
        ends = not self.is_whole or not self.prefix or self.prefix.endswith("/")
        return self.prefix if ends else f"{self.prefix}/"


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
        producers |= {
            producer: None
            for producer in producers_of(expression)
            if isinstance(producer, (RequestStep, FunctionStep))
        }
        if not _is_uri(expression):
            continue
        location = Location(*fixed_location_of(expression), isinstance(expression, str))
        if set(path) & _WRITTEN:
            writes[location] = None
        if not set(path) & _WRITTEN or set(path) & _ALSO_READ:
            reads[location] = None
    return DataLocations(tuple(reads), tuple(writes), tuple(producers))


def _is_uri(expression: Expression) -> bool:
    first = expression.values[0] if isinstance(expression, JoinOf) else expression
    return isinstance(first, str) and first.startswith("s3://")


def _texts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from _texts(entry, (*path, key))
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry, path)
    elif isinstance(value, (str, PipelineVariable)):
        yield path, value
