"""What the service would refuse of a definition, said when it is created or updated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.definition import parse_definition
from constructs_lib.service.limits import LONGEST_DEFINITION, MOST_PARAMETERS, MOST_STEPS
from constructs_lib.service.requests import check_request
from constructs_lib.service.step_types import given_names, step_type_of


def refusal(text: str) -> str | None:
    """Return why the service would refuse a definition, or None.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreatePipeline.html

    Args:
        text: The definition's JSON.
    """
    faults = list(_faults(text))
    if not faults:
        return None
    return "Unable to parse pipeline definition. " + "; ".join(faults)


def _faults(text: str) -> Iterator[str]:
    if len(text) > LONGEST_DEFINITION:
        yield f"It has {len(text)} characters, at most {LONGEST_DEFINITION} are allowed"
    try:
        body = json.loads(text)
    except ValueError as error:
        yield f"It is no JSON: {error}"
        return
    if not isinstance(body, dict) or not isinstance(body.get("Steps"), list):
        yield "Expecting a JSON object with a list of Steps"
        return
    try:
        definition = parse_definition(body)
    except (LocalRunError, TypeError, AttributeError) as error:
        yield str(error)
        return
    if len(definition.steps) > MOST_STEPS:
        yield f"It has {len(definition.steps)} steps, at most {MOST_STEPS} are allowed"
    if len(definition.parameters) > MOST_PARAMETERS:
        yield f"It has {len(definition.parameters)} parameters, at most {MOST_PARAMETERS}"
    declared = {parameter.name for parameter in definition.parameters}
    for step in definition.steps:
        for name in sorted(_parameters(step.arguments) - declared):
            yield f"Step {step.name!r} reads parameter {name!r}, which is not declared"
        operation = step_type_of(step.type).operation
        if operation is not None:
            given = given_names(step.type)
            faults = check_request(
                operation, step.arguments, step=step.name, location=None, given=given
            )
            yield from map(str, faults)


def _parameters(value: Any) -> set[str]:
    if isinstance(value, list):
        return {name for item in value for name in _parameters(item)}
    if not isinstance(value, dict):
        return set()
    path = value.get("Get")
    if isinstance(path, str) and path.startswith("Parameters."):
        return {path.removeprefix("Parameters.")}
    return {name for item in value.values() for name in _parameters(item)}
