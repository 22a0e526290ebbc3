"""The definition's JSON as the steps and parameters that the engine runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.execution import FAILED, STOPPED, SUCCEEDED

# Types of steps that take no time and no place: the others run apart from the engine's thread.
DECIDED_TYPES = ("Condition", "Fail")
# They name folders.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Of a retry policy: more than any that makes sense.
_LARGEST_NUMBER = 1_000_000
# What a step that waits for another one needs of it.
_TRIGGERS: dict[str, tuple[str, ...]] = {
    "Completed": (SUCCEEDED,),
    "Failed": (FAILED,),
    "Stopped": (STOPPED,),
    "Any": (SUCCEEDED, FAILED, STOPPED),
}


@dataclass(frozen=True)
class ParameterDefinition:
    """A parameter: its name, type (String, Integer, Float or Boolean), default and enum."""

    name: str
    type: str
    default: Any = None
    enum_values: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class Iteration:
    """One turn of a ForEach step.

    Attributes:
        for_each: The step's name.
        index: Counted from 0.
        item: What it is about.
        names: Name in the body to the name of the step that runs in this turn.
    """

    for_each: str
    index: int
    item: Any
    names: Mapping[str, str]


@dataclass(frozen=True)
class StepDefinition:
    """A step.

    Attributes:
        name: Unique in the pipeline.
        type: Such as Training, Condition or Fail.
        arguments: As in the definition, without the steps that run inside of it.
        depends_on: Names of the steps it waits for, those that it reads included.
        branch: Name of the condition and the side, True for IfSteps; None if it always runs.
        cache_config: Its CacheConfig; empty if it has none.
        triggers: Step that it waits for to the statuses that let it run, if not to success.
        members: What else the definition says of it.
        body: Of a ForEach step: what runs for each item.
        iteration: Of a step that runs for one of them: which.
    """

    name: str
    type: str
    arguments: dict[str, Any]
    depends_on: tuple[str, ...]
    branch: tuple[str, bool] | None
    cache_config: Mapping[str, Any] = field(default_factory=dict)
    triggers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    members: Mapping[str, Any] = field(default_factory=dict)
    body: tuple[StepDefinition, ...] = ()
    iteration: Iteration | None = None

    def wanted(self, step: str) -> tuple[str, ...]:
        """Return the statuses of a step that it waits for that let it run."""
        return self.triggers.get(step, _TRIGGERS["Completed"])


@dataclass(frozen=True)
class Definition:
    """A pipeline's parameters and steps, those inside branches included."""

    parameters: tuple[ParameterDefinition, ...]
    steps: tuple[StepDefinition, ...]


def parse_definition(body: dict[str, Any]) -> Definition:
    """Read a definition.

    Raises:
        LocalRunError: It is incomplete or malformed, two steps have one name, or steps wait for
            steps that are not there or for each other.
    """
    try:
        steps = tuple(_steps(body["Steps"], None))
        parameters = tuple(map(_parameter, body.get("Parameters", [])))
    except KeyError as error:
        raise LocalRunError(f"the definition is incomplete: {error} is missing") from None
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise LocalRunError(f"the definition is malformed: {error}") from error
    _check_order(steps)
    return Definition(parameters, steps)


def references(value: Any) -> Iterator[str]:
    """Yield the names of the steps that an expression reads."""
    for path in paths_read(value):
        if path.startswith("Steps."):
            yield path.split(".")[1]


def paths_read(value: Any) -> Iterator[str]:
    """Yield what an expression reads, such as ``Parameters.Depth`` or ``Steps.load.Status``."""
    if isinstance(value, list):
        for item in value:
            yield from paths_read(item)
    elif isinstance(value, dict):
        path = value.get("Get") if len(value) == 1 else None
        if isinstance(path, str):
            yield path
        for item in value.values():
            yield from paths_read(item)


def _parameter(entry: dict[str, Any]) -> ParameterDefinition:
    name, kind = entry["Name"], entry.get("Type", "String")
    if not isinstance(name, str) or not isinstance(kind, str):
        raise TypeError(f"a parameter is called {name!r}, of type {kind!r}")
    return ParameterDefinition(
        name,
        kind,
        entry.get("DefaultValue"),
        tuple(entry["EnumValues"]) if "EnumValues" in entry else None,
    )


def _check_order(steps: tuple[StepDefinition, ...]) -> None:
    bodies = [step for outer in steps for step in outer.body]
    names = [step.name for step in (*steps, *bodies)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LocalRunError(f"more than one step is called {', '.join(twice)}")
    missing = [
        f"{s.name} waits for {n}" for s in (*steps, *bodies) for n in s.depends_on if n not in names
    ]
    if missing:
        raise LocalRunError(f"the definition has no such step: {'; '.join(missing)}")
    waits = {
        step.name: [*step.depends_on, *([step.branch[0]] if step.branch else [])]
        for step in (*steps, *bodies)
    }
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise LocalRunError(f"these steps wait for each other: {circle}") from None


def _check_members(name: str, entry: dict[str, Any], arguments: dict[str, Any]) -> None:
    """Refuse what would keep the engine from ending."""
    wanted: tuple[tuple[str, Any, Any, type], ...] = (
        ("Type", entry["Type"], "", str),
        ("RetryPolicies", entry.get("RetryPolicies"), [], list),
        ("CacheConfig", entry.get("CacheConfig"), {}, dict),
        ("ForEachBody", arguments.get("ForEachBody"), [], list),
        ("MaxConcurrency", arguments.get("MaxConcurrency"), 1, int),
    )
    for member, value, default, kind in wanted:
        found = default if value is None else value
        if not isinstance(found, kind) or found is False or found == 0:
            raise LocalRunError(
                f"the definition is malformed: {member} of step {name!r} is {found!r}"
            )


def _retry_policies(name: str, policies: Any) -> list[dict[str, Any]]:
    numbers = ("IntervalSeconds", "BackoffRate", "MaxAttempts", "ExpireAfterMin")
    for policy in policies or []:
        given = [policy[key] for key in numbers if key in policy]
        if not isinstance(policy["ExceptionType"], list) or not all(map(_is_number, given)):
            raise LocalRunError(
                f"the definition is malformed: a retry policy of step {name!r} is {policy!r}"
            )
    return policies or []


def _is_number(value: Any) -> bool:
    return type(value) in {int, float} and 0 <= value <= _LARGEST_NUMBER


def _dependency(entry: Any) -> tuple[str, tuple[str, ...]]:
    """Return a step that is waited for, and the statuses that end the waiting."""
    if isinstance(entry, str):
        return entry, _TRIGGERS["Completed"]
    try:
        return entry["Step"], _TRIGGERS[entry["Trigger"]]
    except (KeyError, TypeError):
        raise LocalRunError(f"the definition has an unknown dependency: {entry!r}") from None


def _steps(
    entries: list[dict[str, Any]], branch: tuple[str, bool] | None
) -> Iterator[StepDefinition]:
    for entry in entries:
        name, kind = entry["Name"], entry["Type"]
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise LocalRunError(
                f"the definition has a step called {name!r}; names have 1 to 64 letters, digits, "
                f"'-' and '_'"
            )
        arguments = dict(entry.get("Arguments", {}))
        _check_members(name, entry, arguments)
        sides = (
            (arguments.pop("IfSteps", []), True),
            (arguments.pop("ElseSteps", []), False),
        )
        given = [_dependency(wait) for wait in entry.get("DependsOn", [])]
        others = {k: v for k, v in entry.items() if k not in ("Name", "Type", "DependsOn")}
        others.pop("Arguments", None)
        if "RetryPolicies" in others:
            others["RetryPolicies"] = _retry_policies(name, others["RetryPolicies"])
        body = tuple(_steps(arguments.pop("ForEachBody", []), None))
        inner = [step.name for step in body]
        waits = [*(name for name, _ in given), *references([arguments, others])]
        waits += [wait for step in body for wait in step.depends_on if wait not in inner]
        yield StepDefinition(
            name,
            kind,
            arguments,
            tuple(dict.fromkeys(waits)),
            branch,
            entry.get("CacheConfig", {}),
            {wait: statuses for wait, statuses in given if statuses != _TRIGGERS["Completed"]},
            others,
            body,
        )
        if kind == "Condition":
            for inner, holds in sides:
                yield from _steps(inner, (name, holds))
