"""Whether the network of a step leads to what it is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from constructs_lib.checks.findings import NOTE, WARNING, Finding
from constructs_lib.checks.given import rendered, values_at
from constructs_lib.checks.networks import Subnet, subnets_of
from constructs_lib.checks.reachability import Reachability
from constructs_lib.checks.resources import S3, Kind, variable_of
from constructs_lib.checks.subject import Subject
from constructs_lib.local.assembly import Assembly
from constructs_lib.local.definition import StepDefinition


def network_findings(
    assembly: Assembly, subject: Subject, reachability: Reachability
) -> Iterator[Finding]:
    """Yield the services that steps need and their subnets do not lead to.

    Args:
        assembly: The app.
        subject: The pipeline.
        reachability: What its steps are given.
    """
    placed = {step.name: _subnets(subject, step) for step in subject.steps}
    if not any(placed.values()):
        return
    known = subnets_of(assembly)
    blocked: dict[tuple[str, Kind], list[str]] = defaultdict(list)
    unknown: dict[str, list[str]] = defaultdict(list)
    for step in subject.steps:
        for name in placed[step.name]:
            if name not in known:
                unknown[name].append(step.name)
        for kind in _needed(reachability, step):
            for vpc in _without(kind, placed[step.name], known):
                blocked[vpc, kind].append(step.name)
    for (vpc, kind), steps in blocked.items():
        yield Finding(
            *(WARNING, "network", subject.name, None),
            f"{_named(steps)} in subnets of {vpc} from where {kind.title} is not reached",
            "it takes a NAT gateway or an endpoint",
            f"Add {_line(vpc, kind)}.",
        )
    for name, steps in unknown.items():
        yield Finding(
            *(NOTE, "network", subject.name, None),
            f"{_named(steps)} in {name}, which this app does not make",
            "what is reached from there is not known",
            "See that S3 is, and every service that the steps use.",
        )


def _needed(reachability: Reachability, step: StepDefinition) -> list[Kind]:
    """Return what a step calls, or SageMaker for it: inputs and outputs are in S3."""
    called = [m.resource.kind for given, m in reachability.called(step) if not given.is_brought]
    return list(dict.fromkeys([S3, *called]))


def _without(kind: Kind, names: Sequence[str], known: Mapping[str, Subnet]) -> list[str]:
    """Return the VPCs of those subnets that do not lead to a service."""
    subnets = [known[name] for name in names if name in known]
    return list(dict.fromkeys(one.vpc for one in subnets if not one.reaches(kind.service)))


def _subnets(subject: Subject, step: StepDefinition) -> list[str]:
    lists: list[Any] = list(values_at(step.arguments, ("Subnets",)))
    return [rendered(subject, one) for found in lists if isinstance(found, list) for one in found]


def _line(vpc: str, kind: Kind) -> str:
    way, family = (
        ("gateway", "GatewayVpcEndpointAwsService")
        if kind.is_gateway
        else ("interface", "InterfaceVpcEndpointAwsService")
    )
    construct = f'"{kind.title.replace(" ", "")}"'
    return (
        f"{variable_of(vpc)}.add_{way}_endpoint({construct}, service=ec2.{family}.{kind.endpoint})"
    )


def _named(steps: Sequence[str]) -> str:
    names = ", ".join(map(repr, dict.fromkeys(steps)))
    return f"step {names} runs" if len(set(steps)) == 1 else f"steps {names} run"
