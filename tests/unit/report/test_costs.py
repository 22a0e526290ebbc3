"""The estimate of what an execution costs."""

from __future__ import annotations

import pytest

from constructs_lib.report.costs import cost_of, costs_by_type, total_dollars
from tests.unit.report.runs import at, make_run, make_step

LARGE = {"instance_type": "ml.m5.large", "instance_count": 2}


def test_cost_is_billed_time_times_instances_times_price() -> None:
    """What the service bills goes before the duration."""
    step = make_step("a", 0, 100, billable_seconds=90.0, **LARGE)
    cost = cost_of(step, at(100), {"ml.m5.large": 0.1})
    assert cost is not None
    assert cost.seconds == 180
    assert cost.dollars == pytest.approx(180 * 0.1 / 3600)


def test_without_billing_the_duration_counts() -> None:
    """A running step counts until now."""
    cost = cost_of(make_step("a", 0, end=None, **LARGE), at(30), {})
    assert cost is not None
    assert (cost.seconds, cost.dollars) == (60, None)


@pytest.mark.parametrize(
    "settings",
    [{"cached_from": "arn"}, {"reused_from": "arn"}, {"is_stub": True}, {"instance_type": ""}],
)
def test_what_has_not_run_costs_nothing(settings: dict[str, object]) -> None:
    """Cache hits, steps that were not selected, stubs and conditions start no instances."""
    assert cost_of(make_step("a", 0, 9, **{**LARGE, **settings}), at(9), {}) is None


def test_sums_by_type() -> None:
    """A type without a price has time, and is no part of the sum."""
    run = make_run(
        make_step("a", 0, 1800, **LARGE),
        make_step("b", 0, 1800, **LARGE),
        make_step("c", 0, 60, instance_type="ml.g5.xlarge", instance_count=1),
    )
    prices = {"ml.m5.large": 0.1}
    found = [(c.instance_type, c.seconds, c.dollars) for c in costs_by_type(run, prices)]
    assert found == [("ml.m5.large", 7200, pytest.approx(0.2)), ("ml.g5.xlarge", 60, None)]
    assert total_dollars(run, prices) == pytest.approx(0.2)
    assert total_dollars(run, {}) is None
