"""Items of a ForEach step: how they stand in the definition, and how they arrive in a step."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from constructs_lib import ForEachStep, ParameterInteger, ParameterString, StepError, step
from constructs_lib.model.expressions import Get, ItemGet, ResultGet
from constructs_lib.model.iterables import mapped, values_of
from constructs_lib.model.values import Collected, ItemOf, Items, Upstream, Variable


@step
def double(number: Any, factor: int = 2) -> Any:
    return number * factor


@step
def total(numbers: list) -> Any:
    return sum(numbers)


@pytest.mark.parametrize(
    ("items", "expected", "kind"),
    [
        (["a", "b"], ("a", "b"), "string"),
        (["1", "true"], ("1", "true"), "string"),
        ([3, True], (3, True), "item"),
        (["a", 3], ("a", 3), "item"),
        (["3", 3], ('"3"', 3), "json"),
        ([{"depth": 3}, {"depth": 6}], ('{"depth": 3}', '{"depth": 6}'), "item"),
        ([0.1, None, [1]], ("0.1", "null", "[1]"), "item"),
        ((x for x in (1, 2)), (1, 2), "item"),
        ([ParameterInteger("N", 1), 2], (Get("Parameters.N"), 2), "item"),
        ([ParameterString("S", "x"), "y"], (Get("Parameters.S"), "y"), "string"),
    ],
)
def test_items_are_seen_in_the_definition(items: Any, expected: tuple[Any, ...], kind: str) -> None:
    """Texts, numbers and JSON data stand as they are; no two different ones look the same."""
    found, item = mapped(items, "items")
    assert found.expression == expected
    assert [type(one) for one in found.expression] == [type(one) for one in expected]
    assert item == Variable(ItemGet(), kind)
    assert found.count == len(expected)


@pytest.mark.parametrize(
    "items",
    [
        [date(2026, 1, 1), date(2026, 1, 2)],
        [(1, 2), (3, 4)],
        ["x" * 300, "y"],
        ["two\nlines", "one"],
        ["", "x"],
    ],
)
def test_what_the_service_cannot_hold_is_passed_by_position(items: list[Any]) -> None:
    """Each iteration takes the element of its position from the code bundle."""
    found, item = mapped(items, "items")
    assert found.expression == (0, 1)
    assert found.order is None
    assert isinstance(item, ItemOf)
    assert isinstance(item.source, Items)


def test_result_of_a_step_is_passed_by_position() -> None:
    """So that lists of anything can be mapped over; the service reads how many there are."""
    numbers = double([1, 2])
    found, item = mapped(numbers["k"], "items")
    assert found.expression == ResultGet(numbers.step, ("k",), None, "positions")
    assert isinstance(item, ItemOf)
    assert isinstance(item.source, Upstream)
    assert item.source.output.path == ("k",)


def test_result_of_a_step_gives_its_values_to_a_for_each_step() -> None:
    """Its steps may be requests, which read the item itself."""
    numbers = double([1, 2])
    found = values_of(numbers, "iterable_items")
    assert found.expression == ResultGet(numbers.step, (), None, "values")
    assert found.type == "json"


def test_results_can_be_mapped_over() -> None:
    """Of a list that is written down, by as many positions; of a step's list, by the same ones."""
    results = double.map([5, 6, 7])
    found, item = mapped(results, "items")
    assert found.expression == (0, 1, 2)
    assert isinstance(item, ItemOf)
    assert isinstance(item.source, Collected)
    unknown = double.map(double([1]))
    assert mapped(unknown, "items")[0].expression == unknown.step.items.expression


def test_length_that_only_a_parameter_tells_cannot_be_mapped_over_again() -> None:
    """The service offers no way to count the items of a list that it reads from text."""
    results = double.map(ParameterString("Numbers", "[1]"))
    with pytest.raises(StepError, match=r"only .* will tell"):
        double.map(results)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ("abc", "'abc' .str."),
        ({"a": 1}, "dict"),
        ({1, 2}, "set"),
        (3, "3 .int."),
        ([], "0 items"),
        (range(101), "101 items"),
    ],
)
def test_what_cannot_be_iterated_over_is_refused_where_it_is_written(
    items: Any, message: str
) -> None:
    """With what is allowed."""
    with pytest.raises(StepError, match=message) as caught:
        double.map(items)
    assert "test_iterables.py" in str(caught.value)


def test_for_each_step_takes_only_what_the_service_can_hold() -> None:
    """And says that a function can be mapped over the rest."""
    with pytest.raises(StepError, match=r"date.*\.map\(items\)"):
        ForEachStep("Each", [date(2026, 1, 1)], 1, [double(1)])


def test_results_are_a_list() -> None:
    """It can be indexed, unpacked and measured if its length is known."""
    first, second = double.map([1, 2])
    results = double.map([1, 2, 3])
    assert len(results) == 3
    assert results[2].step is results.step
    assert (first.iteration.index, second.iteration.index) == (0, 1)
    with pytest.raises(StepError, match="0 to 2"):
        results[3]
    with pytest.raises(StepError, match="length"):
        len(double.map(double([1])))
    with pytest.raises(StepError, match="Compare an element"):
        _ = total(results).expression and results.expression


def test_call_has_to_fit_the_function() -> None:
    """The item is the first argument."""
    with pytest.raises(StepError, match="cannot be called like this"):
        double.map([1], 2, 3)
    with pytest.raises(StepError, match="cannot be called like this"):
        double.map([1], number=3)
