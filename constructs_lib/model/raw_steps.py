"""Steps and parameters that are given as definition JSON, such as another tool writes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.dependencies import StepDependency, TriggerCondition
from constructs_lib.model.experiments import PipelineExperimentConfig
from constructs_lib.model.expressions import Expression, Get
from constructs_lib.model.location import caller_location
from constructs_lib.model.parameters import (
    Parameter,
    ParameterBoolean,
    ParameterFloat,
    ParameterInteger,
    ParameterString,
)
from constructs_lib.model.properties import Properties
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.steps import Step, StepLike
from constructs_lib.model.variables import ExecutionVariable
from constructs_lib.service.step_types import INNER_STEPS, response_shape

_PARAMETERS: dict[str, type[Parameter]] = {
    kind.parameter_type: kind
    for kind in (ParameterString, ParameterInteger, ParameterFloat, ParameterBoolean)
}
_KNOWN = ("Name", "Type", "DependsOn", "DisplayName", "Description")


class HasRequest(Protocol):
    """What the step objects of the SageMaker SDK have."""

    def to_request(self) -> Mapping[str, Any]:
        """Return the step's JSON."""


RawStepLike: TypeAlias = Mapping[str, Any] | HasRequest


class RawStep(RequestStep):
    """A step as it stands in a definition: ``{"Name": ..., "Type": ..., "Arguments": ...}``.

    It is kept as it is; roles and permissions follow as for the steps of this library. A step
    object of the SageMaker SDK, or anything with ``to_request()``, may be given to a pipeline in
    its place.

    Args:
        definition: The step's JSON.

    Raises:
        StepError: It is no step.
    """

    def __init__(self, definition: Mapping[str, Any]) -> None:
        content = _plain(definition)
        missing = [key for key in ("Name", "Type") if not isinstance(content.get(key), str)]
        if missing:
            raise StepError(
                Fault(
                    what="a step's JSON is incomplete",
                    found=f"no {' and no '.join(missing)} in {json.dumps(content)[:100]}",
                    allowed='{"Name": ..., "Type": ..., "Arguments": ...}',
                    mend="Give one entry of a definition's Steps.",
                    location=caller_location(),
                )
            )
        self.step_type = content["Type"]  # type: ignore[misc]  # each has its own
        arguments = dict(content.get("Arguments", {}))
        inner = {name: arguments[name] for name in INNER_STEPS if name in arguments}
        super().__init__(
            content["Name"],
            {**arguments, **{argument: [] for argument in inner}},
            display_name=content.get("DisplayName"),
            description=content.get("Description"),
            depends_on=[_dependency(entry) for entry in content.get("DependsOn", [])],
        )
        self._others = {k: v for k, v in content.items() if k not in (*_KNOWN, "Arguments")}
        self._inner = {name: [RawStep(entry) for entry in steps] for name, steps in inner.items()}

    def inner(self) -> Mapping[str, Sequence[Step]]:
        """Return the steps of branches and bodies, by the name of the argument that has them."""
        return self._inner

    @property
    def properties(self) -> Properties:
        """As for the type of step."""
        return Properties(self, "", response_shape(self.step_type))

    def expressions(self) -> Iterable[Expression]:
        """Yield the parameters that the JSON reads."""
        pending: list[Any] = [self.arguments, self._others]
        while pending:
            value = pending.pop()
            if isinstance(value, list):
                pending += value
            elif isinstance(value, dict):
                path = value.get("Get")
                if len(value) == 1 and isinstance(path, str) and path.startswith("Parameters."):
                    yield Get(path)
                pending += value.values()

    def members(self) -> dict[str, Any]:
        """Return the JSON besides names, type and dependencies."""
        return {**self._others, "Arguments": self.arguments}


def raw_parameter(definition: Mapping[str, Any]) -> Parameter:
    """Return the parameter that a definition's JSON describes.

    Raises:
        StepError: Its type, default or enum is not acceptable.
    """
    kind = definition.get("Type", "String")
    if kind not in _PARAMETERS:
        raise StepError(
            Fault(
                what=f"parameter {definition.get('Name')!r} has an unknown type",
                found=repr(kind),
                allowed=", ".join(_PARAMETERS),
                mend="Correct the definition.",
                location=caller_location(),
            )
        )
    settings: dict[str, Any] = {"default_value": definition.get("DefaultValue")}
    if "EnumValues" in definition:
        settings["enum_values"] = definition["EnumValues"]
    return _PARAMETERS[kind](definition["Name"], **settings)


@dataclass(frozen=True)
class RawDefinition:
    """A whole definition.

    Attributes:
        steps: In its order.
        parameters: In its order.
        experiment: What executions are recorded in, if they are.
    """

    steps: list[StepLike]
    parameters: list[Parameter]
    experiment: PipelineExperimentConfig | None


def read_definition(definition: str | Mapping[str, Any]) -> RawDefinition:
    """Return the steps and parameters of a definition.

    Args:
        definition: The JSON, as text or data.

    Raises:
        StepError: It is no definition.
    """
    try:
        content = json.loads(definition) if isinstance(definition, str) else definition
        entries = list(content["Steps"])
    except (ValueError, KeyError, TypeError) as error:
        raise StepError(
            Fault(
                what="the definition cannot be read",
                found=f"{type(error).__name__}: {error}",
                allowed='JSON such as {"Version": "2020-12-01", "Parameters": [], "Steps": [...]}',
                mend="Give PipelineDefinition as DescribePipeline returns it.",
                location=caller_location(),
            )
        ) from None
    names = content.get("PipelineExperimentConfig")
    experiment = (
        PipelineExperimentConfig(*(_name(names.get(k)) for k in ("ExperimentName", "TrialName")))
        if names
        else None
    )
    return RawDefinition(
        [RawStep(entry) for entry in entries],
        [raw_parameter(entry) for entry in content.get("Parameters", [])],
        experiment,
    )


def _dependency(entry: Any) -> StepLike:
    """Return an entry of DependsOn: a name, or one with the outcome that is waited for."""
    if isinstance(entry, str):
        return entry
    try:
        return StepDependency(entry["Step"], TriggerCondition(entry["Trigger"]))
    except (KeyError, TypeError, ValueError):
        raise StepError(
            Fault(
                what="a step's JSON has an unknown dependency",
                found=repr(entry),
                allowed='a name, or {"Step": ..., "Trigger": "Failed"}',
                mend="Correct the definition.",
                location=caller_location(),
            )
        ) from None


def _name(value: Any) -> Any:
    """Return a name or the variable that stands for it."""
    if not isinstance(value, Mapping):
        return value
    kind, _, name = str(value.get("Get", "")).partition(".")
    return ExecutionVariable(name) if kind == "Execution" else ParameterString(name)


def is_raw(entry: object) -> bool:
    """Tell whether something stands for a step as JSON."""
    return isinstance(entry, Mapping) or callable(getattr(entry, "to_request", None))


def raw_step(entry: Any) -> RawStep:
    """Return a step given as JSON, or as an object with ``to_request()``."""
    return RawStep(entry if isinstance(entry, Mapping) else entry.to_request())


def _plain(value: Any) -> Any:
    """Return JSON in which variables of the SageMaker SDK are their expressions."""
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items() if entry is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if callable(getattr(value, "to_request", None)):
        return _plain(value.to_request())
    expression = getattr(value, "expr", None)
    if isinstance(expression, Mapping):
        return _plain(expression)
    kind = getattr(value, "value", None)  # an enum
    return kind if isinstance(kind, str) else value
