"""The definition's JSON as the steps and parameters that the engine runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from constructs_lib.exceptions import LocalRunError

SUPPORTED_TYPES = ("Training", "Condition", "Fail")


@dataclass(frozen=True)
class ParameterDefinition:
    """A parameter: its name, type (String, Integer, Float or Boolean), default and enum."""

    name: str
    type: str
    default: Any = None
    enum_values: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class StepDefinition:
    """A step.

    Attributes:
        name: Unique in the pipeline.
        type: Training, Condition or Fail.
        arguments: As in the definition, without the branches of a condition.
        depends_on: Names of the steps it waits for, those that it reads included.
        branch: Name of the condition and the side, True for IfSteps; None if it always runs.
        cache_config: Its CacheConfig; empty if it has none.
    """

    name: str
    type: str
    arguments: dict[str, Any]
    depends_on: tuple[str, ...]
    branch: tuple[str, bool] | None
    cache_config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Definition:
    """A pipeline's parameters and steps, those inside branches included."""

    parameters: tuple[ParameterDefinition, ...]
    steps: tuple[StepDefinition, ...]


def parse_definition(body: dict[str, Any]) -> Definition:
    """Read a definition.

    Raises:
        LocalRunError: It is incomplete, two steps have one name, or steps wait for steps that are
            not there or for each other.
    """
    try:
        steps = tuple(_steps(body["Steps"], None))
        parameters = tuple(map(_parameter, body.get("Parameters", [])))
    except KeyError as error:
        raise LocalRunError(f"the definition is incomplete: {error} is missing") from None
    _check_order(steps)
    return Definition(parameters, steps)


def require_runnable(definition: Definition) -> None:
    """Refuse a definition with steps of kinds that cannot be run on this machine.

    Raises:
        LocalRunError: There are such steps; all are listed.
    """
    unknown = [
        f"{step.name} ({step.type})"
        for step in definition.steps
        if step.type not in SUPPORTED_TYPES
    ]
    if unknown:
        raise LocalRunError(
            f"these steps cannot run on this machine: {', '.join(unknown)}; step types that can: "
            f"{', '.join(SUPPORTED_TYPES)}"
        )


def references(value: Any) -> Iterator[str]:
    """Yield the names of the steps that an expression reads."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        path = value.get("Get") if len(value) == 1 else None
        if isinstance(path, str) and path.startswith("Steps."):
            yield path.split(".")[1]
        for item in value.values():
            yield from references(item)


def _parameter(entry: dict[str, Any]) -> ParameterDefinition:
    return ParameterDefinition(
        entry["Name"],
        entry.get("Type", "String"),
        entry.get("DefaultValue"),
        tuple(entry["EnumValues"]) if "EnumValues" in entry else None,
    )


def _check_order(steps: tuple[StepDefinition, ...]) -> None:
    names = [step.name for step in steps]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LocalRunError(f"more than one step is called {', '.join(twice)}")
    missing = [f"{s.name} waits for {n}" for s in steps for n in s.depends_on if n not in names]
    if missing:
        raise LocalRunError(f"the definition has no such step: {'; '.join(missing)}")
    waits = {
        step.name: [*step.depends_on, *([step.branch[0]] if step.branch else [])] for step in steps
    }
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise LocalRunError(f"these steps wait for each other: {circle}") from None


def _steps(
    entries: list[dict[str, Any]], branch: tuple[str, bool] | None
) -> Iterator[StepDefinition]:
    for entry in entries:
        name, kind = entry["Name"], entry["Type"]
        arguments = dict(entry.get("Arguments", {}))
        sides = (
            (arguments.pop("IfSteps", []), True),
            (arguments.pop("ElseSteps", []), False),
        )
        waits = [*entry.get("DependsOn", []), *references(arguments)]
        yield StepDefinition(
            name,
            kind,
            arguments,
            tuple(dict.fromkeys(waits)),
            branch,
            entry.get("CacheConfig", {}),
        )
        if kind == "Condition":
            for inner, holds in sides:
                yield from _steps(inner, (name, holds))
