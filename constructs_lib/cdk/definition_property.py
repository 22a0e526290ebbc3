"""The definition as a property of the pipeline: in the template, or in a bucket if it is long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from constructs_lib.cdk.readable import without_tokens
from constructs_lib.cdk.roles import RoleOptions
from constructs_lib.cdk.shown_lines import (
    MOST_CHARACTERS,
    labelled_lines,
    select_first,
    short_names,
    size_of,
)
from constructs_lib.cdk.shown_settings import outline, shown_settings
from constructs_lib.definition.expressions import JSON
from constructs_lib.definition.renderer import definition_lines, every_step


def set_definition(
    scope: Construct,
    resource: sagemaker.CfnPipeline,
    definition: JSON,
    *,
    hashes: Iterable[str],
    source: Mapping[str, Sequence[str]],
    bucket: s3.IBucket,
    folder: str,
    reader: iam.IGrantable,
    role_options: RoleOptions,
) -> None:
    """Set a pipeline's definition, one line of its JSON a line of the template.

    A definition with no room in the template becomes an object in a bucket; then the template
    shows its lines, as far as there is room, so that a diff is as readable.

    Args:
        scope: The pipeline.
        resource: Its resource.
        definition: The definition; strings may hold CDK tokens.
        hashes: sha256 of the bundles, in hex.
        source: What else reviewers are shown: name to lines.
        bucket: Holds a long definition.
        folder: In the bucket, for this pipeline.
        reader: Whom the service reads it as.
        role_options: For the role of the function that writes a long definition.
    """
    known = frozenset(hashes)
    stack = Stack.of(scope)
    texts = short_names(source)
    lines = definition_lines(definition, known)
    # Overrides, because the CDK joins neighbouring strings of a Fn::Join into one, and a diff
    # would print the whole definition for one changed line.
    if size_of(lines) <= MOST_CHARACTERS:
        settings = _without_tokens(shown_settings(definition), stack)
        shown = labelled_lines({**settings, **texts})
        resource.add_property_override(
            "PipelineDefinition.PipelineDefinitionBody",
            {"Fn::Join": ["\n", [*lines[:-1], select_first(lines[-1], shown)]]},
        )
        return
    # Few pipelines are that long, and the CDK's module of Lambda takes its time to import.
    from constructs_lib.cdk.definition_object import DefinitionObject

    written = DefinitionObject(
        scope,
        "Definition",
        text="\n".join(lines),
        bucket=bucket,
        folder=folder,
        reader=reader,
        role_options=role_options,
    )
    parts = _without_tokens(_parts(definition, known), stack)
    shown = [*labelled_lines(parts), *labelled_lines(texts)]
    start = select_first(written.folder, shown)
    resource.add_property_deletion_override("PipelineDefinition.PipelineDefinitionBody")
    resource.add_property_override(
        "PipelineDefinition.PipelineDefinitionS3Location",
        {"Bucket": bucket.bucket_name, "Key": {"Fn::Join": ["", [start, written.name]]}},
    )


def _without_tokens(texts: Mapping[str, list[str]], stack: Stack) -> dict[str, list[str]]:
    # The entries of a Fn::Select may not be any function, and ${...} is taken for one.
    return {
        label: [without_tokens(line, stack) for line in lines] for label, lines in texts.items()
    }


def _parts(definition: Any, hashes: frozenset[str]) -> dict[str, list[str]]:
    """Return the lines of each step, and of what is not in a step."""
    rest = {key: value for key, value in definition.items() if key != "Steps"}
    steps = {f"step {step['Name']}": outline(step) for step in every_step(definition)}
    return {
        label: definition_lines(part, hashes) for label, part in {"pipeline": rest, **steps}.items()
    }
