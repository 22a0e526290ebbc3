"""How much of the service's limits a pipeline uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from constructs_lib.checks.findings import ERROR, NOTE, WARNING, Finding
from constructs_lib.checks.subject import Subject
from constructs_lib.local.definition import StepDefinition
from constructs_lib.service import limits

# From here on the next change may be one too many.
_NEARLY = 0.9


@dataclass(frozen=True)
class Usage:
    """How much of one limit is used.

    Attributes:
        name: Of the limit, such as ``channels of a step``.
        used: By the step that uses most, or by the pipeline.
        allowed: The limit.
        step: That uses most; None if it is about the pipeline.
    """

    name: str
    used: int
    allowed: int
    step: str | None = None


def usages(subject: Subject) -> list[Usage]:
    """Return the use of each limit."""
    definition, steps = subject.definition, subject.steps
    most: dict[str, Usage] = {}
    for step in steps:
        for one in _of_step(step):
            if one.name not in most or one.used > most[one.name].used:
                most[one.name] = one
    return [
        Usage("steps", len(steps), limits.MOST_STEPS),
        Usage("parameters", len(definition.parameters), limits.MOST_PARAMETERS),
        Usage("characters of the definition", subject.length, limits.LONGEST_DEFINITION),
        Usage("resources of the stack", len(subject.template.resources), limits.MOST_RESOURCES),
        *(one for one in most.values() if one.used),
    ]


def limit_findings(subject: Subject) -> Iterator[Finding]:
    """Yield what is over a limit, or nearly so."""
    for one in usages(subject):
        if one.used > one.allowed:
            level, what = ERROR, f"is over a limit: {one.used:,} {one.name}"
        elif one.used >= _NEARLY * one.allowed:
            # Pipelines grow; what is long in a step is often as long as it will be.
            level = WARNING if one.step is None else NOTE
            what = f"is near a limit: {one.used:,} {one.name}"
        else:
            continue
        what = what if one.step is not None else f"the pipeline {what}"
        mend = "Shorten or split it." if one.step is not None else "Split the pipeline."
        yield Finding(
            level, "limit", subject.name, one.step, what, f"at most {one.allowed:,}", mend
        )


def _of_step(step: StepDefinition) -> Iterator[Usage]:
    arguments = step.arguments
    values = arguments.get("HyperParameters", {})
    variables = arguments.get("Environment", {})
    channels = arguments.get("InputDataConfig")
    pairs = [
        ("characters of a step's name", len(step.name), limits.LONGEST_STEP_NAME),
        ("channels of a step", _size(channels), limits.MOST_CHANNELS),
        ("hyperparameters of a step", _size(values), limits.MOST_HYPERPARAMETERS),
        ("characters of a hyperparameter", _longest(values), limits.LONGEST_HYPERPARAMETER),
        ("environment variables of a step", _size(variables), limits.MOST_VARIABLES),
        ("characters of an environment variable", _longest(variables), limits.LONGEST_VARIABLE),
    ]
    if step.type not in {"Training", "Tuning"}:
        # Other types of jobs have other limits, which synthesis checks one by one.
        pairs = pairs[:1]
    for name, used, allowed in pairs:
        yield Usage(name, used, allowed, step.name)


def _size(value: object) -> int:
    return len(value) if isinstance(value, (dict, list)) else 0


def _longest(values: object) -> int:
    texts = values.values() if isinstance(values, dict) else ()
    return max((len(text) for text in texts if isinstance(text, str)), default=0)
