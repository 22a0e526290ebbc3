"""``step``: turns a Python function into one that makes steps of a pipeline."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from types import MethodType
from typing import Any, Generic, ParamSpec, TypeVar, overload

from constructs_lib.authoring.delayed import DelayedReturn, MappedReturn
from constructs_lib.authoring.signature import bind, check_function, declared_elements
from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.for_each import ForEachStep
from constructs_lib.model.iterables import mapped
from constructs_lib.model.location import caller_location, code_location
from constructs_lib.model.serializers import check_elements
from constructs_lib.model.settings import StepSettings
from constructs_lib.model.steps import FunctionStep, function_name
from constructs_lib.model.variables import PipelineVariable
from constructs_lib.service.limits import MOST_CONCURRENT

P = ParamSpec("P")
R = TypeVar("R")


class StepFunction(Generic[P, R]):
    """A function whose calls are steps.

    Calling it checks the arguments against the function's signature, does not run the function,
    and returns a :class:`~constructs_lib.authoring.delayed.DelayedReturn`.

    Attributes:
        func: The function itself, to be called in unit tests.
        settings: What its steps need.
    """

    __wrapped__: Callable[P, R]

    def __init__(self, func: Callable[P, R], settings: StepSettings) -> None:
        functools.update_wrapper(self, func)
        self.func = func
        self.settings = settings

    def __call__(self, /, *args: Any, **kwargs: Any) -> DelayedReturn:
        """Make a step of this call; the function does not run."""
        return DelayedReturn(self._step(args, kwargs, self.settings))

    def map(
        self,
        items: Iterable[Any] | PipelineVariable,
        /,
        *args: Any,
        max_concurrency: int = MOST_CONCURRENT,
        **kwargs: Any,
    ) -> MappedReturn:
        """Make a step that calls the function once for each item of a list.

        ``train.map(depths, frame, seed=1)`` calls ``train(depth, frame, seed=1)`` for each depth.

        Args:
            items: What the function's first parameter gets: a list of at most 100 values of any
                kind, a list that another step returns, the results of another mapped step, or a
                ``ParameterString`` with the text of a JSON list.
            *args: The further arguments, the same in each call.
            max_concurrency: Most calls that run at once, 1 to 50. Not an argument of the function.
            **kwargs: The further arguments, the same in each call.

        Returns:
            The list of results, in the order of the items.

        Raises:
            StepError: It cannot be iterated over, or the call does not fit the function.
        """
        name = self.settings.name
        settings = (
            self.settings if name is None else self.settings.updated({"name": f"{name}-item"})
        )
        iterable, item = mapped(items, f"items of {name or function_name(self.func)!r}")
        body = self._step((item, *args), kwargs, settings)
        return MappedReturn(ForEachStep(name, iterable, max_concurrency, [body]), body)

    def _step(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], settings: StepSettings
    ) -> FunctionStep:
        name = settings.name or function_name(self.func)
        arguments = bind(self.func, name, args, kwargs)
        elements = declared_elements(self.func)
        check_elements(settings.serializer, elements, name)
        return FunctionStep(self.func, arguments, settings, elements)

    def with_options(self, **settings: Any) -> StepFunction[P, R]:
        """Return the same step function with some settings changed.

        Args:
            **settings: Arguments of :func:`step`.

        Raises:
            StepError: A setting of that name does not exist.
        """
        return StepFunction(self.func, self.settings.updated(settings))

    def remote(self, /, *args: Any, **kwargs: Any) -> R:
        """Run the function now, as one training job, and return its value.

        Role, image, instances and places are those of the deployed pipeline's step of the same
        name; see :func:`constructs_lib.remote_function.remote`, which takes other choices.

        Raises:
            StepError: The call does not fit the function, or an argument cannot be sent.
            RemoteFunctionError: The job failed or was stopped.
            RemoteError: No pipeline, or more than one, has such a step; or AWS has refused a
                request.
        """
        # The one way up: only this method needs boto3, and it belongs to what `@step` gives.
        from constructs_lib.remote_function import remote

        return remote(self)(*args, **kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> object:
        """Refuse use as a method: its ``self`` would not exist in the container."""
        if instance is None:
            return self
        raise StepError(
            Fault(
                what=f"step {self.func.__qualname__!r} is called as a method",
                found=f"a method of {type(instance).__name__}",
                allowed="functions",
                mend="Define the function at the top level of a module.",
                location=caller_location(),
            )
        )

    def __repr__(self) -> str:
        return f"step function {self.func!r}"


@overload
def step(func: Callable[P, R], /, **settings: Any) -> StepFunction[P, R]: ...
@overload
def step(**settings: Any) -> Callable[[Callable[P, R]], StepFunction[P, R]]: ...
def step(func: Callable[..., Any] | None = None, /, **settings: Any) -> Any:
    """Make a function into one whose calls are steps of a pipeline.

    Used bare (``@step``), with settings (``@step(instance_type="ml.m5.xlarge")``) or as a function
    (``step(train, name="train-deep")``).

    Args:
        func: A function that returns its result; neither async nor a generator.
        **settings: Fields of :class:`~constructs_lib.model.settings.StepSettings`.

    Returns:
        A :class:`StepFunction`, or a decorator that makes one.

    Raises:
        StepError: The function cannot be a step, or a setting does not exist.
    """
    chosen = StepSettings().updated(settings)
    if func is None:
        return _StepDecorator(chosen)
    return _StepDecorator(chosen)(func)


class _StepDecorator:
    """What ``step(...)`` with settings alone returns."""

    def __init__(self, settings: StepSettings) -> None:
        self.settings = settings

    def __call__(self, func: Callable[P, R]) -> StepFunction[P, R]:
        if isinstance(func, StepFunction):
            return func.with_options(**self.settings.chosen())
        reason = check_function(func)
        if reason is not None:
            raise StepError(
                Fault(
                    what=f"{_describe(func)} cannot be a step",
                    found=reason,
                    allowed="a function that returns its result",
                    mend="Write a plain function: return a list instead of yielding, "
                    "run coroutines with asyncio.run inside.",
                    location=_location(func),
                )
            )
        return StepFunction(func, self.settings)


def _describe(func: object) -> str:
    return f"function {func.__qualname__!r}" if inspect.isfunction(func) else repr(func)


def _location(func: object) -> str | None:
    plain = func.__func__ if isinstance(func, MethodType) else func
    code = getattr(plain, "__code__", None)
    return code_location(code) if code is not None else caller_location()
