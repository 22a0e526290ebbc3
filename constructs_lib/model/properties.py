"""What a step's job is known by once it has run: ``step.properties``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from constructs_lib.exceptions import Fault, StepError, suggestion
from constructs_lib.model.expressions import Expression, Iteration, PropertyGet
from constructs_lib.model.location import caller_location
from constructs_lib.model.variables import PipelineVariable

if TYPE_CHECKING:
    from botocore.model import Shape

    from constructs_lib.model.steps import Step

_TYPES = {
    "string": "string",
    "timestamp": "string",
    "integer": "integer",
    "long": "integer",
    "float": "float",
    "double": "float",
    "boolean": "boolean",
}


class Properties(PipelineVariable):
    """A property of a step, or a group of them.

    Attributes are members of the service's ``Describe...`` response, such as
    ``step.properties.ModelArtifacts.S3ModelArtifacts``; lists take an index, lists of named things
    also a name: ``step.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri``.

    Args:
        step: The step.
        path: Of the property; empty for all of them.
        shape: What the service's model says about it; None if there is no model.
        iteration: Which one, if the step is in the body of a ForEach step.

    Raises:
        StepError: A member does not exist.
    """

    def __init__(
        self,
        step: Step,
        path: str = "",
        shape: Shape | None = None,
        iteration: Iteration | None = None,
    ) -> None:
        self._step = step
        self._path = path
        self._shape = shape
        self._iteration = iteration

    @property
    def step(self) -> Step:
        """The step to wait for: the one that has the property, or the ForEach step it is in."""
        if self._iteration is None or self._iteration.for_each is None:
            return self._step
        return self._iteration.for_each

    @property
    def value_type(self) -> str:  # type: ignore[override]  # known for each by its shape
        """The type it arrives with in a step."""
        return "json" if self._shape is None else _TYPES.get(self._shape.type_name, "json")

    @property
    def expression(self) -> Expression:
        """A ``Get`` of the property."""
        if self._shape is not None and self._shape.type_name in {"structure", "list", "map"}:
            members = list(getattr(self._shape, "members", {}))
            self._fail("is a group of values", repr(self), f"one of its values: {members or '[0]'}")
        return PropertyGet(self._step, self._path, self.value_type, self._iteration)

    def in_iteration(self, iteration: Iteration) -> Properties:
        """Return the properties of one iteration of the step."""
        return Properties(self._step, self._path, self._shape, iteration)

    def __getattr__(self, name: str) -> Properties:
        if name.startswith("__"):
            raise AttributeError(name)
        members: Any = getattr(self._shape, "members", {})
        if name not in members:
            known = ", ".join(members) or "none: it is a single value"
            mend = suggestion(name, members, "Correct the name.")
            self._fail("has no such property", repr(name), known, mend)
        path = f"{self._path}.{name}" if self._path else name
        return Properties(self._step, path, members[name], self._iteration)

    def __getitem__(self, key: int | str) -> Properties:
        kind = None if self._shape is None else self._shape.type_name
        if kind == "list" and isinstance(key, (int, str)):
            return self._at(key, self._shape.member)  # type: ignore[union-attr]
        if kind == "map" and isinstance(key, str):
            return self._at(key, self._shape.value)  # type: ignore[union-attr]
        if kind == "structure" and isinstance(key, str):
            return getattr(self, key)  # type: ignore[no-any-return]
        return self._fail("has no elements", repr(key), "properties that are lists or maps")

    def __iter__(self) -> NoReturn:
        self._fail("cannot be iterated", repr(self), "an index")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *getattr(self._shape, "members", {})]

    def __repr__(self) -> str:
        return f"{self._step!r}.properties" + (f".{self._path}" if self._path else "")

    def __str__(self) -> str:
        return self._refuse("text", 'use Join(on="", values=[...])')

    def _at(self, key: int | str, shape: Shape) -> Properties:
        index = str(key) if isinstance(key, int) else f"'{key}'"
        return Properties(self._step, f"{self._path}[{index}]", shape, self._iteration)

    def _fail(self, what: str, found: str, allowed: str, mend: str = "Name one value.") -> NoReturn:
        raise StepError(
            Fault(
                what=f"{self!r} {what}",
                found=found,
                allowed=allowed,
                mend=mend,
                location=caller_location(),
            )
        )


class OutputProperties(PipelineVariable):
    """The named outputs of a step that no API model describes: ``step.properties.Outputs["x"]``.

    Args:
        step: The step.
        outputs: Name of an output to the type it arrives with in a step.
    """

    def __init__(
        self, step: Step, outputs: dict[str, str], iteration: Iteration | None = None
    ) -> None:
        self._step = step
        self._outputs = outputs
        self._iteration = iteration

    def in_iteration(self, iteration: Iteration) -> OutputProperties:
        """Return the outputs of one iteration of the step."""
        return OutputProperties(self._step, self._outputs, iteration)

    @property
    def Outputs(self) -> OutputProperties:  # noqa: N802 - the SageMaker SDK's name
        """The outputs themselves."""
        return self

    @property
    def OutputParameters(self) -> OutputProperties:  # noqa: N802 - the service's name
        """The outputs themselves."""
        return self

    def __getitem__(self, name: str) -> NamedProperty:
        if name not in self._outputs:
            raise StepError(
                Fault(
                    what=f"{self._step!r} has no such output",
                    found=repr(name),
                    allowed=", ".join(self._outputs) or "none: it declares no outputs",
                    mend=suggestion(name, self._outputs, "Declare it in outputs=[...]."),
                    location=caller_location(),
                )
            )
        path = f"OutputParameters['{name}']"
        return NamedProperty(self._step, path, self._outputs[name], self._iteration)

    def __repr__(self) -> str:
        return f"{self._step!r}.properties.Outputs"


class NamedProperty(PipelineVariable):
    """A single property that no API model describes.

    Args:
        step: The step.
        path: Of the property.
        value_type: The type it arrives with in a step.
        iteration: Which one, if the step is in the body of a ForEach step.
    """

    def __init__(
        self, step: Step, path: str, value_type: str, iteration: Iteration | None = None
    ) -> None:
        self._step = step
        self._path = path
        self._value_type = value_type
        self._iteration = iteration

    @property
    def value_type(self) -> str:  # type: ignore[override]  # its own
        """The type it arrives with in a step."""
        return self._value_type

    @property
    def expression(self) -> Expression:
        """A ``Get`` of the property."""
        return PropertyGet(self._step, self._path, self._value_type, self._iteration)

    def __repr__(self) -> str:
        return f"{self._step!r}.properties.{self._path}"

    def __str__(self) -> str:
        return self._refuse("text", 'use Join(on="", values=[...])')


class ConditionProperties:
    """What is known of a condition.

    Attributes:
        Outcome: Whether it held.
    """

    def __init__(self, step: Step) -> None:
        self.Outcome = NamedProperty(step, "Outcome", "boolean")
