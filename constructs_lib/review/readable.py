"""Values of a template in a form that two versions of it can be compared in."""

from __future__ import annotations

import json
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.intrinsics import Template


def readable(template: Template, value: Any) -> Any:
    """Return a value with its functions resolved; one that only a deployment can resolve is text.

    Args:
        template: The stack that has it.
        value: JSON of the template.
    """
    try:
        return template.resolve(value)
    except (LocalRunError, LookupError):
        pass
    if isinstance(value, list):
        return [readable(template, entry) for entry in value]
    if not _is_function(value):
        return {key: readable(template, entry) for key, entry in value.items()}
    ((name, argument),) = value.items()
    if name == "Fn::Join":
        return argument[0].join(str(readable(template, entry)) for entry in argument[1])
    if name == "Fn::GetAtt":
        argument = argument if isinstance(argument, str) else ".".join(argument)
    if name == "Fn::Sub" and isinstance(argument, str):
        return argument
    known = readable(template, argument)
    text = known if isinstance(known, str) else json.dumps(known)
    what = name.removeprefix("Fn::")
    return f"${{{text}}}" if what in ("Ref", "GetAtt") else f"${{{what} {text}}}"


def _is_function(value: Any) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))
