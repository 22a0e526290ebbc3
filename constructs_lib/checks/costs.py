"""An upper bound of what one execution costs.

Each job is taken to run as long as its ``max_runtime`` allows, and each retry policy to be used up.
Storage, data transfer and what other services ask for are not counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from constructs_lib.checks.for_each import Turns, turns_of
from constructs_lib.checks.jobs import Job, jobs_of, why_unknown
from constructs_lib.checks.subject import Subject
from constructs_lib.local.definition import StepDefinition
from constructs_lib.service.limits import DEFAULT_ATTEMPTS
from constructs_lib.service.prices import Prices

_HOUR = 3600
# What a retry policy can name that happens when instances have run.
# https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
_AFTER_A_START = {"SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR"}


@dataclass(frozen=True)
class StepCost:
    """The most that the instances of a step cost in one execution.

    Attributes:
        step: Its name.
        instances: Such as ``2 x ml.m5.large``.
        hours: Of all instances, one after another; None without a bound.
        dollars: None if it is not known.
        because: How the hours are made up, or why they or the price are not known.
    """

    step: str
    instances: str
    hours: float | None
    dollars: float | None
    because: str


@dataclass(frozen=True)
class PipelineCost:
    """The most that one execution costs.

    Attributes:
        steps: In the definition's order.
        dollars: Sum of what is known, with the dearer branch of each condition; None if nothing is.
        unknown: Steps that are not in the sum though they have instances.
    """

    steps: tuple[StepCost, ...]
    dollars: float | None
    unknown: tuple[str, ...]


def costs(subject: Subject, prices: Prices) -> PipelineCost:
    """Return the bound.

    Args:
        subject: The pipeline.
        prices: Instance type to USD per hour.
    """
    turns = turns_of(subject)
    found = [
        cost for step in subject.steps for cost in _of_step(subject, step, turns[step.name], prices)
    ]
    known: dict[str, float] = {}
    for cost in found:
        if cost.dollars is not None:
            known[cost.step] = known.get(cost.step, 0) + cost.dollars
    unknown = [cost.step for cost in found if cost.dollars is None]
    total = _dearest(subject.definition.steps, None, known) if known else None
    return PipelineCost(tuple(found), total, tuple(dict.fromkeys(unknown)))


def _dearest(
    steps: Sequence[StepDefinition], branch: tuple[str, bool] | None, known: Mapping[str, float]
) -> float:
    """Return the sum of a branch, with the dearer side of each condition in it."""
    total = 0.0
    for step in steps:
        if step.branch == branch:
            total += known.get(step.name, 0)
            total += _dearest(step.body, None, known)
            sides = (_dearest(steps, (step.name, side), known) for side in (True, False))
            total += max(sides) if step.type == "Condition" else 0
    return total


def _of_step(
    subject: Subject, step: StepDefinition, turns: Turns, prices: Prices
) -> Iterator[StepCost]:
    why = why_unknown(step)
    if why is not None:
        yield StepCost(step.name, step.type, None, None, why)
    for job in jobs_of(subject, step):
        count = "?" if job.count is None else job.count
        instances = f"{count} x {job.instance_type or '?'}"
        gap = _gap(job)
        if gap is not None:
            yield StepCost(step.name, instances, None, None, gap)
            continue
        attempts, waiting = _attempts(step.members.get("RetryPolicies", ()))
        assert job.seconds is not None, "it has no gap"
        assert job.count is not None, "it has no gap"
        assert job.total is not None, "it has no gap"
        seconds = (job.seconds + job.keep_alive) * attempts + waiting
        hours = seconds * job.count * job.total * turns.total / _HOUR
        price = prices.get(str(job.instance_type))
        parts = _parts(job, attempts, waiting, turns)
        if price is None and prices:
            parts.append(f"no price of {job.instance_type}")
        dollars = None if price is None else hours * price
        yield StepCost(step.name, instances, hours, dollars, ", ".join(parts))


def _gap(job: Job) -> str | None:
    """Return why nothing bounds a job, or None."""
    gaps = {
        "no max_runtime": job.seconds,
        "instance_count chosen at run time": job.count,
        "instance_type chosen at run time": job.instance_type,
        "no limit of training jobs": job.total,
    }
    missing = [name for name, value in gaps.items() if value is None]
    return ", ".join(missing) or None


def _parts(job: Job, attempts: int, waiting: int, turns: Turns) -> list[str]:
    """Return how the hours of a job are made up."""
    parts = [f"{_hours(job.seconds or 0)} h"]
    if job.keep_alive:
        parts.append(f"kept for {_hours(job.keep_alive)} h")
    if attempts > 1:
        parts.append(f"{attempts} attempts")
    if waiting:
        parts.append(f"retries for {_hours(waiting)} h")
    if job.total != 1:
        parts.append(f"{job.total} jobs")
    if turns.total > 1:
        parts.append(f"{turns.total} items" + ("" if turns.is_known else " at most"))
    return parts


def _hours(seconds: int) -> str:
    return f"{seconds / _HOUR:,.2f}".rstrip("0").rstrip(".")


def _attempts(policies: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Return how often a job may run, and the seconds in which it may be started again."""
    counted = [policy for policy in policies if _AFTER_A_START & set(policy["ExceptionType"])]
    waiting = sum(policy.get("ExpireAfterMin", 0) * 60 for policy in counted)
    again = (
        policy.get("MaxAttempts", DEFAULT_ATTEMPTS)
        for policy in counted
        if "ExpireAfterMin" not in policy
    )
    return 1 + sum(again), waiting
