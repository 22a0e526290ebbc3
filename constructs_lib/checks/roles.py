"""What the roles of an app may do, as far as its templates say it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from constructs_lib.local.assembly import Assembly
from constructs_lib.local.intrinsics import Template
from constructs_lib.local.names import arn_of
from constructs_lib.review.access import permissions, readable
from constructs_lib.review.changes import Permission

_ROLE = "AWS::IAM::Role"
_MANAGED = "managed policy"


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
    def managed(self) -> list[str]:
        """Policies of it that are not in the app."""
        return sorted(one.resource for one in self.permissions if one.action == _MANAGED)

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
    return {role.arn: role for template in assembly.templates for role in _roles(template)}


def overlap(pattern: str, start: str) -> bool:
    """Tell whether a pattern with ``*`` can match a text, or a longer one that begins with it."""
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
                    yield from _allowed(readable(template, document), role)


def _roles(template: Template) -> Iterator[Role]:
    paths = {
        logical_id: resource["Metadata"]["aws:cdk:path"].removesuffix("/Resource")
        for logical_id, resource in template.resources.items()
        if resource["Type"] == _ROLE
    }
    for logical_id, path in paths.items():
        try:
            own = permissions(template, {logical_id: path})
        except (AttributeError, LookupError, TypeError, ValueError):
            own = frozenset({Permission(path, _MANAGED, "what a deployment decides")})
        yield Role(path, arn_of(_ROLE, template.physical_name(logical_id)), own)


def _allowed(document: Any, role: str) -> Iterator[str]:
    statements = document.get("Statement", []) if isinstance(document, dict) else []
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        named = principal.get("AWS", []) if isinstance(principal, dict) else principal
        named = named if isinstance(named, list) else [named]
        if statement.get("Effect") == "Allow" and {"*", role} & {str(one) for one in named}:
            resources = statement.get("Resource", "*")
            yield from resources if isinstance(resources, list) else [resources]
