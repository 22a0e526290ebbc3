"""The faults of a pipeline, all reported together."""

from __future__ import annotations

import pytest

from constructs_lib import (
    ConditionAnd,
    ConditionEquals,
    ConditionGreaterThan,
    ConditionIn,
    ConditionNot,
    ConditionOr,
    ConditionStep,
    FailStep,
    ParameterInteger,
    ParameterString,
    StepError,
    get_step,
    step,
)
from constructs_lib.exceptions import Fault
from constructs_lib.model.graph import build_graph
from constructs_lib.model.parameters import Parameter
from constructs_lib.model.placement import place
from constructs_lib.model.steps import FunctionStep, as_step
from constructs_lib.model.validation import claim, validate


@step
def work(*values, **named): ...


def faults_of(*leaves: object, parameters: list[Parameter] | None = None) -> list[Fault]:
    steps = [as_step(leaf, "steps") for leaf in leaves]
    graph, faults = build_graph(steps, parameters or [])
    placements = {s: place(s) for s in graph.steps if isinstance(s, FunctionStep)}
    return faults + validate(graph, placements)


def test_good_pipeline_has_no_faults() -> None:
    """Names with underscores and numbers, declared parameters and few inputs are fine."""
    depth = ParameterInteger("Depth")
    assert faults_of(work.with_options(name="a_b-1")(depth), work(), parameters=[depth]) == []


@pytest.mark.parametrize("name", ["a b", "", "x" * 65, "ä", "a.b", "<lambda>"])
def test_step_name_out_of_pattern(name: str) -> None:
    """The service's pattern holds; the message suggests a name."""
    (fault,) = faults_of(work.with_options(name=name)())
    assert fault.found == repr(name)
    assert fault.mend.startswith("Pass name=")


def test_duplicate_step_names() -> None:
    """Names given twice are told with both places."""
    named = work.with_options(name="same")
    (fault,) = faults_of(named(), named())
    assert fault.found.count("test_validation.py:") == 2


def test_undeclared_parameter() -> None:
    """A parameter used anywhere must be given to the pipeline; near names are suggested."""
    depth = ParameterInteger("Depth")
    (fault,) = faults_of(work({"a": [depth]}), parameters=[ParameterInteger("Dept")])
    assert "'Depth'" in fault.found
    assert "Did you mean 'Dept'?" in fault.mend
    (fault,) = faults_of(FailStep("f", f"text {depth}"))
    assert "step 'f'" in fault.what


def test_parameter_declared_twice() -> None:
    """Two parameters cannot share a name."""
    (fault,) = faults_of(work(), parameters=[ParameterInteger("A"), ParameterString("A")])
    assert "2 parameters have the same name" in fault.what


def test_too_many_channels() -> None:
    """Twenty channels, one of them the code, are the service's limit."""
    assert faults_of(work(*[work() for _ in range(19)])) == []
    (fault,) = faults_of(work(*[work() for _ in range(20)]))
    assert fault.found.startswith("21 channels")


def test_too_many_hyperparameters() -> None:
    """A hundred plain arguments are the service's limit."""
    assert faults_of(work(*range(100))) == []
    (fault,) = faults_of(work(*range(101)))
    assert "too many arguments" in fault.what


def test_over_long_hyperparameter() -> None:
    """A parameter's default that no hyperparameter can hold is a fault of the argument."""
    text = ParameterString("Text", "x" * 2501)
    (fault,) = faults_of(work(text), parameters=[text])
    assert "2501 characters" in fault.found
    (fault,) = faults_of(work(**{"k" * 257: 1}))
    assert "too long a name" in fault.what


def test_dependency_on_a_fail_step() -> None:
    """Nothing runs after a FailStep."""
    last = work()
    get_step(last).add_depends_on([FailStep("stop", "no")])
    (fault,) = faults_of(last)
    assert "depends on a FailStep" in fault.what


def test_step_of_another_pipeline() -> None:
    """A pipeline claims its steps; their results do not cross to another."""
    shared = work()
    first, _ = build_graph([get_step(shared)], [])
    second, _ = build_graph([get_step(work(shared))], [])
    assert claim(first, "App/One") == []
    assert claim(first, "App/One") == []
    (fault,) = claim(second, "App/Two")
    assert "App/One" in fault.found
    assert get_step(shared).owner == "App/One"


def test_all_faults_are_reported_together() -> None:
    """Every rule is applied to every step."""
    faults = faults_of(work.with_options(name="a b")(ParameterInteger("P")), FailStep("c d", "x"))
    assert len(faults) == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ConditionEquals("1", 1), "different types"),
        (lambda: ConditionGreaterThan(ParameterString("A"), 3), "different types"),
        (lambda: ConditionIn(ParameterInteger("A"), ["x"]), "different types"),
        (lambda: ConditionEquals([1], 1), "left side of ConditionEquals"),
        (lambda: ConditionNot(3), "no condition"),
        (lambda: ConditionOr([]), "no conditions"),
        (lambda: ConditionAnd(["x"]), "no condition"),
        (lambda: ConditionStep("c", conditions=[True]), "no condition"),
        (lambda: ConditionStep("c", conditions=[], if_steps=[work]), "no step"),
        (lambda: FailStep("f", 1j), "error_message"),
        (lambda: get_step(work()).add_depends_on([work]), "no step"),
    ],
)
def test_wrong_conditions_and_steps_are_refused_where_they_are_written(
    make: object, message: str
) -> None:
    """What can be known from the call itself is an error of the call."""
    with pytest.raises(StepError, match=message) as caught:
        make()
    assert "test_validation.py:" in str(caught.value.fault.location)
