"""Selective execution: some steps run, the others' outputs are those of an earlier execution.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-selective-ex.html
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.definition import Definition, StepDefinition
from constructs_lib.local.execution import EXECUTING, SUCCEEDED, Execution, StepRecord

# API shape SelectedStepList.
_MOST_STEPS = 50


class SelectionError(LocalRunError):
    """The steps cannot be run alone."""


def select(
    definition: Definition, names: Collection[str], source: Execution
) -> tuple[Definition, list[StepRecord]]:
    """Return what is left to run, and the records of the steps whose outputs are used.

    A selected step runs whatever the condition around it decided, unless that is selected too.

    Raises:
        SelectionError: A step is unknown, or one that is needed did not succeed in the source.
    """
    steps = {step.name: step for step in definition.steps}
    unknown = sorted(set(names) - set(steps))
    if unknown:
        raise SelectionError(
            f"The pipeline has no step {', '.join(unknown)}; it has {', '.join(steps)}"
        )
    if len(names) > _MOST_STEPS:
        raise SelectionError(f"{len(names)} steps are selected, at most {_MOST_STEPS} are allowed")
    if source.status == EXECUTING:
        raise SelectionError(f"The source execution {source.arn} has not ended")
    chosen = [_alone(steps[name], names) for name in steps if name in names]
    needed = dict.fromkeys(n for s in chosen for n in s.depends_on if n not in names)
    records = {record.name: record for record in source.steps}
    missing = [n for n in needed if n not in records or records[n].status != SUCCEEDED]
    if missing:
        raise SelectionError(
            f"The selected steps need {', '.join(missing)}, which did not succeed in the source "
            f"execution {source.arn}; select them too"
        )
    reused = [replace(records[name], reused_from=source.arn, cached_from=None) for name in needed]
    return Definition(definition.parameters, tuple(chosen)), reused


def _alone(step: StepDefinition, names: Collection[str]) -> StepDefinition:
    if step.branch is not None and step.branch[0] not in names:
        return replace(step, branch=None)
    return step
