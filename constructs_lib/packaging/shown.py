"""What reviewers are shown of a bundle besides its source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from constructs_lib.runtime.protocol import (
    ENVIRONMENT_FILE,
    PRE_EXECUTION_FILE,
    REQUIREMENTS_FILE,
    Node,
    Plan,
)

_FILES = {
    REQUIREMENTS_FILE: "requirements",
    ENVIRONMENT_FILE: "environment",
    PRE_EXECUTION_FILE: "commands",
}


def shown_texts(step: str, plan: Plan, files: Mapping[str, bytes]) -> dict[str, tuple[str, ...]]:
    """Return name to lines of the dependencies, commands, settings and arguments in a bundle.

    Args:
        step: The step's name, which the names end with; an argument's begins with it.
        plan: The bundle's.
        files: The bundle's, by path.
    """
    texts = {
        f"{title} of {step}": files[file].decode().rstrip().split("\n")
        for file, title in _FILES.items()
        if files.get(file)
    }
    for part in ("launcher", "serializer"):
        if plan.get(part):
            texts[f"{part} of {step}"] = _lines(plan[part])
    nodes: dict[str, Node] = {f"{step}({n})": node for n, node in plan["kwargs"].items()}
    nodes.update({f"{step}({i})": node for i, node in enumerate(plan["args"])})
    for name, node in nodes.items():
        if node["kind"] == "literal":
            texts[name] = _lines(node["value"])
    return {name: tuple(lines) for name, lines in texts.items()}


def _lines(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.split("\n")
    return json.dumps(value, indent=1, ensure_ascii=False).split("\n")
