"""All that the checks say of one pipeline."""

from __future__ import annotations

from dataclasses import dataclass

from constructs_lib.checks.acknowledged import Acknowledged
from constructs_lib.checks.compatibility import compatibility_findings
from constructs_lib.checks.costs import PipelineCost, costs
from constructs_lib.checks.findings import ERROR, NOTE, WARNING, Finding
from constructs_lib.checks.limits import Usage, limit_findings, usages
from constructs_lib.checks.quotas import Quota, quotas
from constructs_lib.checks.reach import reach_findings
from constructs_lib.checks.subject import read_subject
from constructs_lib.local.assembly import Assembly, SynthesizedPipeline
from constructs_lib.service.prices import Prices

_ORDER = (ERROR, WARNING, NOTE)


@dataclass(frozen=True)
class Report:
    """What is known of a pipeline before it is deployed.

    Attributes:
        pipeline: Its name.
        limits: How much of each limit is used.
        quotas: To ask for.
        cost: The most that one execution costs.
        findings: The worst first.
    """

    pipeline: str
    limits: tuple[Usage, ...]
    quotas: tuple[Quota, ...]
    cost: PipelineCost
    findings: tuple[Finding, ...]

    def count(self, level: str) -> int:
        """Return how many findings there are of a level."""
        return sum(one.level == level for one in self.findings)


def check(
    assembly: Assembly,
    pipeline: SynthesizedPipeline,
    prices: Prices,
    acknowledged: Acknowledged,
) -> Report:
    """Return what the checks say of a pipeline.

    Args:
        assembly: That it is in.
        pipeline: Which one.
        prices: Instance type to USD per hour.
        acknowledged: Findings that are meant, and left out.

    Raises:
        LocalRunError: Its definition is malformed.
    """
    subject = read_subject(assembly, pipeline)
    findings = [
        *limit_findings(subject),
        *compatibility_findings(subject),
        *reach_findings(assembly, subject),
    ]
    left = [one for one in findings if acknowledged.reason(one) is None]
    return Report(
        pipeline.name,
        tuple(usages(subject)),
        tuple(quotas(subject)),
        costs(subject, prices),
        tuple(sorted(left, key=lambda one: _ORDER.index(one.level))),
    )
