"""What the pipeline's role may delete: what its cleanup steps clean up, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from constructs_lib.cdk import policies
from constructs_lib.cdk.names import request_job_prefix
from constructs_lib.cdk.notebooks import output_location
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.inputs import fixed_location_of
from constructs_lib.model.locations import data_locations
from constructs_lib.model.notebook_job_step import NotebookJobStep
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.steps import FunctionStep, Step
from constructs_lib.model.variables import as_expression


def cleanup_statements(
    stack: Stack, pipeline: str, graph: PipelineGraph, artifacts: s3.IBucket
) -> Iterator[iam.PolicyStatement]:
    """Yield what the pipeline's role needs for its cleanup steps.

    A job's folder is listed before it is deleted; an object that is named is deleted at once.

    Args:
        stack: Gives the partition.
        pipeline: The pipeline's physical name.
        graph: Its steps.
        artifacts: Where function steps store their results.
    """
    by_name = {name: step for step, name in graph.names.items()}
    for _, step in graph.request_steps():
        if step.step_type != "Cleanup":
            continue
        for source in step.members()["Arguments"].get("Resources", {}).get("S3", []):
            named = source.get("StepName")
            producer = named if isinstance(named, Step) else by_name.get(named)
            if producer is None:
                continue
            name = graph.names[producer]
            for bucket, pattern in _cleaned(producer, source, pipeline, name, artifacts):
                # A bucket that is not known: the rules refuse it, or the step is somebody's JSON.
                if bucket != "*":
                    yield from policies.delete_objects(stack, bucket, pattern)


def _cleaned(
    producer: Step, source: dict[str, Any], pipeline: str, name: str, artifacts: s3.IBucket
) -> Iterator[tuple[str, str]]:
    """Yield bucket and pattern of the keys that are deleted."""
    if isinstance(producer, FunctionStep):
        yield artifacts.bucket_name, f"{pipeline}/{name}/*"
    elif isinstance(producer, NotebookJobStep):
        output = output_location(producer, pipeline, name, artifacts)
        yield output.bucket, f"{output.prefix}*"
    elif isinstance(producer, RequestStep):
        if "S3Uris" in source:
            for uri in source["S3Uris"]:
                yield from _named(uri, producer)
        elif producer.step_type == "Training":
            bucket, folder, is_whole = _place(_output_path(producer))
            job = request_job_prefix(pipeline, name, producer)
            outer = folder.rstrip("/") if is_whole else f"{folder}*"
            yield bucket, f"{outer}/{job}-*".lstrip("/")
        else:
            # Athena has no model: its output is one of the locations that its request names.
            locations = data_locations(producer)
            yield from ((o.bucket, f"{o.prefix}*") for o in (*locations.reads, *locations.writes))


def _named(uri: Any, producer: RequestStep) -> Iterator[tuple[str, str]]:
    bucket, key, is_whole = _place(uri)
    if bucket != "*":
        yield bucket, key if is_whole else f"{key}*"
        return
    for location in data_locations(producer).writes:
        yield location.bucket, f"{location.prefix}*"


def _output_path(producer: RequestStep) -> Any:
    output = producer.arguments.get("OutputDataConfig")
    return output.get("S3OutputPath") if isinstance(output, dict) else None


def _place(uri: Any) -> tuple[str, str, bool]:
    """Return bucket and key up to the first variable, and whether that is all of the URI."""
    if uri is None or isinstance(uri, dict):  # missing, or an expression as JSON
        return "*", "", False
    expression = as_expression(uri, "an S3 URI")
    return *fixed_location_of(expression), isinstance(expression, str)
