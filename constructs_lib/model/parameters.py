"""Parameters of a pipeline: values given when an execution starts."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import ClassVar

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.expressions import Expression, Get, Primitive
from constructs_lib.model.location import caller_location
from constructs_lib.model.variables import PipelineVariable

NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

# A value given at start (API shape PipelineParameter, member Value).
MAX_START_VALUE_LENGTH = 1024


class Parameter(PipelineVariable):
    """A named value of a pipeline execution.

    Attributes:
        name: 1 to 64 characters of ``A-Z a-z 0-9 _ -``, beginning with a letter or digit.
        default_value: Used when an execution gives none; None if one must be given.
        enum_values: The values allowed, or None for any.
    """

    #: ``Type`` in the definition.
    parameter_type: ClassVar[str]
    _python_types: ClassVar[tuple[type, ...]]

    def __init__(self, name: str, default_value: Primitive | None = None) -> None:
        self.name = name
        self.default_value = default_value
        self.enum_values: tuple[Primitive, ...] | None = None
        self.location = caller_location()
        if not isinstance(name, str) or not NAME_PATTERN.fullmatch(name):
            raise self._error(
                "has an invalid name",
                repr(name),
                "1 to 64 letters, digits, '_' and '-', beginning with a letter or digit",
                "Rename the parameter.",
            )
        if default_value is not None:
            self._check_type("the default value", default_value)

    @property
    def expression(self) -> Expression:
        """A ``Get`` of the parameter."""
        return Get(f"Parameters.{self.name}")

    def accepts(self, value: object) -> bool:
        """Tell whether a value has the parameter's type and is one of its enum values."""
        return self._has_type(value) and (self.enum_values is None or value in self.enum_values)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def _set_enum(self, values: Sequence[Primitive] | None) -> None:
        if values is None:
            return
        self.enum_values = tuple(values)
        for value in self.enum_values:
            self._check_type("an enum value", value)
        if self.default_value is not None and self.default_value not in self.enum_values:
            raise self._error(
                "has a default that is not among its enum values",
                repr(self.default_value),
                f"one of {list(self.enum_values)!r}",
                "Choose one of them, or add the default to enum_values.",
            )

    def _has_type(self, value: object) -> bool:
        if isinstance(value, float) and not math.isfinite(value):
            return False  # JSON has no such number
        return isinstance(value, self._python_types) and (
            isinstance(value, bool) == (self._python_types == (bool,))
        )

    def _check_type(self, what: str, value: object) -> None:
        if not self._has_type(value):
            raise self._error(
                f"has {what} of the wrong type",
                f"{value!r} ({type(value).__name__})",
                " or ".join(kind.__name__ for kind in self._python_types),
                "Give a value of that type, or use the Parameter class of the value's type.",
            )

    def _error(self, what: str, found: str, allowed: str, mend: str) -> StepError:
        what = f"{type(self).__name__} {self.name!r} {what}"
        return StepError(Fault(what, found, allowed, mend, self.location))


class ParameterString(Parameter):
    """A text parameter.

    Args:
        name: See :class:`Parameter`.
        default_value: At most 4,096 characters.
        enum_values: The texts allowed.

    Raises:
        StepError: The name, the default or an enum value is not acceptable.
    """

    parameter_type = "String"
    value_type = "string"
    _python_types = (str,)

    def __init__(
        self,
        name: str,
        default_value: str | None = None,
        enum_values: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, default_value)
        self._set_enum(enum_values)


class ParameterInteger(Parameter):
    """A whole-number parameter; see :class:`ParameterString` for the arguments."""

    parameter_type = "Integer"
    value_type = "integer"
    _python_types = (int,)

    def __init__(
        self,
        name: str,
        default_value: int | None = None,
        *,
        enum_values: Sequence[int] | None = None,
    ) -> None:
        super().__init__(name, default_value)
        self._set_enum(enum_values)


class ParameterFloat(Parameter):
    """A number parameter; whole numbers are accepted as its values."""

    parameter_type = "Float"
    value_type = "float"
    _python_types = (float, int)

    def __init__(
        self,
        name: str,
        default_value: float | None = None,
        *,
        enum_values: Sequence[float] | None = None,
    ) -> None:
        super().__init__(name, default_value)
        self._set_enum(enum_values)


class ParameterBoolean(Parameter):
    """A true-or-false parameter."""

    parameter_type = "Boolean"
    value_type = "boolean"
    _python_types = (bool,)

    def __init__(self, name: str, default_value: bool | None = None) -> None:
        super().__init__(name, default_value)
