"""A whole pipeline as definition JSON, and as lines for a template."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from constructs_lib.definition.expressions import JSON, render_expression
from constructs_lib.definition.steps import Context, render_steps
from constructs_lib.model.parameters import Parameter
from constructs_lib.model.variables import as_expression
from constructs_lib.service.step_types import INNER_STEPS

# The only version there is.
_VERSION = "2020-12-01"

_BUNDLE = re.compile(r"/([0-9a-f]{64})\.zip")


def render_pipeline(context: Context) -> JSON:
    """Return the definition of a pipeline as JSON data; strings may hold CDK tokens."""
    rendered: JSON = {
        "Version": _VERSION,
        "Metadata": {},
        "Parameters": [_parameter(parameter) for parameter in context.graph.parameters],
    }
    if context.experiment is not None:
        names = {
            "ExperimentName": context.experiment.experiment_name,
            "TrialName": context.experiment.trial_name,
        }
        rendered["PipelineExperimentConfig"] = {
            key: render_expression(as_expression(name, key), context.graph)
            for key, name in names.items()
        }
    return {**rendered, "Steps": render_steps(None, context)}


def every_step(definition: JSON) -> Iterator[JSON]:
    """Yield the steps of a definition, those of branches and bodies after the others."""
    pending = list(definition["Steps"])
    while pending:
        step = pending.pop(0)
        yield step
        for argument in INNER_STEPS:
            pending += step["Arguments"].get(argument, [])


def definition_lines(definition: JSON, hashes: Iterable[str]) -> list[str]:
    """Write a definition as lines that, joined by newlines, are its JSON.

    A bundle's hash stands twice in its step: in its location and, right after it, as the pin that
    the container checks, before the step's name. What lies from the location to the name is one
    line, so that a change of code is one changed line in a diff, and says in which step.

    A user's text that looks like a dynamic reference stays that text: CloudFormation would put
    what it refers to in its place.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html

    Args:
        definition: The definition.
        hashes: sha256 of the bundles, in hex.
    """
    text = json.dumps(definition, indent=1, ensure_ascii=False, allow_nan=False)
    text = text.replace("{{resolve:", r"{\u007bresolve:")
    known = frozenset(hashes)
    result: list[str] = []
    remaining = iter(text.split("\n"))
    for line in remaining:
        found = _BUNDLE.search(line)
        pin = f'"{found[1]}",' if found and found[1] in known else None
        group = [line]
        while pin is not None and not (pin in group and group[-1].startswith("]")):
            group.append(next(remaining).strip())
        result.append(" ".join(group))
    return result


def _parameter(parameter: Parameter) -> JSON:
    rendered: JSON = {"Name": parameter.name, "Type": parameter.parameter_type}
    if parameter.default_value is not None:
        rendered["DefaultValue"] = parameter.default_value
    if parameter.enum_values is not None:
        rendered["EnumValues"] = list(parameter.enum_values)
    return rendered
