"""The second line of a step: what tells it most from others of its type."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from constructs_lib.local.definition import StepDefinition

# https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-pipeline-steps-types.html
_SIGNS = {
    "Equals": "=",
    "GreaterThan": ">",
    "GreaterThanOrEqualTo": "≥",
    "LessThan": "<",
    "LessThanOrEqualTo": "≤",
}
_INSTANCES = (
    ("ResourceConfig",),
    ("ProcessingResources", "ClusterConfig"),
    ("TransformResources",),
)


def note_of(step: StepDefinition) -> str:
    """Return a step's note: its instances, a condition, or an empty text."""
    if step.type == "Condition":
        return " and ".join(map(_condition, _listed(step.arguments.get("Conditions"))))
    for path in _INSTANCES:
        found: Any = step.arguments
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping) and found.get("InstanceType"):
            return _instances(found)
    return ""


def _instances(resources: Mapping[str, Any]) -> str:
    count = resources.get("InstanceCount", 1)
    kind = _operand(resources["InstanceType"])
    return kind if count == 1 else f"{_operand(count)} \N{MULTIPLICATION SIGN} {kind}"


def _condition(condition: Any) -> str:
    kind = condition.get("Type") if isinstance(condition, Mapping) else None
    if kind in _SIGNS:
        sides = [_operand(condition.get(side)) for side in ("LeftValue", "RightValue")]
        return f" {_SIGNS[kind]} ".join(sides)
    if kind == "Not":
        return f"not ({_condition(condition.get('Condition'))})"
    if kind == "Or":
        return " or ".join(map(_condition, _listed(condition.get("Conditions"))))
    if kind == "In":
        values = ", ".join(map(_operand, _listed(condition.get("Values"))))
        return f"{_operand(condition.get('QueryValue'))} in {values}"
    return str(kind)


def _operand(value: Any) -> str:
    """Return a value in short: ``Depth`` for a parameter, ``auc`` for an element of a result."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and len(value) == 1:
        ((function, argument),) = value.items()
        if function == "Std:JsonGet" and isinstance(argument, Mapping):
            words = re.findall(r"[^\[\]'\".]+", str(argument.get("Path", "")))
            named = [word for word in words if word != "Result" and not word.isdigit()]
            return ".".join(named) or "result"
        if function == "Get":
            return str(argument).removeprefix("Parameters.")
        if function == "Std:Join" and isinstance(argument, Mapping):
            return str(argument.get("On", "")).join(map(_operand, _listed(argument.get("Values"))))
    return json.dumps(value, ensure_ascii=False)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
