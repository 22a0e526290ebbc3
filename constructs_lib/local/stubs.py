"""What a step that cannot run on this machine leaves for others to read.

The answer has the shape of the service's own; a user's values go before it.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.service.step_types import response_shape, step_type_of

_EMPTY = {"String": "", "Integer": 0, "Float": 0.0, "Boolean": False}
_DEEPEST = 6
# A model's request has one of the two: the other is not made up.
_EITHER = ("PrimaryContainer", "Containers")


def stub_properties(
    step_type: str, members: Mapping[str, Any], request: Mapping[str, Any], name: str, arn: str
) -> dict[str, Any]:
    """Return properties of a step that did not run.

    Args:
        step_type: ``Type`` of the step.
        members: What the definition says of it.
        request: Its arguments, with no expressions left in them.
        name: Of the job or thing that the service would have made.
        arn: ARN of it.
    """
    outputs = {
        entry["OutputName"]: _EMPTY.get(entry.get("OutputType", "String"), "")
        for entry in members.get("OutputParameters", [])
    }
    shape = response_shape(step_type)
    example = {} if shape is None else _example(shape, "", 0)
    for member in _EITHER:
        example.pop(member, None)
    kind = step_type_of(step_type)
    if kind.operation is not None:
        thing = kind.operation.removeprefix("Create")
        for suffix, value in (("Name", name), ("Arn", arn)):
            if f"{thing}{suffix}" in example:
                example[f"{thing}{suffix}"] = value
    return {**example, **request, **({"OutputParameters": outputs} if outputs else {})}


def read_stub(name: str, text: str) -> Any:
    """Return what a user gives for a step: data, or a function of the step's request.

    Args:
        name: The step's name, for errors.
        text: Path of a JSON file, or ``module:function``.

    Raises:
        LocalRunError: It cannot be read.
    """
    module, colon, function = text.partition(":")
    try:
        if colon and not Path(text).exists():
            return getattr(importlib.import_module(module), function)
        content = json.loads(Path(text).read_text(encoding="utf-8"))
    except (OSError, ValueError, ImportError, AttributeError) as error:
        raise LocalRunError(
            f"--stub {name}={text}: {error}; give a JSON file, or module:function"
        ) from error
    if not isinstance(content, dict):
        raise LocalRunError(f"--stub {name}={text}: it holds no JSON object")
    return content


def _example(shape: Any, name: str, depth: int) -> Any:
    kind: str = shape.type_name
    if depth > _DEEPEST:
        return None
    if kind == "structure":
        found = {key: _example(one, key, depth + 1) for key, one in shape.members.items()}
        return {key: value for key, value in found.items() if value is not None}
    if kind == "list":
        entry = _example(shape.member, name, depth + 1)
        return [] if entry is None else [entry]
    if kind == "string":
        enum: list[str] = getattr(shape, "enum", None) or []
        return "Completed" if "Completed" in enum else enum[0] if enum else f"stub-{name}"
    return {"integer": 0, "long": 0, "float": 0.0, "double": 0.0, "boolean": False}.get(kind)
