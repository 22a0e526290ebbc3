"""What a role carries by its template: policies, permissions boundary, who may assume it."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, Role, iam_backends

_AWS_MANAGED = "arn:aws:iam::aws:policy/"
_attach_role_policy = IAMBackend.attach_role_policy
_create = Role.create_from_cloudformation_json.__func__
_update = Role.update_from_cloudformation_json.__func__


def _create_role(cls: Any, name: str, resource: Any, account: str, region: str, **more: Any) -> Any:
    role = _create(cls, name, resource, account, region, **more)
    _set_policies(role, resource["Properties"], iam_backends[account]["aws"])
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
    _set_policies(role, cloudformation_json["Properties"], iam_backends[account_id]["aws"])
    return role


def _set_policies(role: Any, properties: dict[str, Any], backend: Any) -> None:
    entries = properties.get("Policies", [])
    inline = {entry["PolicyName"]: json.dumps(entry["PolicyDocument"]) for entry in entries}
    managed = list(properties.get("ManagedPolicyArns", []))
    # Others were put by resources of their own, such as AWS::IAM::Policy.
    for name in role.__dict__.get("inline_of_template", ()):
        role.policies.pop(name, None)
    for arn in role.__dict__.get("managed_of_template", ()):
        if arn not in managed:
            backend.detach_role_policy(arn, role.name)
    role.policies.update(inline)
    for arn in managed:
        backend.attach_role_policy(arn, role.name)
    role.inline_of_template, role.managed_of_template = list(inline), managed
    role.assume_role_policy_document = json.dumps(properties["AssumeRolePolicyDocument"])
    boundary = properties.get("PermissionsBoundary")
    if boundary:
        _know(backend, boundary)
    role.permissions_boundary_arn = boundary


def _attach(self: Any, policy_arn: str, role_name: str) -> None:
    _know(self, policy_arn)
    _attach_role_policy(self, policy_arn, role_name)


def _know(backend: Any, arn: str) -> None:
    """Let IAM know one of AWS's own policies: all of them would be 4 MB in each saved state."""
    name = arn.rpartition("/")[2]
    if arn in backend.managed_policies or not arn.startswith(_AWS_MANAGED):
        return
    data = json.loads(aws_managed_policies_data).get(name)
    if data is not None:
        policy = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
        if policy.arn == arn:
            backend.managed_policies[arn] = policy


def apply() -> None:
    """Give roles what their template says, and IAM the policies that AWS has made."""
    model: Any = Role
    wrap: Any = classmethod
    model.create_from_cloudformation_json = wrap(_create_role)
    model.update_from_cloudformation_json = wrap(_update_role)
    IAMBackend.attach_role_policy = _attach
