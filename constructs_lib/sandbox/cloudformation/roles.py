"""Policies of a role in a template: its inline ones, and who may assume it."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.models import Role

_create = Role.create_from_cloudformation_json.__func__
_update = Role.update_from_cloudformation_json.__func__


def _create_role(cls: Any, name: str, resource: Any, account: str, region: str, **more: Any) -> Any:
    role = _create(cls, name, resource, account, region, **more)
    _set_policies(role, resource["Properties"])
    return role


def _update_role(
    cls: Any,
    original_resource: Any,
    new_resource_name: str,
    cloudformation_json: Any,
    account_id: str,
    region_name: str,
) -> Any:
    role = _update(
        cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
    )
    _set_policies(role, cloudformation_json["Properties"])
    return role


def _set_policies(role: Any, properties: dict[str, Any]) -> None:
    entries = properties.get("Policies", [])
    inline = {entry["PolicyName"]: json.dumps(entry["PolicyDocument"]) for entry in entries}
    # Others were put by resources of their own, such as AWS::IAM::Policy.
    for name in role.__dict__.get("inline_of_template", ()):
        role.policies.pop(name, None)
    role.policies.update(inline)
    role.inline_of_template = list(inline)
    role.assume_role_policy_document = json.dumps(properties["AssumeRolePolicyDocument"])


def apply() -> None:
    """Give roles what their template says; moto keeps the first inline policies, not as JSON."""
    model: Any = Role
    wrap: Any = classmethod
    model.create_from_cloudformation_json = wrap(_create_role)
    model.update_from_cloudformation_json = wrap(_update_role)
