"""``ForEachStep``: runs its steps once for each item of a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.expressions import (
    Expression,
    ItemGet,
    Iteration,
    PropertyGet,
    reads_item,
    steps_of,
)
from constructs_lib.model.iterables import IterableItems, values_of
from constructs_lib.model.location import caller_location
from constructs_lib.model.properties import NamedProperty
from constructs_lib.model.steps import ConditionStep, FailStep, Step, StepLike, as_step
from constructs_lib.model.variables import PipelineVariable
from constructs_lib.service.limits import MOST_CONCURRENT


class CurrentItem(PipelineVariable):
    """The item that a step in the body of a :class:`ForEachStep` runs for.

    Fields of an item that is a JSON object are ``item.depth`` or ``item["depth"]``, to any depth.
    """

    value_type = "item"

    def __init__(self, path: str = "") -> None:
        self._path = path

    @property
    def expression(self) -> Expression:
        """A ``Get`` of the item or of a field of it."""
        return ItemGet(self._path)

    def __getattr__(self, name: str) -> CurrentItem:
        if name.startswith("_"):
            raise AttributeError(name)
        return CurrentItem(f"{self._path}.{name}")

    def __getitem__(self, key: int | str) -> CurrentItem:
        return CurrentItem(f"{self._path}[{key}]" if isinstance(key, int) else self._key(key))

    def __iter__(self) -> NoReturn:
        self._refuse("iteration", "iterate inside a step")

    def _key(self, key: str) -> str:
        escaped = key.replace("\\", "\\\\").replace("'", "\\'")
        return f"{self._path}['{escaped}']"

    def __str__(self) -> str:
        return self._refuse("text", 'use Join(on="", values=[...]), or format it inside a step')

    def __repr__(self) -> str:
        return f"CurrentItem(){self._path}"


class ForEachSelectorPickType(Enum):
    """Which iteration a :class:`ForEachSelector` picks."""

    MAX_BY = "MaxBy"
    MIN_BY = "MinBy"


@dataclass(frozen=True)
class ForEachSelector:
    """Picks one iteration; ``step.properties.Selected`` are the properties of its step.

    Attributes:
        pick: MaxBy or MinBy.
        field: What is compared, such as
            ``IterationOutput(train).FinalMetricDataList["auc"].Value``.

    Raises:
        StepError: One of them is something else.
    """

    pick: ForEachSelectorPickType | str
    field: Any

    def __post_init__(self) -> None:
        names = [member.value for member in ForEachSelectorPickType]
        pick = getattr(self.pick, "value", self.pick)
        if pick not in names:
            _fail("ForEachSelector has an unusable pick", repr(self.pick), ", ".join(names))
        object.__setattr__(self, "pick", ForEachSelectorPickType(pick))
        found = self.field.expression if isinstance(self.field, PipelineVariable) else None
        if not isinstance(found, PropertyGet) or found.iteration != Iteration():
            _fail(
                "ForEachSelector has an unusable field",
                repr(self.field),
                "a property of a step of the body",
                'Give IterationOutput(step).FinalMetricDataList["auc"].Value.',
            )

    @property
    def compared(self) -> PropertyGet:
        """What is compared."""
        return self.field.expression  # type: ignore[no-any-return]  # checked when it was made


def IterationOutput(body_step: StepLike) -> Any:  # noqa: N802 - the SageMaker SDK's name
    """Return the properties of a step of the body, for a :class:`ForEachSelector`.

    Args:
        body_step: The step, or what it returns.
    """
    step: Any = as_step(body_step, "IterationOutput")
    return step.properties.in_iteration(Iteration())


class ForEachStep(Step):
    """Runs the steps of its body once for each item of a list.

    Steps that only the body needs and that depend on the item belong to the body too, listed or
    not. What the body needs from outside runs once, before.

    Args:
        name: Unique in the pipeline.
        iterable_items: 1 to 100 texts, numbers, booleans, JSON data or pipeline variables in a
            list; or a variable whose value is a list: what a ``@step`` function returns, or the
            text of a JSON list.
        max_concurrency: Most steps of the body that run at once, 1 to 50.
        for_each_body: Steps or step results; :class:`CurrentItem` is their item.
        selector: Picks one iteration for ``properties.Selected``.
        display_name: Shown in the console.
        description: Shown in the console.
        depends_on: Steps that must have succeeded before.

    Raises:
        StepError: An argument is none of these.
    """

    body: tuple[Step, ...] = ()

    def __init__(
        self,
        name: str | None,
        iterable_items: Any,
        max_concurrency: int = MOST_CONCURRENT,
        for_each_body: Sequence[StepLike] = (),
        selector: ForEachSelector | None = None,
        display_name: str | None = None,
        description: str | None = None,
        depends_on: Sequence[StepLike] = (),
    ) -> None:
        super().__init__(name, depends_on, display_name, description)
        self.items = (
            iterable_items
            if isinstance(iterable_items, IterableItems)
            else values_of(iterable_items, f"iterable_items of {self!r}")
        )
        self.max_concurrency = max_concurrency
        listed = [as_step(entry, f"for_each_body of {self!r}") for entry in for_each_body]
        self.body = _with_what_varies(listed)
        self.selector = selector
        self._check()
        for step in self.body:
            step.for_each = self

    @property
    def base_name(self) -> str:
        """The chosen name, else that of the function that it runs."""
        if self.explicit_name is not None:
            return self.explicit_name
        return self.body[-1].base_name.removesuffix("-item") if self.body else "ForEach"

    @property
    def properties(self) -> ForEachProperties:
        """What the service knows of the step once it has run."""
        return ForEachProperties(self)

    def inner(self) -> Mapping[str, Sequence[Step]]:
        """Return the steps of the body."""
        return {"for_each_body": self.body}

    def reads(self) -> Iterable[Step]:
        """Yield the steps that items come from, and those outside that the body needs."""
        for expression in self.expressions():
            yield from steps_of(expression)
        for step in self.body:
            yield from (other for other in step.upstream() if other not in self.body)

    def expressions(self) -> Iterable[Expression]:
        """Yield the items."""
        items = self.items.expression
        return items if isinstance(items, tuple) else (items,)

    def _check(self) -> None:
        most = self.max_concurrency
        if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= MOST_CONCURRENT:
            allowed = f"1 to {MOST_CONCURRENT}"
            _fail(f"{self!r} has an unusable max_concurrency", repr(most), allowed)
        if not self.body:
            _fail(f"{self!r} has nothing to run", "for_each_body=[]", "one or more steps")
        for step in self.body:
            if isinstance(step, (ConditionStep, FailStep, ForEachStep)):
                _fail(
                    f"{self!r} has a step in its body that the service does not run there",
                    f"{step!r} ({type(step).__name__})",
                    "any but ConditionStep, FailStep and ForEachStep",
                    "Decide inside a step, or after the ForEach step by its properties.",
                )
        if self.selector is not None and self.selector.compared.step not in self.body:
            _fail(
                f"the selector of {self!r} compares a step that is not in its body",
                repr(self.selector.compared.step),
                ", ".join(map(repr, self.body)),
            )


class ForEachProperties:
    """What is known of a ForEach step.

    Attributes:
        Status: Succeeded, Failed or Stopped.
        InputItemCount: How many items there were.
        TotalStepCount: How many steps of the body there were, of all iterations.
        SucceededStepCount: How many of them succeeded.
        FailedStepCount: How many failed.
        StoppedStepCount: How many were stopped.
    """

    def __init__(self, step: ForEachStep) -> None:
        self._step = step
        self.Status = NamedProperty(step, "Status", "string")
        self.InputItemCount = NamedProperty(step, "InputItemCount", "integer")
        self.TotalStepCount = NamedProperty(step, "TotalStepCount", "integer")
        self.SucceededStepCount = NamedProperty(step, "SucceededStepCount", "integer")
        self.FailedStepCount = NamedProperty(step, "FailedStepCount", "integer")
        self.StoppedStepCount = NamedProperty(step, "StoppedStepCount", "integer")

    @property
    def IterationOutputs(self) -> _Iterations:  # noqa: N802 - the service's name
        """``IterationOutputs[0].train``: the properties of a step of the body."""
        return _Iterations(self._step)

    @property
    def Selected(self) -> Any:  # noqa: N802 - the service's name
        """The properties of the step that the selector has picked.

        Raises:
            StepError: There is no selector.
        """
        if self._step.selector is None:
            _fail(f"{self._step!r} selects nothing", "no selector", "selector=ForEachSelector(...)")
        body: Any = self._step.selector.compared.step
        return body.properties.in_iteration(Iteration(self._step))


class _Iterations:
    def __init__(self, step: ForEachStep) -> None:
        self._step = step

    def __getitem__(self, index: int) -> _BodySteps:
        check_index(self._step, index)
        return _BodySteps(self._step, Iteration(self._step, index))

    def __iter__(self) -> Iterator[_BodySteps]:
        if self._step.items.count is None:
            _fail(f"{self._step!r} cannot be iterated", "a list of unknown length", "an index")
        return iter([self[index] for index in range(self._step.items.count)])


class _BodySteps:
    def __init__(self, step: ForEachStep, iteration: Iteration) -> None:
        self._step = step
        self._iteration = iteration

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        named: dict[str, Any] = {step.base_name: step for step in self._step.body}
        if name not in named:
            _fail(f"{self._step!r} has no such step in its body", repr(name), ", ".join(named))
        return named[name].properties.in_iteration(self._iteration)

    __getitem__ = __getattr__


def check_index(step: ForEachStep, index: Any) -> None:
    """Check the number of an iteration.

    Raises:
        StepError: There is none of that number.
    """
    count = step.items.count
    is_number = isinstance(index, int) and not isinstance(index, bool)
    if not is_number or index < 0 or (count is not None and index >= count):
        allowed = "a whole number, from 0" if count is None else f"0 to {count - 1}"
        _fail(f"{step!r} has no such iteration", repr(index), allowed)


def _with_what_varies(listed: Sequence[Step]) -> tuple[Step, ...]:
    """Return steps and those that they need which depend on the item, in order of making."""
    needed: dict[Step, None] = dict.fromkeys(listed)
    pending = list(listed)
    while pending:
        for step in pending.pop().upstream():
            if step not in needed:
                needed[step] = None
                pending.append(step)
    varying = set(listed)
    for step in sorted(needed, key=lambda step: step.number):
        if any(map(reads_item, step.expressions())) or varying & {*step.upstream()}:
            varying.add(step)
    return tuple(sorted(varying, key=lambda step: step.number))


def _fail(what: str, found: str, allowed: str, mend: str = "Correct the argument.") -> NoReturn:
    raise StepError(Fault(what, found, allowed, mend, caller_location()))
