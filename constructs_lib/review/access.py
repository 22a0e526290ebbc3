"""What the roles of a pipeline may do, one permission an action and resource."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from constructs_lib.local.intrinsics import Template
from constructs_lib.review.changes import MANAGED_POLICY, PERMISSIONS_BOUNDARY, Permission
from constructs_lib.review.readable import readable
from constructs_lib.review.statements import alternatives, members, statements

_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
_ROLE = "AWS::IAM::Role"
_ARN = re.compile(r"arn:[^\"\s]*?:role/[^\"\s]+")


def permissions(templates: Iterable[Template], owners: Mapping[str, str]) -> frozenset[Permission]:
    """Return what roles may do.

    Args:
        templates: The stacks that have them, or policies for them.
        owners: ARN of each role to what it is the role of.
    """
    return frozenset(
        one
        for template in templates
        for find in (_of_roles, _of_policies)
        for one in find(template, owners)
    )


def role_owners(
    templates: Iterable[Template], stack: Template, pipeline: str, text: str
) -> dict[str, str]:
    """Return ARN to owner of the roles that a pipeline uses.

    Args:
        templates: All stacks.
        stack: The pipeline's.
        pipeline: Path of its construct in the stack.
        text: JSON that names the roles.
    """
    owners = {arn: f"role {arn.partition(':role/')[2].strip('<>')}" for arn in _ARN.findall(text)}
    for template in templates:
        for logical_id in _of_type(template, _ROLE):
            path = _path(template, logical_id)
            parts = path.removeprefix(f"{pipeline}/").split("/")
            arn = _arn(template, logical_id)
            if template is stack and path.startswith(f"{pipeline}/"):
                owners[arn] = f"step {parts[1]}" if parts[0] == "Steps" else "pipeline"
            elif arn in owners:
                owners[arn] = f"role {path}"
    return owners


def _of_roles(template: Template, owners: Mapping[str, str]) -> Iterator[Permission]:
    for logical_id in _of_type(template, _ROLE):
        properties = template.resources[logical_id].get("Properties", {})
        owner = owners.get(_arn(template, logical_id))
        if owner is None:
            continue
        for policy, limit in alternatives(properties.get("Policies", [])):
            yield from _statements(template, owner, policy["PolicyDocument"], limit)
        for boundary, limit in alternatives(properties.get("PermissionsBoundary", [])):
            text = str(readable(template, boundary))
            yield Permission(owner, PERMISSIONS_BOUNDARY, text, limit)
        for arn, limit in alternatives(properties.get("ManagedPolicyArns", [])):
            policy = arn.get("Ref") if isinstance(arn, dict) else None
            if policy in template.resources:
                document = template.resources[policy]["Properties"]["PolicyDocument"]
                yield from _statements(template, owner, document, limit)
            else:
                yield Permission(owner, MANAGED_POLICY, str(readable(template, arn)), limit)


def _of_policies(template: Template, owners: Mapping[str, str]) -> Iterator[Permission]:
    # Of a role that is only known by its name, with or without a path.
    names = {arn.rpartition("/")[2]: owner for arn, owner in owners.items()}
    for kind in _POLICIES:
        for logical_id in _of_type(template, kind):
            properties = template.resources[logical_id]["Properties"]
            for role, limit in alternatives(properties.get("Roles", [])):
                ref = role.get("Ref") if isinstance(role, dict) else None
                if ref in template.resources:
                    owner = owners.get(_arn(template, ref))
                else:
                    owner = names.get(str(readable(template, role)))
                if owner is not None:
                    yield from _statements(template, owner, properties["PolicyDocument"], limit)


def _statements(template: Template, who: str, document: Any, limit: str) -> Iterator[Permission]:
    for statement, condition in statements(template, document):
        when = "; ".join(filter(None, (condition, limit)))
        for action in members(statement, "Action"):
            for resource in members(statement, "Resource"):
                yield Permission(who, action, resource, when, statement["Effect"])


def _of_type(template: Template, kind: str) -> list[str]:
    return [name for name, resource in template.resources.items() if resource["Type"] == kind]


def _path(template: Template, logical_id: str) -> str:
    path: str = template.resources[logical_id]["Metadata"]["aws:cdk:path"]
    return path.removeprefix(f"{template.path}/")


def _arn(template: Template, logical_id: str) -> str:
    return str(template.resolve({"Fn::GetAtt": [logical_id, "Arn"]}))
