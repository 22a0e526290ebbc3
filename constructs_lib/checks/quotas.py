"""The quotas of an account that a pipeline needs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from constructs_lib.checks.concurrency import Concurrency, Load
from constructs_lib.checks.for_each import turns_of
from constructs_lib.checks.jobs import WARM_POOL, jobs_of
from constructs_lib.checks.subject import Subject


@dataclass(frozen=True)
class Quota:
    """A quota to ask for: instances of one type, for one use.

    https://docs.aws.amazon.com/general/latest/gr/sagemaker.html

    Attributes:
        name: In Service Quotas, such as ``ml.m5.xlarge for training job usage``.
        instances: The most that one execution uses at the same time; None if only a run knows it.
        steps: That use them.
    """

    name: str
    instances: int | None
    steps: tuple[str, ...]


def quotas(subject: Subject) -> list[Quota]:
    """Return the quotas that one execution needs, by name."""
    turns, concurrency = turns_of(subject), Concurrency(subject)
    loads: dict[str, list[Load]] = defaultdict(list)
    kept: dict[str, list[Load]] = defaultdict(list)
    open_ended: set[str] = set()
    for step in subject.steps:
        for job in jobs_of(subject, step):
            name = f"{job.instance_type or 'an instance type chosen at run time'} for"
            if job.count is None:
                open_ended.add(f"{name} {job.use}")
            load = Load(step.name, (job.count or 0) * job.at_once, turns[step.name].at_once)
            loads[f"{name} {job.use}"].append(load)
            if job.keep_alive:
                kept[f"{name} {WARM_POOL}"].append(load)
    found = {name: concurrency.widest(_added(parts)) for name, parts in loads.items()}
    # Kept instances outlive their steps, so that all of them can be there at the end.
    found.update({name: sum(p.weight * p.times for p in parts) for name, parts in kept.items()})
    return [
        Quota(
            name,
            None if name in open_ended else most,
            tuple(dict.fromkeys(part.step for part in {**loads, **kept}[name])),
        )
        for name, most in sorted(found.items())
    ]


def _added(loads: list[Load]) -> list[Load]:
    """Return one load a step: instance groups of one type add up."""
    weights: dict[tuple[str, int], int] = defaultdict(int)
    for load in loads:
        weights[load.step, load.times] += load.weight
    return [Load(step, weight, times) for (step, times), weight in weights.items()]
