"""What an execution would cost, from the time of its instances and a table of prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from constructs_lib.report.record import Run, StepRun
from constructs_lib.service.prices import Prices

_HOUR = 3600


@dataclass(frozen=True)
class Cost:
    """The instances of a step, or of all steps on one type.

    Attributes:
        instance_type: Such as ``ml.m5.large``.
        seconds: Of one instance after another.
        dollars: Estimate; None if the type has no price.
    """

    instance_type: str
    seconds: float
    dollars: float | None


def cost_of(step: StepRun, until: datetime, prices: Prices) -> Cost | None:
    """Return what a step costs; None if it has started no instances."""
    seconds = step.billable_seconds
    if seconds is None:
        seconds = step.seconds(until)
    if not step.instance_type or seconds is None or not step.has_run:
        return None
    total = seconds * step.instance_count
    price = prices.get(step.instance_type)
    return Cost(step.instance_type, total, None if price is None else total * price / _HOUR)


def costs_by_type(run: Run, prices: Prices) -> list[Cost]:
    """Return the sum for each instance type, the longest first."""
    sums: dict[str, Cost] = {}
    for step in run.steps:
        cost = cost_of(step, run.until, prices)
        if cost is not None:
            before = sums.get(cost.instance_type, Cost(cost.instance_type, 0, 0))
            dollars = None if cost.dollars is None else (before.dollars or 0) + cost.dollars
            sums[cost.instance_type] = Cost(
                cost.instance_type, before.seconds + cost.seconds, dollars
            )
    return sorted(sums.values(), key=lambda cost: (-cost.seconds, cost.instance_type))


def total_dollars(run: Run, prices: Prices) -> float | None:
    """Return the sum of what has a price; None if nothing has."""
    known = [cost.dollars for cost in costs_by_type(run, prices) if cost.dollars is not None]
    return sum(known) if known else None
