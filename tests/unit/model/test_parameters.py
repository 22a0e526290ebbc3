"""Parameters and text made of them."""

from __future__ import annotations

import pytest

from constructs_lib import (
    ExecutionVariables,
    Join,
    ParameterBoolean,
    ParameterFloat,
    ParameterInteger,
    ParameterString,
    StepError,
    step,
)
from constructs_lib.model.expressions import Get, JoinOf, parse_text


@pytest.mark.parametrize(
    "make",
    [
        lambda: ParameterString("A", "x"),
        lambda: ParameterString("A", enum_values=["x", "y"], default_value="x"),
        lambda: ParameterInteger("A", 3),
        lambda: ParameterFloat("A", 1),
        lambda: ParameterBoolean("A", False),
        lambda: ParameterString("a_b-1"),
    ],
)
def test_good_parameters_are_accepted(make: object) -> None:
    """Defaults of the declared type are accepted, whole numbers as floats too."""
    make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ParameterString("A", 3), "wrong type: found 3 \\(int\\), allowed: str"),
        (lambda: ParameterInteger("A", True), "found True \\(bool\\), allowed: int"),
        (lambda: ParameterInteger("A", 1.0), "found 1.0 \\(float\\)"),
        (lambda: ParameterFloat("A", "1"), "found '1' \\(str\\)"),
        (lambda: ParameterBoolean("A", 1), "found 1 \\(int\\), allowed: bool"),
        (lambda: ParameterString("A", "z", enum_values=["x"]), "not among its enum values"),
        (lambda: ParameterInteger("A", enum_values=["x"]), "enum value of the wrong type"),
        (lambda: ParameterString("a b"), "invalid name: found 'a b'"),
        (lambda: ParameterString(""), "invalid name"),
    ],
)
def test_wrong_parameters_are_refused_where_they_are_written(make: object, message: str) -> None:
    """A wrong name, type or enum is an error of the declaration."""
    with pytest.raises(StepError, match=message) as caught:
        make()
    assert "test_parameters.py:" in str(caught.value.fault.location)


def test_text_with_variables_becomes_a_join() -> None:
    """An f-string over variables keeps its text and its variables, in order."""
    depth = ParameterInteger("Depth")
    text = f"s3://{depth}/x-{ExecutionVariables.PIPELINE_EXECUTION_ID}"
    expected = ("s3://", Get("Parameters.Depth"), "/x-", Get("Execution.PipelineExecutionId"))
    assert parse_text(text) == JoinOf("", expected)
    assert parse_text(f"{depth}") == Get("Parameters.Depth")
    assert parse_text("no variables, $ {braces} ${Token}") == "no variables, $ {braces} ${Token}"


def test_join_in_text_keeps_its_separator() -> None:
    """A join of plain variables can stand in an f-string."""
    join = Join("/", ["a", ParameterString("B"), 3, True])
    values = ("<a/", Get("Parameters.B"), "/3/true>")
    assert parse_text(f"<{join}>") == JoinOf("", values)


def test_join_takes_step_results_but_text_does_not() -> None:
    """A result has no name to stand for it in text; Join holds it."""

    @step
    def work(): ...

    join = Join("-", ["x", work()["y"]])
    with pytest.raises(StepError, match="Use Join"):
        str(join)


@pytest.mark.parametrize("value", [None, [1], float("nan"), float("inf"), object()])
def test_join_refuses_what_has_no_text(value: object) -> None:
    """Only finite primitives and variables can be joined."""
    with pytest.raises(StepError, match="a value of Join"):
        Join("", [value])


@pytest.mark.parametrize(
    "use",
    [
        lambda p: bool(p),
        lambda p: p == "x",
        lambda p: p > 1,
        lambda p: p * 2,
        lambda p: f"{p:>5}",
        lambda p: len(p),
        lambda p: "a" in p,
    ],
)
def test_python_cannot_compute_with_a_parameter(use: object) -> None:
    """Silent nonsense such as ``if parameter == 3`` is an error."""
    with pytest.raises(StepError):
        use(ParameterString("A"))
