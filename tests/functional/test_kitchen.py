"""A pipeline with everything in it: synthesized, then run from its assembly."""

from __future__ import annotations

import pytest

from constructs_lib.local.execution import Execution
from tests.functional.synthesized import run_app
from tests.samples.kitchen_app import make_app


@pytest.fixture(scope="module")
def execution(tmp_path_factory: pytest.TempPathFactory) -> Execution:
    """The record of one run, with parameters given as text."""
    folder = tmp_path_factory.mktemp("kitchen")
    (folder / "pantry" / "in").mkdir(parents=True)
    for name in ("a.txt", "b.txt"):
        (folder / "pantry" / "in" / name).write_text(name)
    buckets = {"Pantry": folder / "pantry"}
    return run_app(make_app(), folder, {"Number": "0.5"}, pipeline="Dinner", buckets=buckets)


def test_everything_succeeds(execution: Execution) -> None:
    """Every step but those of the other branch has run."""
    assert execution.status == "Succeeded", execution.reason
    not_run = {record.name for record in execution.steps if record.status == "NotRun"}
    assert not_run == {"fail_if_used", "stop"}


def test_arguments_arrive_with_their_types(execution: Execution) -> None:
    """Parameters, text, containers, dataclasses, enums and literals are what they were."""
    text = "a 'quoted' \"$HOME\" \\ value"
    shown = execution.step("describe").result
    expected = [
        text,
        3,
        0.5,
        True,
        f"3-{text}",
        "3",
        "two\nlines 3",
        "a/3/true/0.5",
        {"deep": [(3, {"k": 0.5})], 7: "seven"},
    ]
    assert shown["values"][:9] == [[type(v).__name__, repr(v)] for v in expected]
    assert shown["values"][9] == [
        "Recipe",
        f"Recipe(name='soup', minutes=3, tags=('hot', {text!r}))",
    ]
    assert shown["values"][10] == ["Recipe", "Recipe(name='bread', minutes=5, tags=())"]
    assert shown["values"][11][0] == "Heat"
    rest = [{1, 2}, None, "x" * 300, 3, 3.5, True, [1, "a", None], (1, 2)]
    assert shown["values"][12:] == [[type(v).__name__, repr(v)] for v in rest]
    assert shown["named"]["name"] == ["str", repr(execution.pipeline)]
    assert shown["named"]["bucket"][1].startswith("'pantry")


def test_package_data_and_inputs_are_read(execution: Execution) -> None:
    """importlib.resources finds the package's data; S3 inputs are paths."""
    assert execution.step("prices").result == {"flour": 2, "sugar": 3}
    assert execution.step("read").result == ["a.txt", ["a.txt", "b.txt"]]


def test_instances_pass_between_steps(execution: Execution) -> None:
    """A class that the consumer never mentions works; one that both mention is one class."""
    assert execution.step("bake").result == 60.0
    assert execution.step("cook-2").result[1] == "low"


def test_functions_without_source_run(execution: Execution) -> None:
    """Lambdas and partials with captured values are pickled by value."""
    assert execution.step("add").result == 11
    assert execution.step("total").result == 33 + 36 + 60


def test_step_that_only_the_branch_needs_ran_in_it(execution: Execution) -> None:
    """The gate took its first branch, with the step that only it needs."""
    assert execution.step("gate").outcome is True
    assert execution.step("gate").end_time <= execution.step("total-2").start_time
