"""ForEach steps: from the list to the steps that run, and from what became of them to the result.

What the service does with an empty list, and with the other items when one fails, is not
documented. Here an empty list is a failure, and the other items go on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.definition import Iteration, StepDefinition
from constructs_lib.local.execution import FAILED, STOPPED, SUCCEEDED, StepRecord
from constructs_lib.local.expressions import Scope, as_text


def items_of(value: Any) -> list[Any]:
    """Return the items of a list, or of the text of a JSON list.

    Raises:
        StepFailedError: It is none, or has no items.
    """
    items = value
    if isinstance(value, str):
        try:
            items = json.loads(value)
        except ValueError:
            items = None
    if not isinstance(items, list):
        raise StepFailedError(f"it iterates over {value!r}, which is no JSON list")
    if not items:
        raise StepFailedError("it iterates over an empty list")
    return items


def iterations(step: StepDefinition, items: Sequence[Any]) -> list[StepDefinition]:
    """Return the steps that run for the items: ``<name in the body>-<index>``, item by item."""
    turns = []
    for index, item in enumerate(items):
        names = {inner.name: f"{inner.name}-{index}" for inner in step.body}
        turns.append(Iteration(step.name, index, item, names))
    return [_in_turn(inner, turn) for turn in turns for inner in step.body]


def _in_turn(step: StepDefinition, turn: Iteration) -> StepDefinition:
    names = turn.names
    return replace(
        step,
        name=names[step.name],
        depends_on=tuple(names.get(name, name) for name in step.depends_on),
        triggers={names.get(name, name): wanted for name, wanted in step.triggers.items()},
        iteration=turn,
    )


def new_records(steps: Sequence[StepDefinition], known: Sequence[StepRecord]) -> list[StepRecord]:
    """Return a record for each step of an iteration: the known one if the step has succeeded."""
    succeeded = {record.name: record for record in known if record.status == SUCCEEDED}
    records = []
    for step in steps:
        record = succeeded.get(step.name, StepRecord(step.name, step.type))
        if step.iteration is not None:
            record.for_each, record.index = step.iteration.for_each, step.iteration.index
            record.item = as_text(step.iteration.item)
        records.append(record)
    return records


def outcome(
    step: StepDefinition, records: Sequence[StepRecord]
) -> tuple[str, str | None, dict[str, Any]]:
    """Return status, reason and properties of a ForEach step whose iterations have ended.

    Args:
        step: The ForEach step.
        records: Of its iterations.
    """
    failed = [record for record in records if record.status == FAILED]
    succeeded = [record for record in records if record.status == SUCCEEDED]
    stopped = len(records) - len(failed) - len(succeeded)
    status = FAILED if failed else STOPPED if stopped else SUCCEEDED
    reason = f"{', '.join(record.name for record in failed)} failed" if failed else None
    outputs = _outputs(records)
    properties: dict[str, Any] = {
        "Status": status,
        "InputItemCount": len(outputs),
        "TotalStepCount": len(records),
        "SucceededStepCount": len(succeeded),
        "FailedStepCount": len(failed),
        "StoppedStepCount": stopped,
        "IterationOutputs": outputs,
    }
    selector = step.arguments.get("Selector")
    if selector is not None and status == SUCCEEDED:
        try:
            properties |= _selection(selector, outputs)
        except StepFailedError as error:
            return FAILED, str(error), properties
    return status, reason, properties


def results(records: Sequence[StepRecord]) -> Any:
    """Return the JSON views of what the iterations have returned, in order; None without any.

    An iteration with several steps is a dict of them.
    """
    turns: list[dict[str, Any]] = []
    for record in records:
        if record.index == len(turns):
            turns.append({})
        if record.result is not None:
            turns[-1][record.name.removesuffix(f"-{record.index}")] = record.result
    if not any(turns):
        return None
    one = len(records) == len(turns)
    return [next(iter(turn.values()), None) for turn in turns] if one else turns


def _outputs(records: Sequence[StepRecord]) -> list[dict[str, Any]]:
    outputs: list[dict[str, Any]] = []
    for record in records:
        if record.index == len(outputs):
            outputs.append({})
        outputs[-1][record.name.removesuffix(f"-{record.index}")] = record.properties or {}
    return outputs


def _selection(selector: Mapping[str, Any], outputs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the properties that the selector picks, and the API shape ForEachSelectorResult.

    Raises:
        StepFailedError: What it compares is no number everywhere.
    """
    values = []
    for index, output in enumerate(outputs):
        value = Scope({}, {}, {}, _read_nothing, {"IterationOutput": output}).evaluate(
            selector["Field"]
        )
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise StepFailedError(f"its selector compares {value!r} of iteration {index}")
        values.append(value)
    best = (max if selector["Pick"] == "MaxBy" else min)(values)
    index = values.index(best)
    body = str(selector["Field"]["Get"]).split(".")[1]
    return {
        "Selected": outputs[index][body],
        "SelectedStep": {"StepName": f"{body}-{index}", "Index": index},
    }


def _read_nothing(uri: str) -> bytes:
    raise StepFailedError(f"its selector reads {uri}, but it can compare properties only")
