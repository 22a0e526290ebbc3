"""Steps whose arguments are a request to an API: the base of all that run no function of ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.expressions import Expression, steps_of
from constructs_lib.model.location import caller_location
from constructs_lib.model.properties import Properties
from constructs_lib.model.steps import Step, StepLike
from constructs_lib.model.variables import PipelineVariable, as_expression
from constructs_lib.service.step_types import response_shape

if TYPE_CHECKING:
    from constructs_lib.model.caching import CacheConfig
    from constructs_lib.model.retries import RetryPolicy


class RequestStep(Step):
    """A step that is a request.

    Args:
        name: Unique in the pipeline.
        arguments: The request, as boto3 takes it. Wherever a value stands, a pipeline variable
            may: a parameter, a property of another step, what a ``@step`` function returns, Join.
        display_name: Shown in the console.
        description: Shown in the console.
        depends_on: Steps that must have succeeded before, besides those whose values it reads.
        cache_config: When to reuse an earlier run. Default: never.
        retry_policies: When the service runs it again.

    Raises:
        StepError: A value in the request can stand in no request.
    """

    #: ``Type`` of the step in the definition.
    step_type: ClassVar[str]

    def __init__(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        display_name: str | None = None,
        description: str | None = None,
        depends_on: Sequence[StepLike] = (),
        cache_config: CacheConfig | None = None,
        retry_policies: Sequence[RetryPolicy] = (),
    ) -> None:
        super().__init__(name, depends_on or (), display_name, description)
        self.arguments: dict[str, Any] = _copied(arguments, f"arguments of {self!r}")
        self.cache_config = cache_config
        self.retry_policies = tuple(retry_policies or ())

    @property
    def name(self) -> str:
        """The step's name."""
        return str(self.explicit_name)

    @property
    def properties(self) -> Any:
        """What the service knows of the step once it has run.

        Members of its ``Describe...`` response, checked when they are written.
        """
        return Properties(self, "", response_shape(self.step_type))

    def reads(self) -> Iterable[Step]:
        """Yield the steps whose values are in the request."""
        for expression in self.expressions():
            yield from steps_of(expression)

    def expressions(self) -> Iterable[Expression]:
        """Yield the values of the request."""
        for value in _leaves(self.members()):
            yield as_expression(value, "a value of the request")

    def members(self) -> dict[str, Any]:
        """Return what the definition says besides names, type and dependencies."""
        return {"Arguments": self.arguments}


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for entry in value.values():
            yield from _leaves(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _leaves(entry)
    elif value is not None:
        yield value


def _copied(value: Any, where: str) -> Any:
    """Return a copy of lists and dicts, so that what the caller changes later has no effect."""
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                _fail(where, f"the key {key!r}", "texts as keys")
        return {key: _copied(entry, f"{where}, {key}") for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_copied(entry, f"{where}[{index}]") for index, entry in enumerate(value)]
    if value is None or isinstance(value, PipelineVariable):
        return value
    if isinstance(value, (str, bool, int, float)):
        as_expression(value, where)
        return value
    return _fail(
        where,
        f"{value!r} ({type(value).__name__})",
        "dicts, lists, texts, numbers, booleans and pipeline variables",
    )


def _fail(where: str, found: str, allowed: str) -> Any:
    raise StepError(
        Fault(
            what=f"{where} cannot be sent to the service",
            found=found,
            allowed=allowed,
            mend="Correct the request; give constructs by their name or ARN.",
            location=caller_location(),
        )
    )
