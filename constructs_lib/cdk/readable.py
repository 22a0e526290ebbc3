"""Resolved values as text that a person can read."""

from __future__ import annotations

import re
from typing import Any

_VARIABLE = re.compile(r"\$\{([^}]+)\}")


def readable(value: Any, form: str = "${{{}}}") -> Any:
    """Return JSON in which CloudFormation's references are text.

    Args:
        value: Resolved: without tokens.
        form: What a reference becomes.
    """
    if isinstance(value, list):
        return [readable(entry, form) for entry in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        return separator.join(map(str, readable(parts, form)))
    if set(value) == {"Ref"}:
        return form.format(value["Ref"])
    if set(value) == {"Fn::GetAtt"}:
        return form.format(".".join(value["Fn::GetAtt"]))
    if set(value) == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
        return _VARIABLE.sub(lambda found: form.format(found[1]), value["Fn::Sub"])
    return {key: readable(entry, form) for key, entry in value.items()}
