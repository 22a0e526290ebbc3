"""What differs between two executions."""

from __future__ import annotations

from constructs_lib.report.comparison import Change, MetricChange, compare
from tests.unit.report.runs import at, make_run, make_step

JOB = {"job": "j", "instance_type": "ml.m5.large", "instance_count": 1}


def test_parameters_are_compared_as_text() -> None:
    """The service gives every value as text: 6 and "6" are the same."""
    before = make_run(parameters={"Depth": 6, "Rows": "all", "Old": 1})
    after = make_run(parameters={"Depth": "6", "Rows": "few", "New": 2})
    assert compare(after, before).parameters == (
        Change("Rows", "all", "few"),
        Change("New", "not there", "2"),
        Change("Old", "1", "not there"),
    )


def test_steps_tell_code_instances_and_arguments() -> None:
    """What makes a step's work another one is told; durations are compared."""
    before = make_run(make_step("a", 0, 10, code="1", arguments={"depth": "6"}, **JOB))
    after = make_run(make_step("a", 0, 14, code="2", arguments={"depth": "8"}, **JOB))
    (step,) = compare(after, before).steps
    assert step.changes == (Change("code", "1", "2"), Change("depth", "6", "8"))
    assert step.difference == 4
    assert step.is_other


def test_a_step_that_did_not_run_has_no_duration() -> None:
    """A cache hit is another state, not a faster run."""
    before = make_run(make_step("a", 0, 10, **JOB))
    after = make_run(make_step("a", 0, 0, cached_from="arn", **JOB), end=at(1))
    (step,) = compare(after, before).steps
    assert step.difference is None
    assert step.is_other


def test_steps_that_came_and_went() -> None:
    """Steps of either execution are there."""
    found = compare(make_run(make_step("new")), make_run(make_step("old"))).steps
    assert [(s.name, s.before is None, s.after is None) for s in found] == [
        ("new", True, False),
        ("old", False, True),
    ]


def test_equal_steps_are_not_other() -> None:
    """The same work that took longer is the same."""
    before, after = make_run(make_step("a", 0, 1, **JOB)), make_run(make_step("a", 0, 9, **JOB))
    assert not compare(after, before).steps[0].is_other


def test_metrics_of_steps_that_report_some_in_both() -> None:
    """A metric may come or go; a step without any is told by its status."""
    before = make_run(make_step("a", metrics={"auc": 0.5, "old": 1}), make_step("b"))
    after = make_run(make_step("a", metrics={"auc": 0.6}), make_step("b", metrics={"x": 1}))
    assert compare(after, before).metrics == (
        MetricChange("a", "auc", 0.5, 0.6),
        MetricChange("a", "old", 1, None),
    )
