"""What an assembly says of a pipeline, in a form that two versions of it can be compared in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.local.assembly import Assembly, Resource
from constructs_lib.local.definition import Definition, StepDefinition, parse_definition
from constructs_lib.local.intrinsics import Template
from constructs_lib.review.access import permissions, role_owners
from constructs_lib.review.bundles import Bundle, bundle_hash, read_bundle
from constructs_lib.review.changes import Permission
from constructs_lib.review.packages import packages_of
from constructs_lib.review.pipelines import settings_of_pipeline
from constructs_lib.review.readable import readable
from constructs_lib.review.schedules import schedules_of
from constructs_lib.review.sharing import sharing

_SHOWN = " | "


@dataclass(frozen=True)
class Snapshot:
    """One version of a pipeline.

    Attributes:
        path: Of its construct, which tells it from the others of the assembly.
        name: Physical name.
        definition: Its parameters and steps.
        bundles: Step to its code, of the steps whose code is at hand.
        texts: Name to lines of source, requirements and long arguments.
        packages: Step to what is installed for it: package to version.
        settings: Name to text of what the pipeline itself says.
        schedules: Schedule to its settings, the values of parameters among them.
        permissions: Of the pipeline's role and of those of its steps.
        sharing: Role, bucket or key to what its own policy lets others do.
        is_whole: Whether its stack is known: roles and schedules are in it.
    """

    path: str
    name: str
    definition: Definition
    bundles: Mapping[str, Bundle]
    texts: Mapping[str, tuple[str, ...]]
    packages: Mapping[str, Mapping[str, str]]
    settings: Mapping[str, str]
    schedules: Mapping[str, Mapping[str, str]]
    permissions: frozenset[Permission]
    sharing: Mapping[str, frozenset[Permission]]
    is_whole: bool = True

    @property
    def steps(self) -> dict[str, StepDefinition]:
        """Name to step, those in the bodies of ForEach steps included."""
        return {s.name: s for outer in self.definition.steps for s in (outer, *outer.body)}


def read_snapshots(folder: Path) -> list[Snapshot]:
    """Return the pipelines of an assembly.

    Raises:
        LocalRunError: There is no assembly, or it is damaged.
    """
    assembly = Assembly(folder)
    found = []
    for resource in assembly.pipeline_resources:
        for template in assembly.templates:
            template.names = _names(template, resource.stack)
        found.append(_snapshot(assembly, resource, assembly.pipeline(resource).definition))
    return found


def _names(template: Template, stack: str) -> dict[str, str]:
    """Return resources by the path of their construct, which stays when a hash in an ID changes.

    Those of other stacks begin with theirs: stages of an app have the same constructs.
    """
    return {
        logical_id: f"<{resource['Metadata']['aws:cdk:path'].removeprefix(f'{stack}/')}>"
        for logical_id, resource in template.resources.items()
    }


def _snapshot(assembly: Assembly, resource: Resource, body: dict[str, Any]) -> Snapshot:
    template = assembly.template_of(resource)
    properties = template.resources[resource.logical_id]["Properties"]
    definition = parse_definition(body)
    bundles = {
        step.name: read_bundle(path)
        for outer in definition.steps
        for step in (outer, *outer.body)
        if (path := _bundle_path(assembly, bundle_hash(step.arguments))) is not None
    }
    texts = _texts(properties["PipelineDefinition"], bundles)
    own = resource.path.removeprefix(f"{resource.stack}/")
    role = readable(template, properties.get("RoleArn"))
    text = json.dumps([role, body])
    owners = role_owners(assembly.templates, template, own, text)
    allowed = permissions(assembly.templates, owners)
    return Snapshot(
        path=resource.path,
        name=resource.name,
        definition=definition,
        bundles=bundles,
        texts=texts,
        packages=packages_of(texts),
        settings=settings_of_pipeline(template, properties, body),
        schedules=schedules_of(template, str(resource.name).lower()),
        permissions=allowed,
        sharing=sharing(assembly.templates, owners, allowed, text),
        # A pipeline of which only the definition is known has no role.
        is_whole="RoleArn" in properties,
    )


def _bundle_path(assembly: Assembly, sha256: str | None) -> Path | None:
    paths = (
        path for path in assembly.asset_paths() if sha256 and path.name == f"asset.{sha256}.zip"
    )
    return next((path for path in paths if path.is_file()), None)


def _texts(source: Any, bundles: Mapping[str, Bundle]) -> dict[str, tuple[str, ...]]:
    """Return what the template shows, or else what the bundles hold."""
    found: dict[str, tuple[str, ...]] = {}
    for line in _shown(source):
        name, separator, text = line.partition(_SHOWN)
        if separator and not name.startswith(("step ", "parameter ")):
            found[name] = (*found.get(name, ()), text)
    found.pop("pipeline", None)
    if not found:
        for step, bundle in bundles.items():
            found.update({f"{path} of {step}": lines for path, lines in bundle.texts.items()})
    return found


def _shown(value: Any) -> list[str]:
    """Return the entries of a ``Fn::Select`` that are not selected."""
    if isinstance(value, list):
        return [line for entry in value for line in _shown(entry)]
    if not isinstance(value, dict):
        return []
    choices = value.get("Fn::Select", (0, None))[1]
    if isinstance(choices, list):
        return [line for line in choices[1:] if isinstance(line, str)]
    return [line for entry in value.values() for line in _shown(entry)]
