"""What expressions and conditions of a definition are worth while it runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from constructs_lib.exceptions import LocalRunError

_PATH_PART = re.compile(r"\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\.?([^.\[\]]+)")


class StepFailedError(Exception):
    """A step fails; the text is its failure reason."""


class Scope:
    """What an execution's expressions can refer to.

    Args:
        parameters: Name to value.
        execution: Execution variable to value.
        steps: Step to its properties, as the service describes them; filled while it runs.
        read_object: Returns the bytes of an ``s3://`` URI.
    """

    def __init__(
        self,
        parameters: Mapping[str, Any],
        execution: Mapping[str, str],
        steps: Mapping[str, Any],
        read_object: Callable[[str], bytes],
    ) -> None:
        self._values = {"Parameters": parameters, "Execution": execution, "Steps": steps}
        self._read_object = read_object

    def evaluate(self, value: Any) -> Any:
        """Return a value with every expression in it replaced by what it is worth.

        Raises:
            StepFailedError: A result has no element of a path.
            LocalRunError: An expression refers to something that does not exist.
        """
        if isinstance(value, list):
            return [self.evaluate(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Get":
                return self._get(argument)
            if name == "Std:Join":
                return argument["On"].join(as_text(self.evaluate(v)) for v in argument["Values"])
            if name == "Std:JsonGet":
                return self._json_get(argument)
        return {key: self.evaluate(item) for key, item in value.items()}

    def holds(self, condition: Mapping[str, Any]) -> bool:
        """Tell whether a condition holds.

        Raises:
            StepFailedError: It compares values of different types.
        """
        kind = condition["Type"]
        if kind == "Not":
            return not self.holds(condition["Condition"])
        if kind == "Or":
            return any(map(self.holds, condition["Conditions"]))
        if kind == "In":
            value = self.evaluate(condition["QueryValue"])
            return any(_compare("Equals", value, self.evaluate(v)) for v in condition["Values"])
        left, right = self.evaluate(condition["LeftValue"]), self.evaluate(condition["RightValue"])
        return _compare(kind, left, right)

    def _get(self, path: str) -> Any:
        kind, *rest = parse_path(path)
        value: Any = self._values.get(str(kind))
        for part in rest:
            try:
                value = value[part]
            except (LookupError, TypeError):
                raise LocalRunError(f"the definition reads {path}, which does not exist") from None
        return value

    def _json_get(self, argument: Mapping[str, Any]) -> Any:
        uri = self.evaluate(argument["S3Uri"])
        try:
            value = json.loads(self._read_object(uri))
        except FileNotFoundError:
            raise StepFailedError(
                f"{uri} does not exist: the step's result has no JSON form, so nothing can be read "
                f"from it; return numbers, texts, lists or dicts"
            ) from None
        for part in parse_path(argument["Path"]):
            try:
                value = value[part]
            except (LookupError, TypeError):
                there = sorted(value) if isinstance(value, dict) else type(value).__name__
                raise StepFailedError(
                    f"{argument['Path']} is not in {uri}: no {part!r} in {there}"
                ) from None
        return value


def parse_path(path: str) -> list[str | int]:
    """Return the parts of a path such as ``Result['k'][0].name``."""
    parts: list[str | int] = []
    for match in _PATH_PART.finditer(path):
        index, key, name = match.groups()
        if index is not None:
            parts.append(int(index))
        else:
            parts.append(re.sub(r"\\(.)", r"\1", key) if key is not None else name)
    return parts


def as_text(value: Any) -> str:
    """Return a value as the service writes it into text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def _compare(kind: str, left: Any, right: Any) -> bool:
    if _sort(left) != _sort(right) or _sort(left) == "other":
        raise StepFailedError(
            f"{kind} compares {left!r} ({_sort(left)}) with {right!r} ({_sort(right)}); compare "
            f"two numbers, two texts or two booleans"
        )
    return bool(
        {
            "Equals": lambda: left == right,
            "GreaterThan": lambda: left > right,
            "GreaterThanOrEqualTo": lambda: left >= right,
            "LessThan": lambda: left < right,
            "LessThanOrEqualTo": lambda: left <= right,
        }[kind]()
    )


def _sort(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "text" if isinstance(value, str) else "other"
