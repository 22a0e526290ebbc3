"""Values that an execution is started with."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.definition import ParameterDefinition


def start_values(
    parameters: Sequence[ParameterDefinition], given: Mapping[str, str]
) -> dict[str, Any]:
    """Return the value of each parameter.

    Args:
        parameters: Those of the definition.
        given: Name to text, as the service takes them.

    Raises:
        LocalRunError: A name is unknown, a text is not of the type, or a value is missing; all
            faults are listed.
    """
    values: dict[str, Any] = {}
    faults = []
    names = [parameter.name for parameter in parameters]
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            faults.append(f"no parameter {name!r}, there is {', '.join(names) or 'none'}{hint}")
    for parameter in parameters:
        if parameter.name not in given:
            if parameter.default is None:
                faults.append(f"{parameter.name} has no default: give -p {parameter.name}=VALUE")
            values[parameter.name] = parameter.default
            continue
        text = given[parameter.name]
        try:
            values[parameter.name] = _READERS[parameter.type](text)
        except (ValueError, KeyError):
            faults.append(f"{parameter.name}={text!r} is no {parameter.type}")
            continue
        allowed = parameter.enum_values
        if allowed is not None and values[parameter.name] not in allowed:
            faults.append(f"{parameter.name}={text!r} is not one of {list(allowed)}")
    if faults:
        raise LocalRunError("wrong parameters:" + "".join(f"\n  - {fault}" for fault in faults))
    return values


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)  # JSON has no such number
    return value


_READERS: dict[str, Callable[[str], Any]] = {
    "String": str,
    "Integer": int,
    "Float": _float,
    "Boolean": lambda text: {"true": True, "false": False}[text.lower()],
}
