"""All that a definition says of a step, as text that can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.local.definition import StepDefinition
from constructs_lib.review.bundles import bundle_hash, wheels_hash
from constructs_lib.review.words import condition_text
from constructs_lib.service.plain_values import flatten

WHEELS = "wheels"
# Types whose arguments are what the user passes, whatever they are called.
_PASSING = ("Callback", "Lambda")


def settings_of(step: StepDefinition) -> dict[str, str]:
    """Return path to text of all that the definition says of a step, its code apart."""
    found = {"type": step.type, **dict(flatten({**step.members, **_arguments(step)}))}
    wheels = wheels_hash(step.arguments)
    if wheels is not None:
        found[WHEELS] = f"list {wheels[:12]}"
    if step.branch is not None:
        condition, holds = step.branch
        found["branch"] = f"{'if' if holds else 'else'} of {condition}"
    found.update({f"trigger {k}": ", ".join(v) for k, v in step.triggers.items()})
    return found


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, old and new text of what differs; None for what is not there."""
    for name in (*old, *(name for name in new if name not in old)):
        if old.get(name) != new.get(name):
            yield name, old.get(name), new.get(name)


def _arguments(step: StepDefinition) -> dict[str, Any]:
    if step.type == "Condition":
        conditions = step.arguments.get("Conditions", [])
        texts = {f"Conditions[{n}]": condition_text(one) for n, one in enumerate(conditions)}
        return {**texts, **{k: v for k, v in step.arguments.items() if k != "Conditions"}}
    if step.type in _PASSING:
        return {"inputs": step.arguments} if step.arguments else {}
    return _without_code(step.arguments)


def _without_code(arguments: dict[str, Any]) -> dict[str, Any]:
    if bundle_hash(arguments) is None:
        return arguments
    specification = dict(arguments["AlgorithmSpecification"])
    specification.pop("ContainerArguments")
    channels = [c for c in arguments.get("InputDataConfig", []) if c["ChannelName"] != "code"]
    return {**arguments, "AlgorithmSpecification": specification, "InputDataConfig": channels}
