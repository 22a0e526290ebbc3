"""Conditions of a :class:`~constructs_lib.model.steps.ConditionStep`.

Names and arguments are the SageMaker SDK's (``sagemaker.workflow.conditions``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeAlias

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.expressions import Expression, Primitive
from constructs_lib.model.location import caller_location
from constructs_lib.model.parameters import Parameter
from constructs_lib.model.variables import PipelineVariable, as_expression

Operand: TypeAlias = Primitive | PipelineVariable


class Condition:
    """Something that holds or not when the pipeline runs."""

    def operands(self) -> Iterable[Expression]:
        """Yield every expression that is compared."""
        return ()


class Comparison(Condition):
    """Two values, compared. Both must be numbers, both texts or both booleans."""

    #: ``Type`` in the definition.
    condition_type: ClassVar[str]

    def __init__(self, left: Operand, right: Operand) -> None:
        name = type(self).__name__
        self.left = as_expression(left, f"the left side of {name}")
        self.right = as_expression(right, f"the right side of {name}")
        _check_same_kind(name, left, right)

    def operands(self) -> Iterable[Expression]:
        """Yield both sides."""
        return (self.left, self.right)


class ConditionEquals(Comparison):
    """Both sides are equal."""

    condition_type = "Equals"


class ConditionGreaterThan(Comparison):
    """The left side is greater than the right."""

    condition_type = "GreaterThan"


class ConditionGreaterThanOrEqualTo(Comparison):
    """The left side is greater than the right, or equal to it."""

    condition_type = "GreaterThanOrEqualTo"


class ConditionLessThan(Comparison):
    """The left side is less than the right."""

    condition_type = "LessThan"


class ConditionLessThanOrEqualTo(Comparison):
    """The left side is less than the right, or equal to it."""

    condition_type = "LessThanOrEqualTo"


class ConditionIn(Condition):
    """A value is one of several."""

    def __init__(self, value: Operand, in_values: Sequence[Operand]) -> None:
        self.value = as_expression(value, "the value of ConditionIn")
        self.in_values = tuple(as_expression(v, "in_values of ConditionIn") for v in in_values)
        for other in in_values:
            _check_same_kind("ConditionIn", value, other)

    def operands(self) -> Iterable[Expression]:
        """Yield the value, then those it may be."""
        return (self.value, *self.in_values)


class ConditionNot(Condition):
    """A condition does not hold."""

    def __init__(self, expression: Condition) -> None:
        self.expression = as_condition(expression, "ConditionNot")

    def operands(self) -> Iterable[Expression]:
        """Yield what the condition compares."""
        return self.expression.operands()


class _Group(Condition):
    def __init__(self, conditions: Sequence[Condition]) -> None:
        name = type(self).__name__
        self.conditions = tuple(as_condition(c, name) for c in conditions)
        if not self.conditions:
            raise _error(f"{name} has no conditions", "an empty list", "one or more conditions")

    def operands(self) -> Iterable[Expression]:
        """Yield what the conditions compare."""
        for condition in self.conditions:
            yield from condition.operands()


class ConditionOr(_Group):
    """At least one of several conditions holds."""


class ConditionAnd(_Group):
    """All of several conditions hold."""


def as_condition(value: object, where: str) -> Condition:
    """Return a condition as it is.

    Raises:
        StepError: It is none.
    """
    if isinstance(value, Condition):
        return value
    raise _error(f"{where} has an entry that is no condition", repr(value), "a Condition")


def _kind(value: Operand) -> str | None:
    if isinstance(value, Parameter):
        return _KINDS[value.value_type]
    if isinstance(value, PipelineVariable):
        return _KINDS.get(value.value_type)
    return "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


_KINDS = {"string": "text", "integer": "number", "float": "number", "boolean": "boolean"}


def _check_same_kind(where: str, left: Operand, right: Operand) -> None:
    kinds = _kind(left), _kind(right)
    if None not in kinds and kinds[0] != kinds[1]:
        raise _error(
            f"{where} compares values of different types",
            f"{left!r} ({kinds[0]}) and {right!r} ({kinds[1]})",
            "two numbers, two texts or two booleans",
        )


def _error(what: str, found: str, allowed: str) -> StepError:
    return StepError(Fault(what, found, allowed, "Correct the condition.", caller_location()))
