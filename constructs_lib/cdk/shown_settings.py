"""What a template shows of the settings of each step and parameter.

A diff has three lines around a change, and the definition of a step is longer: without these lines
it would say what has changed, but not in which step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib.definition.expressions import JSON
from constructs_lib.definition.renderer import every_step
from constructs_lib.service.plain_values import flatten
from constructs_lib.service.step_types import INNER_STEPS

# What most steps have alike, by the last part of its path.
_USUAL = {
    "InputMode": "File",
    "TrainingInputMode": "File",
    "S3DataType": "S3Prefix",
    "S3DataDistributionType": "FullyReplicated",
    "CompressionType": "NONE",
}
_CODE = re.compile(r"Arguments\.(InputDataConfig\[code\]|AlgorithmSpecification\.Container)")


def shown_settings(definition: JSON) -> dict[str, list[str]]:
    """Return ``step NAME`` and ``parameter NAME`` to a line for each setting.

    Left out is what says for itself which step it belongs to: the code, whose line ends with the
    step's name. So are the most usual values.

    Args:
        definition: The definition; strings may hold CDK tokens.
    """
    return {
        **{f"parameter {p['Name']}": list(_lines(p)) for p in definition["Parameters"]},
        **{f"step {step['Name']}": list(_lines(outline(step))) for step in every_step(definition)},
    }


def outline(step: JSON) -> JSON:
    """Return a step with the names of the steps inside it in their places."""
    arguments = {
        name: [inner["Name"] for inner in value] if name in INNER_STEPS else value
        for name, value in step["Arguments"].items()
    }
    return {**step, "Arguments": arguments}


def _lines(part: JSON) -> Iterator[str]:
    specification = part.get("Arguments", {}).get("AlgorithmSpecification", {})
    is_function = "ContainerArguments" in specification
    for path, text in flatten(part):
        usual = path == "Name" or _USUAL.get(path.rpartition(".")[2]) == text
        if usual or (is_function and _CODE.match(path)):
            continue
        yield f"{path.removeprefix('Arguments.')}: {text}".replace("\n", "\\n")
