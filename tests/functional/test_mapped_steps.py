"""Functions mapped over lists, from the decorator to the results, run on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import numpy as np
import pytest

from constructs_lib import (
    ConditionGreaterThan,
    ConditionStep,
    CurrentItem,
    ForEachSelector,
    ForEachStep,
    IterationOutput,
    LambdaOutput,
    LambdaOutputTypeEnum,
    LambdaStep,
    ParameterString,
    Pipeline,
    step,
)
from constructs_lib.local.execution import Execution
from tests.functional.synthesized import run_app

Run = Callable[..., Execution]


@dataclass
class Settings:
    depth: int
    rate: float = 0.1


@step
def arrays(count: int) -> list:
    return [np.arange(size) for size in range(count)]


@step
def names() -> dict:
    return {"first": ["ann", "bob"], "pairs": ({"k": 1}, {"k": 2})}


@step
def size(array: Any, scale: int = 1) -> int:
    return len(array) * scale


@step
def show(value: Any, *others: Any) -> str:
    return " ".join(map(repr, (value, *others)))


@step
def both(value: Any) -> tuple[Any, Any]:
    return value, np.array([value])


@step
def fails_for_two(value: int) -> int:
    if value == 2:
        raise ValueError("two")
    return value


@step
def gather(*lists: Any) -> list:
    return [list(values) if isinstance(values, list) else values for values in lists]


@step
def peak(value: int) -> list:
    """Return when it began and ended."""
    import time

    began = time.time()
    time.sleep(0.3)
    return [began, time.time()]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Synthesize steps and run them here."""

    def run(*steps: Any, parameters: Any = (), given: Any = None, **options: Any) -> Execution:
        app = cdk.App(analytics_reporting=False, outdir=str(tmp_path / "cdk.out"))
        Pipeline(cdk.Stack(app, "Stack"), "P", steps=list(steps), parameters=parameters)
        return run_app(app, tmp_path, given, **{"parallel": 4, **options})

    return run


def results(execution: Execution) -> dict[str, Any]:
    """Return what each step has returned."""
    failed = {r.name: r.reason for r in execution.steps if r.status not in {"Succeeded", "NotRun"}}
    assert not failed
    return {record.name: record.result for record in execution.steps}


def test_results_come_in_the_order_of_the_items(run: Run) -> None:
    """Of any kind of item, equal ones too; and as the very objects that they were."""
    kinds = {
        "text": ["b", "a", "b"],
        "number": [3, 1, 2],
        "mixed": ["1", 1, True, None, 1.0],
        "data": [{"depth": 3}, {"depth": 1}],
        "day": [date(2026, 1, 2), date(2026, 1, 1)],
        "settings": [Settings(3), Settings(1, rate=0.5)],
        "lines": ["two\nlines", "x" * 300, ""],
    }
    mapped = {kind: show.with_options(name=kind).map(items) for kind, items in kinds.items()}
    found = results(run(gather(*mapped.values())))
    assert found["gather"] == [[repr(item) for item in items] for items in kinds.values()]
    assert found["number"] == ["3", "1", "2"]
    assert found["number-item-1"] == "1"


def test_items_come_from_a_step(run: Run) -> None:
    """A list of anything, and a list inside of a result; as many as there are when it runs."""
    found = results(
        run(
            size.map(arrays(3), scale=10),
            show.with_options(name="deep").map(names()["pairs"], 5),
            show.map(names()["first"]),
        )
    )
    assert found["size"] == [0, 10, 20]
    assert found["deep"] == ["{'k': 1} 5", "{'k': 2} 5"]
    assert found["show"] == ["'ann'", "'bob'"]


def test_items_come_from_a_parameter(run: Run) -> None:
    """The text of a JSON list; what is no JSON in it is text."""
    who = ParameterString("Who", '["ann", "bob"]')
    steps = [gather(show.map(who))]
    found = results(run(*steps, parameters=[who], given={"Who": '["cleo", 7, "{\\"k\\": 1}"]'}))
    assert found["gather"] == [["'cleo'", "7", "{'k': 1}"]]


def test_mapped_results_are_mapped_again(run: Run) -> None:
    """Result by result, whether the length is known or not."""
    known = show.map(both.map([5, 6]))
    unknown = size.with_options(name="sizes").map(
        both.with_options(name="of-arrays").map(arrays(2))
    )
    found = results(run(gather(known, unknown)))
    assert found["gather"] == [["(5, array([5]))", "(6, array([6]))"], [2, 2]]


def test_results_of_steps_are_items(run: Run) -> None:
    """A list of what several steps return is a list like any other."""
    found = results(run(show.map([names()["first"], 3])))
    assert found["show"] == ["['ann', 'bob']", "3"]


def test_one_result_can_be_taken(run: Run) -> None:
    """By index, its elements too, in arguments and conditions."""
    pairs = both.map([5, 6])
    first, second = pairs
    gate = ConditionStep(
        "Gate",
        conditions=[ConditionGreaterThan(pairs[1][0], 5)],
        if_steps=[show(second, first[1])],
    )
    assert results(run(gate))["show"] == "(6, array([6])) array([5])"


def test_body_of_several_steps(run: Run) -> None:
    """Each reads the results of its own turn; all of the last ones are a list."""
    item = CurrentItem()
    doubled = size(item.numbers, 10)
    each = ForEachStep(
        "Each", [{"numbers": [1]}, {"numbers": [1, 2]}], 2, [show(doubled, item.numbers)]
    )
    assert results(run(each))["Each"] == [
        {"size-item": 10, "show-item": "10 [1]"},
        {"size-item": 20, "show-item": "20 [1, 2]"},
    ]


def test_values_of_a_step_reach_requests(run: Run) -> None:
    """A ForEach step passes the values themselves, which a request can hold."""
    tell = LambdaStep(
        "Tell",
        lambda_func="arn:aws:lambda:eu-west-1:123456789012:function:f",
        inputs={"k": CurrentItem().k},
        outputs=[LambdaOutput("Score", LambdaOutputTypeEnum.Float)],
    )
    select = ForEachSelector("MaxBy", IterationOutput(tell).Outputs["Score"])
    each = ForEachStep("Each", names()["pairs"], 2, [tell, show(CurrentItem())], select)
    scores = {1: 0.3, 2: 0.9}

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        return {"OutputParameters": {"Score": scores[request["k"]]}}

    picked = show.with_options(name="picked")(each.properties.Selected.Outputs["Score"])
    count = gather(each.properties.InputItemCount, each.properties.SucceededStepCount)
    found = results(run(picked, count, stubs={"Tell": answer}))
    assert found["picked"] == "0.9"
    assert found["gather"] == [2, 4]
    assert found["show-item-1"] == "{'k': 2}"


def test_failing_item_fails_the_step_after_the_others(run: Run) -> None:
    """The others run; what needs the list does not."""
    execution = run(gather(fails_for_two.map([1, 2, 3], max_concurrency=1)))
    status = {record.name: record.status for record in execution.steps}
    assert status == {
        "fails_for_two": "Failed",
        "fails_for_two-item-0": "Succeeded",
        "fails_for_two-item-1": "Failed",
        "fails_for_two-item-2": "Succeeded",
        "gather": "NotRun",
    }
    assert execution.step("fails_for_two").reason == "fails_for_two-item-1 failed"
    assert execution.status == "Failed"


def test_empty_list_fails(run: Run) -> None:
    """There is nothing to collect."""
    execution = run(size.map(arrays(0)))
    assert execution.step("size").reason == "it iterates over an empty list"


def test_result_that_is_no_list_fails(run: Run) -> None:
    """And says what it is that cannot be iterated over."""
    execution = run(show.map(size([1])))
    assert execution.step("show").reason == "the result of step 'size' has no list in it"


def test_no_more_run_at_once_than_allowed(run: Run) -> None:
    """Whatever the machine could do."""
    found = results(run(peak.map([1, 2, 3, 4], max_concurrency=2)))["peak"]
    most = max(sum(b <= began < e for b, e in found) for began, _ in found)
    assert most == 2
