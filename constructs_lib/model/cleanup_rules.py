"""What a CleanupStep may delete: only what the service can find, and nobody still needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from constructs_lib.exceptions import Fault
from constructs_lib.model.caching import CacheConfig
from constructs_lib.model.cleanup_steps import CleanupStep, S3CleanupSource
from constructs_lib.model.expressions import Expression, FileGet, JoinOf
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.inputs import fixed_location
from constructs_lib.model.locations import Location, data_locations
from constructs_lib.model.raw_steps import RawStep
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.steps import FunctionStep, Step
from constructs_lib.model.variables import as_expression

# The service finds what a job of these has stored; of those it has to be told.
FOUND_BY_THE_SERVICE = ("Training", "Athena")
TOLD_BY_URI = ("Processing", "Transform")

_OBJECT = re.compile(r"s3://[^/]+/.*[^/]")
_TOKEN = "${Token["

_Finding = tuple[str, str, str, str]


def cleanup_faults(graph: PipelineGraph) -> Iterator[Fault]:
    """Yield the faults of every CleanupStep."""
    for step in graph.steps:
        if not isinstance(step, CleanupStep):
            continue
        for what, found, allowed, mend in _findings(step, graph):
            yield Fault(f"step {graph.names[step]!r} {what}", found, allowed, mend, step.location)


def _findings(step: CleanupStep, graph: PipelineGraph) -> Iterator[_Finding]:
    if not step.s3_sources:
        yield ("cleans up nothing", "s3_sources=[]", "one or more sources", "Name a source.")
    for source in step.s3_sources:
        producer = source.step
        if isinstance(producer, Step):  # another rule says that there is no step of a name
            name = graph.names[producer]
            yield from _uris(source, producer, name)
            yield from _in_a_network(producer, name)
            yield from _cached(producer, name)
            yield from _needed(step, producer, graph)


def _uris(source: S3CleanupSource, producer: Step, name: str) -> Iterator[_Finding]:
    kind, uris = _type_of(producer), source.s3_uris
    if kind not in FOUND_BY_THE_SERVICE + TOLD_BY_URI:
        yield (
            f"cannot clean up {name!r}",
            f"a step of type {kind}",
            "function steps, Training, Athena, Processing and Transform steps",
            "Remove the source.",
        )
    elif kind in TOLD_BY_URI and not uris:
        yield (
            f"does not say what of {name!r} it deletes",
            f"s3_uris={uris if uris is None else []!r} for a {kind} step",
            "s3_uris with the exact objects",
            f"Add s3_uris: the service finds outputs of {' and '.join(FOUND_BY_THE_SERVICE)} "
            "steps only.",
        )
    elif kind in FOUND_BY_THE_SERVICE and uris is not None:
        yield (
            f"names objects of {name!r}",
            f"s3_uris for a {kind} step",
            f"s3_uris for {' and '.join(TOLD_BY_URI)} steps",
            "Leave s3_uris out: the service deletes what the step's job has stored.",
        )
    elif uris is None:
        yield from _output(producer, name)
    else:
        for uri in uris:
            yield from _uri(uri, producer, name)


def _uri(uri: object, producer: Step, name: str) -> Iterator[_Finding]:
    expression = as_expression(uri, "s3_uris")
    is_literal = isinstance(expression, str) and _TOKEN not in expression
    if is_literal and not _OBJECT.fullmatch(str(expression)):
        yield (
            f"has an unusable URI for {name!r}",
            repr(expression),
            "the URI of one object, s3://bucket/key, that does not end with '/'",
            "Name each object that is to be deleted.",
        )
        return
    written = data_locations(producer).writes if isinstance(producer, RequestStep) else ()
    place = Location(*fixed_location(uri))
    if place.bucket != "*" and written and not any(_may_hold(one, place) for one in written):
        yield (
            f"deletes what {name!r} does not write",
            f"s3://{place.bucket}/{place.prefix}",
            ", ".join(f"s3://{one.bucket}/{one.prefix}..." for one in written),
            "Correct the URI, or the step.",
        )
    if place.bucket == "*" and (not written or any(one.bucket == "*" for one in written)):
        yield _everywhere(name, uri)


def _output(producer: Step, name: str) -> Iterator[_Finding]:
    request = producer.arguments if isinstance(producer, RequestStep) else {}
    output = request.get("OutputDataConfig")
    path = output.get("S3OutputPath") if isinstance(output, dict) else None
    # An expression in a step that is JSON is a dict.
    if path is not None and (isinstance(path, dict) or fixed_location(path)[0] == "*"):
        yield _everywhere(name, path)


def _everywhere(name: str, uri: object) -> _Finding:
    return (
        f"would have to be allowed to delete in every bucket, for {name!r}",
        repr(uri),
        "URIs whose bucket is known when the stack is made",
        "Write the bucket's name, or the construct's, in s3_uris or in the step's output.",
    )


def _may_hold(written: Location, place: Location) -> bool:
    if "*" in (written.bucket, place.bucket) or _TOKEN in written.bucket + place.bucket:
        return True
    shorter, longer = sorted((written.prefix, place.prefix), key=len)
    return written.bucket == place.bucket and longer.startswith(shorter)


def _in_a_network(producer: Step, name: str) -> Iterator[_Finding]:
    if isinstance(producer, FunctionStep):
        inside = bool(producer.settings.subnets)
    else:
        request = producer.arguments if isinstance(producer, RequestStep) else {}
        network = request.get("NetworkConfig")
        places = [request, network if isinstance(network, dict) else {}]
        inside = any(place.get("VpcConfig") is not None for place in places)
    if inside:
        yield (
            f"cannot clean up {name!r}",
            "a step whose job runs in a VPC",
            "steps without a VpcConfig, by a rule of the service",
            "Remove the source, or the step's subnets; a lifecycle rule of the bucket can delete "
            "its objects.",
        )


def _cached(producer: Step, name: str) -> Iterator[_Finding]:
    settings = producer.settings if isinstance(producer, FunctionStep) else producer
    config = getattr(settings, "cache_config", None)
    enabled = config.enable_caching if isinstance(config, CacheConfig) else False
    if isinstance(producer, RawStep):
        enabled = producer.members().get("CacheConfig", {}).get("Enabled")
    if enabled:
        yield (
            f"deletes what later executions would use again, of {name!r}",
            f"a cache_config of {name!r}",
            "sources that are not cached",
            f"Remove the source, or the cache_config of {name!r}.",
        )


def _needed(step: CleanupStep, producer: Step, graph: PipelineGraph) -> Iterator[_Finding]:
    before = _before(step, graph)
    for reader in graph.steps:
        if reader in before or reader is step or _excludes(reader, step, graph):
            continue
        if _reads(reader, producer, graph.names[producer]):
            name = graph.names[reader]
            inside = graph.branches[reader] not in (None, graph.branches[step])
            mend = f"Add {name!r} to depends_on."
            yield (
                f"may delete what {name!r} has not read yet",
                f"{name!r} reads {graph.names[producer]!r}, and the step does not wait for it",
                "steps in depends_on, or before them, that read what is deleted",
                f"List the step in the branch of {name!r} too. {mend}" if inside else mend,
            )


def _before(step: Step, graph: PipelineGraph) -> set[Step]:
    """Return every step that has ended when a step starts."""
    found: set[Step] = set()
    pending = [step]
    while pending:
        current = pending.pop()
        branch = graph.branches[current]
        earlier = [*current.upstream(), *([branch.step] if branch is not None else [])]
        pending += [one for one in earlier if one not in found]
        found.update(earlier)
    return found


def _excludes(first: Step, second: Step, graph: PipelineGraph) -> bool:
    """Tell whether two steps are on different sides of a condition."""
    sides = _sides(first, graph)
    others = _sides(second, graph)
    return any(others.get(outer, argument) != argument for outer, argument in sides.items())


def _sides(step: Step, graph: PipelineGraph) -> dict[Step, str]:
    sides: dict[Step, str] = {}
    branch = graph.branches[step]
    while branch is not None:
        sides[branch.step] = branch.argument
        branch = graph.branches[branch.step]
    return sides


def _reads(reader: Step, producer: Step, name: str) -> bool:
    if isinstance(reader, RawStep):
        return f'"Steps.{name}.' in json.dumps(reader.members())
    pending: list[Expression] = list(reader.expressions())
    while pending:
        expression = pending.pop()
        if isinstance(expression, FileGet) and expression.step == name:
            return True
        if isinstance(expression, JoinOf):
            pending += expression.values
    return producer in reader.reads()


def _type_of(step: Step) -> str:
    if isinstance(step, RequestStep):
        return step.step_type
    return "Training" if isinstance(step, FunctionStep) else type(step).__name__[: -len("Step")]
