"""Whether the conditions of a Condition step hold."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from constructs_lib.exceptions import LocalRunError

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


class StepFailedError(Exception):
    """A step fails; the text is its failure reason.

    Attributes:
        kind: What a RetryPolicy calls the failure, such as ``SageMaker.JOB_INTERNAL_ERROR``; None
            if it is of no kind that can be tried again.
    """

    def __init__(self, reason: str, kind: str | None = None) -> None:
        super().__init__(reason)
        self.kind = kind


def holds(condition: Mapping[str, Any], evaluate: Callable[[Any], Any]) -> bool:
    """Tell whether a condition holds.

    Args:
        condition: Its JSON.
        evaluate: Returns what an expression is worth.

    Raises:
        StepFailedError: It compares values of different types.
        LocalRunError: Its type is unknown.
    """
    kind = condition["Type"]
    if kind == "Not":
        return not holds(condition["Condition"], evaluate)
    if kind == "Or":
        return any(holds(inner, evaluate) for inner in condition["Conditions"])
    if kind == "In":
        value = evaluate(condition["QueryValue"])
        return any(_compare("Equals", value, evaluate(item)) for item in condition["Values"])
    if kind not in _COMPARISONS:
        known = ", ".join(["In", "Not", "Or", *_COMPARISONS])
        raise LocalRunError(f"a condition of type {kind!r} is unknown; known are {known}")
    return _compare(kind, evaluate(condition["LeftValue"]), evaluate(condition["RightValue"]))


def _compare(kind: str, left: Any, right: Any) -> bool:
    if _sort(left) != _sort(right) or _sort(left) not in {"boolean", "number", "text"}:
        raise StepFailedError(
            f"{kind} compares {left!r} ({_sort(left)}) with {right!r} ({_sort(right)}); compare "
            f"two numbers, two texts or two booleans"
        )
    return _COMPARISONS[kind](left, right)


def _sort(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if value is None:
        return "null"
    return "text" if isinstance(value, str) else type(value).__name__
