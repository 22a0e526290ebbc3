"""All that a definition says of a step, as text that can be compared."""

from __future__ import annotations

from typing import Any

from constructs_lib.local.definition import StepDefinition
from constructs_lib.review.bundles import bundle_hash, wheels_hash
from constructs_lib.service.plain_values import flatten

WHEELS = "wheels"


def settings_of(step: StepDefinition) -> dict[str, str]:
    """Return path to text of all that the definition says of a step, its code apart."""
    found = dict(flatten({**step.members, **_without_code(step.arguments)}))
    wheels = wheels_hash(step.arguments)
    if wheels is not None:
        found[WHEELS] = f"list {wheels[:12]}"
    if step.branch is not None:
        condition, holds = step.branch
        found["branch"] = f"{'if' if holds else 'else'} of {condition}"
    found.update({f"trigger {k}": ", ".join(v) for k, v in step.triggers.items()})
    return found


def _without_code(arguments: dict[str, Any]) -> dict[str, Any]:
    if bundle_hash(arguments) is None:
        return arguments
    specification = dict(arguments["AlgorithmSpecification"])
    specification.pop("ContainerArguments")
    channels = [c for c in arguments.get("InputDataConfig", []) if c["ChannelName"] != "code"]
    return {**arguments, "AlgorithmSpecification": specification, "InputDataConfig": channels}
