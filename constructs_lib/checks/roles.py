"""What the roles of an app may do, as far as its templates say it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from constructs_lib.checks.resources import construct_path
from constructs_lib.local.assembly import Assembly
from constructs_lib.local.intrinsics import Template
from constructs_lib.local.names import arn_of
from constructs_lib.review.access import permissions
from constructs_lib.review.changes import ALL_BUT, MANAGED_POLICY, Permission
from constructs_lib.review.statements import listed, members, statements

_ROLE = "AWS::IAM::Role"
# How a value begins that only a deployment knows.
_OPEN = "${"


@dataclass(frozen=True)
class Role:
    """A role that the app makes.

    Attributes:
        path: Of its construct.
        arn: What its ARN is on this machine.
        permissions: What its policies say.
    """

    path: str
    arn: str
    permissions: frozenset[Permission]

    @property
    def unknown(self) -> list[str]:
        """What may allow it more: policies that are not in the app, and what stays open in own."""
        return sorted(
            {
                one.resource if one.action == MANAGED_POLICY else f"{one.action} on {one.resource}"
                for one in self.permissions
                if one.effect == "Allow" and (one.action == MANAGED_POLICY or _OPEN in one.resource)
            }
        )

    def may(self, service: str, arn: str) -> bool:
        """Tell whether it may do anything at all with a resource, or with something in it.

        Conditions are taken to be met, and what is denied is not looked at.

        Args:
            service: Such as ``s3``.
            arn: Of the resource, or the beginning of the ARNs of what is in it.
        """
        return any(
            one.effect == "Allow"
            and overlap(one.action.lower(), f"{service}:")
            and overlap(one.resource, arn)
            for one in self.permissions
        )

    def can(self, actions: tuple[str, ...], arn: str) -> bool:
        """Tell whether it may take one of some actions, conditions aside."""
        return any(
            one.effect == "Allow"
            and any(overlap(one.action.lower(), action.lower()) for action in actions)
            and overlap(one.resource, arn)
            for one in self.permissions
        )


def roles_of(assembly: Assembly) -> dict[str, Role]:
    """Return the app's roles by their ARNs."""
    paths = {
        arn_of(_ROLE, template.physical_name(logical_id)): construct_path(
            resource["Metadata"]["aws:cdk:path"]
        )
        for template in assembly.templates
        for logical_id, resource in template.resources.items()
        if resource["Type"] == _ROLE
    }
    own: dict[str, set[Permission]] = {path: set() for path in paths.values()}
    for one in permissions(assembly.templates, paths):
        own[one.who].add(one)
    return {arn: Role(path, arn, frozenset(own[path])) for arn, path in paths.items()}


def overlap(pattern: str, start: str) -> bool:
    """Tell whether a pattern with ``*`` can match a text, or a longer one that begins with it.

    A pattern that excludes some is taken to match.
    """
    if pattern.startswith(ALL_BUT):
        return True
    head = re.split(r"[*?]", pattern, maxsplit=1)[0]
    return head.startswith(start) or (head != pattern and start.startswith(head))


def granted_by_resource(assembly: Assembly, role: str) -> Iterator[str]:
    """Yield the ARNs or patterns that policies of resources let a role, or everybody, use."""
    for template in assembly.templates:
        for resource in template.resources.values():
            properties = resource.get("Properties", {})
            names = ("PolicyDocument", "KeyPolicy", "ResourcePolicy")
            for document in (properties[name] for name in names if name in properties):
                if "IAM" not in resource["Type"]:
                    yield from _allowed(template, document, role)


def _allowed(template: Template, document: Any, role: str) -> Iterator[str]:
    for statement, _ in statements(template, document):
        principal = statement.get("Principal", {})
        named = principal.get("AWS", []) if isinstance(principal, dict) else principal
        if statement["Effect"] == "Allow" and {"*", role} & set(listed(named)):
            yield from members(statement, "Resource")
