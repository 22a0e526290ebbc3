"""What expressions and conditions of a definition are worth while it runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.conditions import StepFailedError, holds
from constructs_lib.local.definition import references
from constructs_lib.runtime.protocol import LISTS_FILE

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PATH_PART = re.compile(r"\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\.?([^.\[\]]+)", re.DOTALL)


@dataclass(frozen=True)
class Item:
    """The item of a ForEach step's iteration; its fields are those of the JSON that it may be.

    Attributes:
        value: A text, number or boolean.
    """

    value: Any

    def element(self, part: str | int) -> Any:
        """Return a field.

        Raises:
            StepFailedError: There is none.
        """
        try:
            return _element(json.loads(self.value), part)
        except (LookupError, TypeError, ValueError):
            raise StepFailedError(f"the item {self.value!r} has no field {part!r}") from None


class Scope:
    """What an execution's expressions can refer to.

    Args:
        parameters: Name to value.
        execution: Execution variable to value.
        steps: Step to its properties, as the service describes them; filled while it runs.
        read_object: Returns the bytes of an ``s3://`` URI.
        others: Further names that paths can begin with, such as ForEach.
    """

    def __init__(
        self,
        parameters: Mapping[str, Any],
        execution: Mapping[str, str],
        steps: Mapping[str, Any],
        read_object: Callable[[str], bytes],
        others: Mapping[str, Any] | None = None,
    ) -> None:
        self._values = {
            "Parameters": parameters,
            "Execution": execution,
            "Steps": steps,
            **(others or {}),
        }
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
            LocalRunError: Its type is unknown.
        """
        return holds(condition, self.evaluate)

    def _get(self, path: str) -> Any:
        value: Any = self._values
        for part in parse_path(path):
            try:
                value = _element(value, part)
            except LookupError:
                raise LocalRunError(
                    f"the definition reads {path}, which does not exist: no {part!r} in "
                    f"{_contents(value)}"
                ) from None
        return value.value if isinstance(value, Item) else value

    def _json_get(self, argument: Mapping[str, Any]) -> Any:
        place = argument.get("S3Uri", argument.get("PropertyFile"))
        if place is None or "Path" not in argument:
            raise LocalRunError("Std:JsonGet needs Path, and S3Uri or PropertyFile")
        step = next(references(place), None)
        owner = f"the result of step {step!r}" if step else "the file"
        uri, path = self.evaluate(place), argument["Path"]
        try:
            value = json.loads(self._read_object(uri))
        except FileNotFoundError:
            if uri.endswith(f"/{LISTS_FILE}"):
                raise StepFailedError(f"{owner} has no list in it") from None
            raise StepFailedError(
                f"{path} cannot be read from {owner}: {uri} does not exist, so it has no JSON "
                f"form; return numbers, texts, lists or dicts"
            ) from None
        except ValueError as error:
            raise StepFailedError(
                f"{path} cannot be read from {owner}: {uri} is no JSON: {error}"
            ) from error
        for part in parse_path(path.removeprefix("$.")):
            try:
                value = _element(value, part)
            except LookupError:
                raise StepFailedError(
                    f"{path} is not in {owner}: no {part!r} in {_contents(value)}"
                ) from None
        return value


def _element(value: Any, part: str | int) -> Any:
    if isinstance(value, Item):
        return value.element(part)
    if isinstance(value, list) and isinstance(part, int):
        return value[part]
    if isinstance(value, Mapping) and isinstance(part, str):
        return value[part]
    if isinstance(value, list) and isinstance(part, str):  # such as FinalMetricDataList['auc']
        for item in value:
            if isinstance(item, Mapping) and part in _names(item):
                return item
    raise LookupError(part)


def _names(item: Mapping[str, Any]) -> list[Any]:
    """Return what an entry of a list of named things is called."""
    return [value for key, value in item.items() if key.endswith("Name")]


def _contents(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"[{', '.join(map(repr, sorted(value)))}]"
    return f"a list of {len(value)}" if isinstance(value, list) else json.dumps(value)


def parse_path(path: str) -> list[str | int]:
    """Return the parts of a path such as ``Result['k'][0].name``.

    Raises:
        LocalRunError: It is no path.
    """
    parts: list[str | int] = []
    end = 0
    while end < len(path):
        match = _PATH_PART.match(path, end)
        if match is None:
            raise LocalRunError(f"{path!r} is no path: {path[end:]!r} cannot be read")
        index, key, name = match.groups()
        if index is not None:
            parts.append(int(index))
        else:
            parts.append(_ESCAPE.sub(r"\1", key) if key is not None else name)
        end = match.end()
    return parts


def as_text(value: Any) -> str:
    """Return a value as the service writes it into text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)
