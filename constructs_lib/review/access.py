"""What the roles of a pipeline may do, one permission an action and resource."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.intrinsics import Template
from constructs_lib.review.changes import Permission

_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


def permissions(template: Template, owners: Mapping[str, str]) -> frozenset[Permission]:
    """Return what roles may do.

    Args:
        template: Their stack.
        owners: Logical ID of each role to what it is the role of.
    """
    return frozenset(_found(template, owners))


def readable(template: Template, value: Any) -> Any:
    """Return a value of a template with its functions resolved, if they can be."""
    try:
        return template.resolve(value)
    except (LocalRunError, LookupError):
        return json.dumps(value)


def _found(template: Template, owners: Mapping[str, str]) -> Iterator[Permission]:
    for logical_id, resource in template.resources.items():
        properties = resource.get("Properties", {})
        if logical_id in owners:
            who = owners[logical_id]
            for policy in properties.get("Policies", []):
                yield from _statements(template, who, policy["PolicyDocument"])
            for arn in properties.get("ManagedPolicyArns", []):
                yield Permission(who, "managed policy", str(readable(template, arn)))
        if resource["Type"] in _POLICIES:
            for role in properties.get("Roles", []):
                owner = owners.get(role.get("Ref", "")) if isinstance(role, dict) else None
                if owner is not None:
                    yield from _statements(template, owner, properties["PolicyDocument"])


def _statements(template: Template, who: str, document: Any) -> Iterator[Permission]:
    for statement in readable(template, document)["Statement"]:
        condition = json.dumps(statement["Condition"]) if "Condition" in statement else ""
        for action in _listed(statement.get("Action", statement.get("NotAction"))):
            for resource in _listed(statement.get("Resource", statement.get("NotResource"))):
                yield Permission(who, action, resource, _plain(condition), statement["Effect"])


def _plain(condition: str) -> str:
    """Return a condition as ``StringLike s3:prefix = a/*``."""
    if not condition:
        return ""
    return "; ".join(
        f"{operator} {key} = {', '.join(_listed(values))}"
        for operator, entries in json.loads(condition).items()
        for key, values in entries.items()
    )


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
