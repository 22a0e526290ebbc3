"""A pipeline of an assembly, with all that the checks read of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.local.assembly import Assembly, SynthesizedPipeline
from constructs_lib.local.definition import Definition, StepDefinition, parse_definition
from constructs_lib.local.intrinsics import Template
from constructs_lib.review.bundles import Bundle, bundle_hash, read_bundle


@dataclass(frozen=True)
class Subject:
    """A pipeline that is checked.

    Attributes:
        pipeline: As it was synthesized.
        definition: Its parameters and steps.
        template: Of its stack.
        bundles: Step to its code, of the steps whose code is at hand.
        length: Characters of the definition.
    """

    pipeline: SynthesizedPipeline
    definition: Definition
    template: Template
    bundles: Mapping[str, Bundle]
    length: int

    @property
    def name(self) -> str:
        """Path of its construct."""
        return self.pipeline.resource.path

    @property
    def steps(self) -> list[StepDefinition]:
        """Every step, those in the bodies of ForEach steps included."""
        return list(every_step(self.definition.steps))

    def known(self, value: Any) -> Any:
        """Return what a value is at synthesis: a parameter's default; None if only a run knows."""
        if not isinstance(value, dict):
            return value
        path = str(value.get("Get", ""))
        found = [p.default for p in self.definition.parameters if path == f"Parameters.{p.name}"]
        return found[0] if found else None


def every_step(steps: tuple[StepDefinition, ...]) -> Iterator[StepDefinition]:
    """Yield steps, each ForEach step followed by its body."""
    for step in steps:
        yield step
        yield from step.body


def read_subject(assembly: Assembly, pipeline: SynthesizedPipeline) -> Subject:
    """Return a pipeline of an assembly, ready to be checked.

    Raises:
        LocalRunError: Its definition is malformed.
    """
    definition = parse_definition(pipeline.definition)
    template = assembly.template_of(pipeline.resource)
    properties = template.resources[pipeline.resource.logical_id]["Properties"]
    source = template.resolve(properties["PipelineDefinition"])
    text = source.get("PipelineDefinitionBody") or json.dumps(pipeline.definition, indent=1)
    files = {path.name: path for path in assembly.asset_paths() if path.is_file()}
    return Subject(
        pipeline, definition, template, dict(_bundles(definition.steps, files)), len(text)
    )


def _bundles(
    steps: tuple[StepDefinition, ...], files: Mapping[str, Path]
) -> Iterator[tuple[str, Bundle]]:
    for step in every_step(steps):
        path = files.get(f"asset.{bundle_hash(step.arguments)}.zip")
        if path is not None:
            yield step.name, read_bundle(path)
