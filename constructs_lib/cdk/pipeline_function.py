"""``@pipeline``: a function whose parameters are the pipeline's, and whose body wires its steps."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Sequence
from typing import Any, Literal, overload

from constructs import Construct

from constructs_lib.cdk.pipeline import Pipeline
from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.location import code_location
from constructs_lib.model.parameters import (
    Parameter,
    ParameterBoolean,
    ParameterFloat,
    ParameterInteger,
    ParameterString,
)

_KINDS: dict[type, type[Parameter]] = {
    bool: ParameterBoolean,
    int: ParameterInteger,
    float: ParameterFloat,
    str: ParameterString,
}


class PipelineFunction:
    """A function that makes a :class:`~constructs_lib.cdk.pipeline.Pipeline`.

    Call it with a scope, a construct ID and, if they differ from those of the decorator, arguments
    of the pipeline.

    Attributes:
        func: The function itself.
    """

    def __init__(self, func: Callable[..., Any], settings: dict[str, Any]) -> None:
        functools.update_wrapper(self, func)
        self.func = func
        self._settings = settings

    def __call__(self, scope: Construct, id: str, **settings: Any) -> Pipeline:
        """Make the pipeline.

        Args:
            scope: Usually a stack.
            id: Construct ID.
            **settings: Arguments of :class:`~constructs_lib.cdk.pipeline.Pipeline`, besides
                ``steps`` and ``parameters``.

        Raises:
            StepError: A parameter of the function cannot be one of the pipeline, or the function
                returns no steps.
            PipelineError: The pipeline has faults; all of them are listed.
        """
        parameters = self.parameters()
        returned = self.func(**parameters)
        steps = list(returned) if isinstance(returned, (list, tuple)) else [returned]
        if returned is None:
            raise self._error("returns no steps", "None", "the last step, or a list of steps")
        return Pipeline(
            scope,
            id,
            steps=steps,
            parameters=list(parameters.values()),
            **{**self._settings, **settings},
        )

    def parameters(self) -> dict[str, Parameter]:
        """Return the pipeline's parameters by name, from annotations and defaults.

        Raises:
            StepError: A parameter of the function cannot be one of the pipeline.
        """
        hints = typing.get_type_hints(self.func)
        found = {}
        for name, parameter in inspect.signature(self.func).parameters.items():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise self._error(f"parameter {name!r}", f"{parameter}", "named parameters")
            default = None if parameter.default is parameter.empty else parameter.default
            found[name] = self._parameter(name, hints.get(name), default)
        return found

    def _parameter(self, name: str, hint: Any, default: Any) -> Parameter:
        if typing.get_origin(hint) is Literal:
            values: Sequence[Any] = typing.get_args(hint)
            kind = _KINDS.get(type(values[0]))
            if kind is not None and kind is not ParameterBoolean:
                return kind(name, default, enum_values=values)  # type: ignore[call-arg]
        kind = _KINDS.get(hint if hint is not None else type(default))
        if kind is None:
            raise self._error(
                f"parameter {name!r} has no usable type",
                "none" if hint is None else repr(hint),
                "str, int, float, bool or Literal[...] as annotation, or a default",
            )
        return kind(name, default)

    def _error(self, what: str, found: str, allowed: str) -> StepError:
        return StepError(
            Fault(
                what=f"pipeline function {self.func.__name__!r}: {what}",
                found=found,
                allowed=allowed,
                mend="Correct the function.",
                location=code_location(self.func.__code__),
            )
        )


@overload
def pipeline(func: Callable[..., Any], /) -> PipelineFunction: ...
@overload
def pipeline(**settings: Any) -> Callable[[Callable[..., Any]], PipelineFunction]: ...
def pipeline(func: Callable[..., Any] | None = None, /, **settings: Any) -> Any:
    """Make a function into one that makes a pipeline.

    The function's parameters become the pipeline's, typed by their annotations, with their
    defaults; its body calls step functions and returns the last steps::

        @pipeline(pipeline_name="churn")
        def churn(depth: int = 6, kind: Literal["fast", "good"] = "good"):
            return evaluate(train(load(), depth, kind))


        churn(stack, "Churn")

    Args:
        func: The function, if the decorator is used bare.
        **settings: Arguments of :class:`~constructs_lib.cdk.pipeline.Pipeline`.

    Returns:
        A :class:`PipelineFunction`, or a decorator that makes one.
    """
    if func is None:
        return lambda given: PipelineFunction(given, settings)
    return PipelineFunction(func, settings)
