"""The steps of a pipeline and what each depends on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.conditions import Condition, as_condition
from constructs_lib.model.dependencies import StepDependency, TriggerCondition
from constructs_lib.model.expressions import Expression, steps_of
from constructs_lib.model.instances import instance_types
from constructs_lib.model.location import caller_location
from constructs_lib.model.properties import ConditionProperties, Properties
from constructs_lib.model.settings import BUILT_IN, setting_values
from constructs_lib.model.shipped import ShippedFunction
from constructs_lib.model.values import (
    Checkpoints,
    Collected,
    Mounted,
    S3Data,
    Stored,
    Upstream,
    Value,
    Variable,
    leaves,
)
from constructs_lib.model.variables import PipelineVariable, StepOutput, as_expression
from constructs_lib.service.instances import has_local_storage
from constructs_lib.service.step_types import response_shape

if TYPE_CHECKING:
    from constructs_lib.model.for_each import ForEachStep
    from constructs_lib.model.settings import StepDefaults, StepSettings

_numbers = itertools.count()

StepLike: TypeAlias = Union["Step", "StepOutput", StepDependency, str]


class Step:
    """A node of the pipeline.

    Attributes:
        explicit_name: The name the user chose, or None.
        depends_on: Steps that must have succeeded before, besides those whose results it reads.
        location: ``file:line`` where the user made it.
        number: Steps are numbered in the order in which they were made.
        owner: The pipeline that it belongs to, once it does.
        for_each: The ForEach step whose body it is in, or None.
    """

    def __init__(
        self,
        explicit_name: str | None,
        depends_on: Sequence[StepLike] = (),
        display_name: str | None = None,
        description: str | None = None,
    ) -> None:
        self.explicit_name = explicit_name
        self.for_each: ForEachStep | None = None
        self.display_name = display_name
        self.description = description
        self.depends_on: list[Step] = []
        self.triggers: dict[Step, TriggerCondition] = {}
        self._named: list[StepDependency] = []
        self.location = caller_location()
        self.number = next(_numbers)
        self.owner: str | None = None
        self.add_depends_on(depends_on)

    @property
    def base_name(self) -> str:
        """The name that an unnamed step is numbered from."""
        return self.explicit_name or type(self).__name__

    def add_depends_on(self, steps: Sequence[StepLike]) -> None:
        """Let this step start only after others have succeeded.

        Args:
            steps: Steps, step results, names of steps, or a
                :class:`~constructs_lib.model.dependencies.StepDependency` for another outcome.

        Raises:
            StepError: An entry is none of them.
        """
        if not isinstance(steps, (list, tuple)):
            steps = [steps]  # type: ignore[list-item]  # one step, given without a list
        for entry in steps:
            wanted = entry if isinstance(entry, StepDependency) else StepDependency(entry)
            if isinstance(wanted.step, str):
                self._named.append(wanted)
            else:
                self._depend(as_step(wanted.step, f"depends_on of {self!r}"), wanted.trigger)

    def resolve(self, names: Mapping[str, Step]) -> list[str]:
        """Depend on the steps that were given by name; returns the names that there are not.

        Args:
            names: Name to step.
        """
        unknown = [str(entry.step) for entry in self._named if entry.step not in names]
        for entry in self._named:
            if entry.step in names:
                self._depend(names[entry.step], entry.trigger)
        self._named = [entry for entry in self._named if entry.step in unknown]
        return unknown

    def _depend(self, step: Step, trigger: TriggerCondition) -> None:
        self.depends_on.append(step)
        if trigger is not TriggerCondition.COMPLETED:
            self.triggers[step] = trigger

    def reads(self) -> Iterable[Step]:
        """Yield the steps whose results this step reads, repetitions included."""
        return ()

    def upstream(self) -> list[Step]:
        """Return every step that must have succeeded before, each once, in order of making."""
        return sorted({*self.reads(), *self.depends_on}, key=lambda step: step.number)

    def expressions(self) -> Iterable[Expression]:
        """Yield every expression in the step's own definition."""
        return ()

    def inner(self) -> Mapping[str, Sequence[Step]]:
        """Return the steps that run inside of this one, by the argument that takes them."""
        return {}

    def __repr__(self) -> str:
        return f"step {self.base_name!r}"


class FunctionStep(Step):
    """A call of a ``@step`` function; runs as a SageMaker training job.

    Attributes:
        function: The undecorated function.
        arguments: One entry an argument: its name, whether it is passed by position, its value.
        settings: What the job needs: what the step sets, else its pipeline's defaults, else the
            built-in ones.
        own_settings: What the step itself sets.
        elements: How many elements the function's declared tuple result has; None if it declares
            none, or not how many.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: Sequence[tuple[str, bool, Value]],
        settings: StepSettings,
        elements: int | None,
    ) -> None:
        self.function = function  # first: errors about dependencies tell the step's name
        super().__init__(
            settings.name,
            settings.depends_on or (),
            settings.display_name,
            settings.description,
        )
        self.arguments = tuple(arguments)
        self.elements = elements
        self.own_settings = self._with_checkpoints(settings)
        self.settings = self.own_settings.over(BUILT_IN)

    @property
    def serializer(self) -> str | type | tuple[str | type | None, ...] | None:
        """What stores the result, or each of its elements; None if its type decides.

        A pipeline's default is for what the user's functions return.
        """
        return None if isinstance(self.function, ShippedFunction) else self.settings.serializer

    def use_defaults(self, defaults: StepDefaults) -> None:
        """Take what the step does not set itself from its pipeline's defaults.

        A default key for the instances' storage is left out where the service takes none.
        """
        settings = self.own_settings.over(defaults.chosen()).over(BUILT_IN)
        if self.own_settings.volume_kms_key is None and any(
            map(has_local_storage, instance_types(settings))
        ):
            settings = replace(settings, volume_kms_key=None)
        self.settings = settings

    def _with_checkpoints(self, settings: StepSettings) -> StepSettings:
        """Return the settings with the location that the call passes, if it passes one."""
        values = [leaf for _, _, value in self.arguments for leaf in leaves(value)]
        found = [leaf.location.s3_uri for leaf in values if isinstance(leaf, Checkpoints)]
        if not found:
            return settings
        if len(found) > 1 or settings.checkpoint_s3_uri is not None:
            both = "CheckpointLocation and checkpoint_s3_uri"
            raise StepError(
                Fault(
                    what=f"{self!r} has more than one place for its checkpoints",
                    found=both if len(found) == 1 else f"{len(found)} CheckpointLocations",
                    allowed="one CheckpointLocation in the call, or checkpoint_s3_uri",
                    mend="Leave the others out.",
                    location=self.location,
                )
            )
        return settings.updated({"checkpoint_s3_uri": found[0]})

    @property
    def base_name(self) -> str:
        """The chosen name, else the function's; with ``-item`` if it runs for each of them."""
        if self.explicit_name is not None:
            return self.explicit_name
        name = function_name(self.function)
        return name if self.for_each is None else f"{name}-item"

    @property
    def properties(self) -> Properties:
        """What the service knows of the training job once it has run."""
        return Properties(self, "", response_shape("Training"))

    def reads(self) -> Iterable[Step]:
        """Yield the steps whose results are arguments or settings."""
        for _, _, value in self.arguments:
            for leaf in leaves(value):
                if isinstance(leaf, (Upstream, Stored, Collected)):
                    yield leaf.output.step
        for expression in self.expressions():
            yield from steps_of(expression)

    def expressions(self) -> Iterable[Expression]:
        """Yield the expressions among arguments and settings."""
        for _, _, value in self.arguments:
            for leaf in leaves(value):
                if isinstance(leaf, Variable):
                    yield leaf.expression
                elif isinstance(leaf, S3Data):
                    yield leaf.source.uri
                elif isinstance(leaf, Mounted):
                    yield from leaf.source.expressions()
        for setting in setting_values(self.settings):
            if isinstance(setting, (str, PipelineVariable)):
                yield as_expression(setting, "a setting")


class ConditionStep(Step):
    """Runs one of two branches.

    Steps that only a branch needs run only in that branch.

    Args:
        name: Unique in the pipeline.
        depends_on: Steps that must have succeeded before.
        display_name: Shown in the console.
        description: Shown in the console.
        conditions: All of them must hold for the first branch to run.
        if_steps: Steps or step results that run if the conditions hold.
        else_steps: Steps or step results that run otherwise.
    """

    def __init__(
        self,
        name: str,
        depends_on: Sequence[StepLike] | None = None,
        display_name: str | None = None,
        description: str | None = None,
        conditions: Sequence[Condition] = (),
        if_steps: Sequence[StepLike] = (),
        else_steps: Sequence[StepLike] = (),
    ) -> None:
        super().__init__(name, depends_on or (), display_name, description)
        self.conditions = tuple(as_condition(c, f"conditions of {self!r}") for c in conditions)
        self.if_steps = [as_step(step, f"if_steps of {self!r}") for step in if_steps]
        self.else_steps = [as_step(step, f"else_steps of {self!r}") for step in else_steps]

    @property
    def properties(self) -> ConditionProperties:
        """``properties.Outcome``: whether the conditions held."""
        return ConditionProperties(self)

    def reads(self) -> Iterable[Step]:
        """Yield the steps whose results are compared."""
        for expression in self.expressions():
            yield from steps_of(expression)

    def expressions(self) -> Iterable[Expression]:
        """Yield both sides of every comparison."""
        for condition in self.conditions:
            yield from condition.operands()

    def inner(self) -> Mapping[str, Sequence[Step]]:
        """Return the steps of both branches."""
        return {"if_steps": self.if_steps, "else_steps": self.else_steps}


class FailStep(Step):
    """Ends the execution as failed.

    Args:
        name: Unique in the pipeline.
        error_message: Shown as the reason; text, or a pipeline variable; at most 3,072
            characters.
        display_name: Shown in the console.
        description: Shown in the console.
        depends_on: Steps that must have succeeded before.
    """

    def __init__(
        self,
        name: str,
        error_message: str | PipelineVariable = "",
        display_name: str | None = None,
        description: str | None = None,
        depends_on: Sequence[StepLike] = (),
    ) -> None:
        super().__init__(name, depends_on, display_name, description)
        self.error_message = as_expression(error_message, f"error_message of {self!r}")

    def reads(self) -> Iterable[Step]:
        """Yield the steps whose results are in the message."""
        return steps_of(self.error_message)

    def expressions(self) -> Iterable[Expression]:
        """Yield the message."""
        return (self.error_message,)


def function_name(function: Callable[..., Any]) -> str:
    """Return a function's name; that of its type for callable objects."""
    return str(getattr(function, "__name__", type(function).__name__))


def as_step(entry: object, what: str) -> Step:
    """Return the step that the user means by a step or by a step's result.

    Args:
        entry: What the user gave.
        what: Its place, for the error.

    Raises:
        StepError: It is neither.
    """
    step = entry if isinstance(entry, Step) else getattr(entry, "step", None)
    if isinstance(step, Step):
        return step
    raise StepError(
        Fault(
            what=f"{what} has an entry that is no step",
            found=repr(entry),
            allowed="a step, or the result of calling a @step function",
            mend="Call the function: give train(frame), not train.",
            location=caller_location(),
        )
    )
