"""The files of notebook jobs as assets, and where the jobs read and write.

Assets are single objects, and a notebook job wants a folder. So each file is an asset of its own,
stored under ``notebooks/<pipeline>/<step>/<sha256 of all files>/<name>``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from aws_cdk import Stack, Stage
from aws_cdk import aws_s3 as s3

from constructs_lib.cdk.file_asset import add_file_asset
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.inputs import fixed_location_of
from constructs_lib.model.locations import DataLocations, Location, data_locations
from constructs_lib.model.notebook_job_step import NotebookJobStep
from constructs_lib.model.steps import Step
from constructs_lib.model.variables import as_expression
from constructs_lib.packaging.notebook_files import NotebookFiles


@dataclass(frozen=True)
class NotebookPlaces:
    """Where a notebook job reads and writes.

    Attributes:
        input_uri: S3 URI of the folder that holds the notebook.
        output_path: S3 URI below which the output is stored, if the step names none.
        data: All that it reads and writes.
    """

    input_uri: str
    output_path: str
    data: DataLocations


def publish_notebooks(
    stack: Stack,
    pipeline: str,
    graph: PipelineGraph,
    files: Mapping[Step, NotebookFiles],
    artifacts: s3.IBucket,
) -> dict[Step, NotebookPlaces]:
    """Register the files of every notebook job for upload.

    Args:
        stack: The stack that deploys them.
        pipeline: The pipeline's physical name.
        graph: Its steps.
        files: Notebook job to its files.
        artifacts: Where the output goes, unless a step says otherwise.
    """
    return {step: _publish(stack, pipeline, graph, step, files[step], artifacts) for step in files}


def output_location(
    step: NotebookJobStep, pipeline: str, name: str, artifacts: s3.IBucket
) -> Location:
    """Return where a notebook job stores its output.

    Args:
        step: The notebook job.
        pipeline: The pipeline's physical name.
        name: The step's.
        artifacts: The bucket, unless the step says otherwise.
    """
    if step.s3_root_uri is None:
        return Location(artifacts.bucket_name, f"{pipeline}/{name}/")
    root = as_expression(step.s3_root_uri, "s3_root_uri")
    if not isinstance(root, str):
        bucket, start = fixed_location_of(root)
        return Location(bucket, f"{start}*/{pipeline}/{name}/")
    return Location(*fixed_location_of(f"{root}/{pipeline}/{name}/"))


def _publish(
    stack: Stack,
    pipeline: str,
    graph: PipelineGraph,
    step: Step,
    files: NotebookFiles,
    artifacts: s3.IBucket,
) -> NotebookPlaces:
    assert isinstance(step, NotebookJobStep), "only notebook jobs have files"
    name = graph.names[step]
    # The role reads the step's folder, not the one of this content: executions that are under way
    # when a change is deployed start with the files that they began with.
    folder = f"notebooks/{pipeline}/{name}"
    bucket, prefix = _add_assets(stack, f"{folder}/{files.sha256}", files, f"{pipeline}/{name}")
    locations = data_locations(step)
    return NotebookPlaces(
        input_uri=f"s3://{bucket}/{prefix}",
        output_path=f"s3://{artifacts.bucket_name}/{pipeline}/{name}",
        data=replace(
            locations,
            reads=(*locations.reads, Location(bucket, prefix.removesuffix(f"{files.sha256}/"))),
            writes=(output_location(step, pipeline, name, artifacts),),
        ),
    )


def _add_assets(
    stack: Stack, folder: str, files: NotebookFiles, display_name: str
) -> tuple[str, str]:
    """Register each file for upload; returns the bucket, and the folder's prefix in it."""
    stage = Stage.of(stack)
    assert stage is not None, "a stack is always inside a stage"
    target = Path(stage.asset_outdir) / f"asset.{files.sha256}"
    target.mkdir(parents=True, exist_ok=True)
    bucket = prefix = ""
    for name, content in files.content.items():
        # Without a suffix, which would be appended to the key.
        path = target / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        location = add_file_asset(
            stack,
            source_hash=f"{folder}/{name}",
            file_name=os.path.relpath(path, stage.outdir),
            display_name=f"{display_name} {name}",
        )
        bucket, prefix = location.bucket_name, location.object_key.removesuffix(name)
    return bucket, prefix
