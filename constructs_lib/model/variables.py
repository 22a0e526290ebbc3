"""Values that are known only when the pipeline runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NoReturn

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.expressions import (
    Expression,
    FileGet,
    Get,
    Index,
    ItemGet,
    Iteration,
    JoinOf,
    ObjectGet,
    Primitive,
    PropertyGet,
    ResultGet,
    StoredFile,
    marker,
    parse_text,
)
from constructs_lib.model.location import caller_location
from constructs_lib.model.resources import resource_text

if TYPE_CHECKING:
    from constructs_lib.model.for_each import ForEachStep
    from constructs_lib.model.steps import Step

_OPERATORS = (
    *("lt", "le", "gt", "ge", "contains"),
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"),
    *("radd", "rsub", "rmul", "rtruediv", "rfloordiv", "rmod", "rpow", "rmatmul"),
    *("and", "or", "xor", "lshift", "rshift", "rand", "ror", "rxor", "rlshift", "rrshift"),
    *("neg", "pos", "abs", "invert", "round", "trunc", "floor", "ceil"),
)


# What no Python text can carry.
_AT_RUN_TIME = (ItemGet, ResultGet, StoredFile, PropertyGet, FileGet, ObjectGet)


class PipelineVariable:
    """A value that does not exist yet at synthesis.

    It can be passed to steps, nested in lists, dicts, tuples and dataclasses, joined to text and
    compared in conditions. Python itself cannot compute with it: truth value, equality, order and
    arithmetic raise :class:`~constructs_lib.exceptions.StepError`.
    """

    #: The type it arrives with in a step: string, integer, float, boolean, or json if unknown.
    value_type: ClassVar[str] = "json"

    @property
    def expression(self) -> Expression:
        """What stands for the value in the pipeline definition."""
        raise TypeError(f"{type(self).__name__} has no expression")

    @property
    def expr(self) -> Expression:
        """Same as :attr:`expression`, under the SageMaker SDK's name."""
        return self.expression

    def __format__(self, spec: str) -> str:
        if spec:
            self._refuse(f"formatting with {spec!r}", "format it inside a step")
        return str(self)

    def __str__(self) -> str:
        return text_of(self)

    def __bool__(self) -> NoReturn:  # noqa: PLE0304 - always refuses
        self._refuse("truth value", "branch with ConditionStep, or inside a step")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        self._refuse("comparison", "compare with ConditionEquals in a ConditionStep")

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = object.__hash__

    def __len__(self) -> int:  # noqa: PLE0303 - always refuses
        self._refuse("length", "take the length inside a step")

    def _refuse(self, use: str, mend: str) -> NoReturn:
        raise StepError(
            Fault(
                what=f"{use} of {self!r}",
                found="a value that is known only when the pipeline runs",
                allowed="passing it to a step, a condition or Join",
                mend=mend[0].upper() + mend[1:] + ".",
                location=caller_location(),
            )
        )


def _refusing(operator: str) -> object:
    comparison = operator in {"lt", "le", "gt", "ge"}

    def method(self: PipelineVariable, *_: object) -> NoReturn:
        if comparison:
            self._refuse("comparison", "compare with a Condition in a ConditionStep")
        self._refuse(f"{operator.strip('_')} operation", "compute inside a step")

    method.__name__ = f"__{operator}__"
    return method


for _operator in _OPERATORS:
    setattr(PipelineVariable, f"__{_operator}__", _refusing(_operator))


class StepOutput(PipelineVariable):
    """What a step returns, or an element of it.

    Attributes:
        producer: The step that returns it.
        path: Indices into the result; empty for the whole of it.
        iteration: Which one, if the step is in the body of a ForEach step.
    """

    def __init__(
        self, producer: Step, path: tuple[Index, ...] = (), iteration: Iteration | None = None
    ) -> None:
        self.producer = producer
        self.path = path
        self.iteration = iteration

    @property
    def step(self) -> Step:
        """The step to wait for: the producer, or the ForEach step that it is in."""
        if self.iteration is None or self.iteration.for_each is None:
            return self.producer
        return self.iteration.for_each

    @property
    def expression(self) -> Expression:
        """A ``Std:JsonGet`` of the element."""
        return ResultGet(self.producer, self.path, self.iteration)

    def __repr__(self) -> str:
        return f"{self.producer!r}" + "".join(f"[{index!r}]" for index in self.path)

    def __str__(self) -> str:
        return self._refuse("text", 'use Join(on="", values=[...]), or format it inside a step')


class CollectedOutput(PipelineVariable):
    """What all iterations of a step have returned, as a list in the order of the items.

    Attributes:
        step: The ForEach step.
        producer: The step of its body that returns the elements.
    """

    def __init__(self, step: ForEachStep, producer: Step) -> None:
        self.step = step
        self.producer = producer

    @property
    def expression(self) -> NoReturn:
        """None: only a step can read all of them."""
        self._refuse("comparison or text", "compare an element, or all of them inside a step")

    def __str__(self) -> str:
        return self._refuse("text", "format it inside a step")

    def __repr__(self) -> str:
        return f"results of {self.producer!r}"


class ExecutionVariable(PipelineVariable):
    """A value that belongs to the running execution; see :class:`ExecutionVariables`."""

    value_type = "string"

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def expression(self) -> Expression:
        """A ``Get`` of the variable."""
        return Get(f"Execution.{self.name}")

    def __repr__(self) -> str:
        return f"ExecutionVariable({self.name!r})"


class ExecutionVariables:
    """The execution's own values.

    https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-properties.html
    """

    START_DATETIME = ExecutionVariable("StartDateTime")
    CURRENT_DATETIME = ExecutionVariable("CurrentDateTime")
    PIPELINE_NAME = ExecutionVariable("PipelineName")
    PIPELINE_ARN = ExecutionVariable("PipelineArn")
    PIPELINE_EXECUTION_ID = ExecutionVariable("PipelineExecutionId")
    PIPELINE_EXECUTION_ARN = ExecutionVariable("PipelineExecutionArn")
    TRAINING_JOB_NAME = ExecutionVariable("TrainingJobName")
    PROCESSING_JOB_NAME = ExecutionVariable("ProcessingJobName")


class Join(PipelineVariable):
    """Text made of values, with a separator between them (``Std:Join``).

    Args:
        on: The separator.
        values: Strings, numbers, booleans, parameters, execution variables, step results or
            further joins.

    Raises:
        StepError: A value is of another type.
    """

    value_type = "string"

    def __init__(self, on: str = "", values: Sequence[Primitive | PipelineVariable] = ()) -> None:
        self.on = on
        self.values = tuple(values)
        self._expression = JoinOf(on, tuple(as_expression(v, "a value of Join") for v in values))

    @property
    def expression(self) -> Expression:
        """A ``Std:Join`` of the values."""
        return self._expression

    def __repr__(self) -> str:
        return f"Join(on={self.on!r}, values={list(self.values)!r})"


def text_of(variable: PipelineVariable) -> str:
    """Return the string that carries a variable through Python text.

    Raises:
        StepError: The variable reads a step's result, which no string can carry.
    """

    def text(expression: Expression) -> str:
        if isinstance(expression, Get):
            return marker(expression)
        if isinstance(expression, JoinOf):
            return expression.on.join(text(value) for value in expression.values)
        if isinstance(expression, bool):
            return "true" if expression else "false"
        if isinstance(expression, _AT_RUN_TIME):
            variable._refuse("text", 'use Join(on="", values=[...])')
        return str(expression)

    return text(variable.expression)


def as_expression(value: object, what: str) -> Expression:
    """Turn a primitive or a variable into an expression.

    Args:
        value: What the user gave.
        what: Its place, for the error: "the left side of ConditionEquals".

    Raises:
        StepError: The value is neither.
    """
    if isinstance(value, PipelineVariable):
        return value.expression
    if isinstance(value, str):
        return parse_text(value)
    if isinstance(value, (bool, int)) or (isinstance(value, float) and value - value == 0):
        return value
    raise StepError(
        Fault(
            what=f"{what} has an unusable value",
            found=f"{value!r} ({type(value).__name__})",
            allowed="a string, a finite number, a boolean or a pipeline variable",
            mend=_mend(value),
            location=caller_location(),
        )
    )


def _mend(value: object) -> str:
    name = resource_text(value)
    if name is None:
        return "Pass the value itself, or the result of a step."
    return f"Pass its {name}; an argument of a step brings the permission to use it, too."
