"""Whether a step may use what it is given: what its role lacks, and the line that adds it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from constructs_lib.checks.findings import NOTE, WARNING, Finding
from constructs_lib.checks.given import Given, given_texts, rendered, values_at
from constructs_lib.checks.resources import S3, UNKNOWN, Mention, Resources, variable_of
from constructs_lib.checks.roles import Role, granted_by_resource, overlap, roles_of
from constructs_lib.checks.subject import Subject
from constructs_lib.local.assembly import Assembly
from constructs_lib.local.definition import StepDefinition
from constructs_lib.service.step_types import step_type_of

_WRITTEN = "Custom::SageMakerPipelineDefinition"
_READS = ("s3:GetObject",)
_WRITES = ("s3:PutObject",)


class Reachability:
    """Compares what steps are given with what they may use.

    Args:
        assembly: The app.
        subject: The pipeline.
    """

    def __init__(self, assembly: Assembly, subject: Subject) -> None:
        self._assembly = assembly
        self._subject = subject
        self._resources = Resources(assembly, _referred(subject))
        self._roles = roles_of(assembly)

    def called(self, step: StepDefinition) -> list[tuple[Given, Mention]]:
        """Return the resources of the app that a step can call or have brought: see mentions.

        One without a network calls none.
        """
        return [
            (given, mention)
            for given, mention in self.mentions(step)
            if given.is_brought or not self._is_isolated(step)
        ]

    def mentions(self, step: StepDefinition) -> list[tuple[Given, Mention]]:
        """Return the resources of the app that a step is given, each once."""
        found: dict[tuple[str, bool, bool], tuple[Given, Mention]] = {}
        for given in given_texts(self._subject, step):
            mention = self._resources.find(given.text)
            if mention is not None:
                key = (mention.arn, given.is_brought, given.is_written)
                found.setdefault(key, (given, mention))
        return list(found.values())

    def findings(self) -> Iterator[Finding]:
        """Yield what steps are given and may not use, and what is not known."""
        for step in self._subject.steps:
            arn = self._role_of(step)
            mentions = [] if arn is None else self.called(step)
            role = self._roles.get(arn or "")
            yield from self._cut_off(step)
            if mentions and role is None:
                yield self._unknown(step, arn or "", mentions)
            elif role is not None:
                yield from self._missing(step, role, mentions)

    def _cut_off(self, step: StepDefinition) -> Iterator[Finding]:
        for given, mention in self.mentions(step) if self._is_isolated(step) else ():
            # The name of a bucket may be meant for a text; data comes by channels.
            if not given.is_brought and mention.resource.kind is not S3:
                yield self._finding(
                    *(WARNING, "isolation", step),
                    f"is given {mention.resource.path} ({given.where}), and has no network",
                    "with enable_network_isolation nothing can be called",
                    "Use it in a step of its own, or leave enable_network_isolation out.",
                )

    def _is_isolated(self, step: StepDefinition) -> bool:
        found = values_at(step.arguments, ("EnableNetworkIsolation",))
        return any(self._subject.known(value) is True for value in found)

    def _missing(
        self, step: StepDefinition, role: Role, mentions: list[tuple[Given, Mention]]
    ) -> Iterator[Finding]:
        lacking = [(g, m) for g, m in mentions if not self._reaches(role, g, m)]
        said = set()
        for given, mention in lacking:
            resource = mention.resource
            grant = "grant_put" if given.is_written else resource.kind.grant
            if (resource.path, grant) in said:
                continue
            said.add((resource.path, grant))
            line = f"{resource.variable}.{grant}({self._grantee(step, role)})"
            what = f"is given {resource.path} ({given.where}), which its role may not use"
            if role.unknown:
                yield self._finding(
                    *(NOTE, "grant", step, f"is given {resource.path} ({given.where})"),
                    f"whether its {', '.join(role.unknown)} allows it is not known",
                    f"If not: {line}",
                )
            else:
                yield self._finding(
                    *(WARNING, "grant", step, what),
                    f"nothing of {role.path} allows it",
                    f"Add {line}, or do not pass it.",
                )

    def _reaches(self, role: Role, given: Given, mention: Mention) -> bool:
        kind, arn = mention.resource.kind, mention.arn
        if given.is_brought:
            allowed = role.can(_WRITES if given.is_written else _READS, arn)
        else:
            allowed = role.may(kind.service, arn)
            # Who may use what is in a bucket may be given its name.
            allowed = allowed or (kind is S3 and role.may("s3", f"{arn}/"))
        own = granted_by_resource(self._assembly, role.arn)
        return allowed or any(overlap(pattern, arn) for pattern in own)

    def _unknown(
        self, step: StepDefinition, arn: str, mentions: list[tuple[Given, Mention]]
    ) -> Finding:
        paths = ", ".join(dict.fromkeys(mention.resource.path for _, mention in mentions))
        return self._finding(
            *(NOTE, "role", step, f"is given {paths}"),
            f"its role, {arn or 'chosen when it runs'}, is not made by this app",
            "See that it may use them.",
        )

    def _grantee(self, step: StepDefinition, role: Role) -> str:
        own = f"{self._subject.name.removesuffix('/Resource')}/Steps/{step.name}/Role"
        pipeline = variable_of(self._subject.name)
        return f'{pipeline}.step("{step.name}")' if role.path == own else variable_of(role.path)

    def _role_of(self, step: StepDefinition) -> str | None:
        """Return the ARN of a step's role, empty if only a run knows it; None if it has none."""
        path = step_type_of(step.type).role
        found: Any = step.arguments
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        if not path or found is None:
            return None
        return rendered(self._subject, found).replace(UNKNOWN, "")

    def _finding(
        self, level: str, rule: str, step: StepDefinition, what: str, allowed: str, mend: str
    ) -> Finding:
        return Finding(level, rule, self._subject.name, step.name, what, allowed, mend)


def _referred(subject: Subject) -> frozenset[str]:
    """Return the logical IDs that the definition refers to."""
    resources = subject.template.resources
    own = resources[subject.pipeline.resource.logical_id]["Properties"]
    written = [r["Properties"] for r in resources.values() if r["Type"] == _WRITTEN]
    text = json.dumps([own, written])
    return frozenset(logical_id for logical_id in resources if f'"{logical_id}"' in text)
