"""Who is let in: what the policies of a pipeline's roles, buckets and keys allow to others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from constructs_lib.local.intrinsics import Template
from constructs_lib.local.names import ACCOUNT
from constructs_lib.review.changes import ALL_BUT, Permission
from constructs_lib.review.readable import readable
from constructs_lib.review.statements import listed, members, statements

ANYBODY = "anybody"
OWN_ACCOUNT = "the pipeline's account"
# What the account is, the pipeline's right to start its own jobs says.
_JOBS = re.compile(r"arn:[^:]*:sagemaker:[^:]*:(\d{12}):")
_ROOT = re.compile(r"(?:arn:[^:]*:iam::)?(\d{12})(?::root)?")
_BUCKET = re.compile(r"(?:arn:[^:\"]*:s3:::|s3://)([^/\"*\s]+)")
_KEY = re.compile(r"arn:[^:\"]*:kms:[^\"\s*]*")


def sharing(
    templates: Iterable[Template],
    owners: Mapping[str, str],
    permissions: Iterable[Permission],
    text: str,
) -> dict[str, frozenset[Permission]]:
    """Return what policies of resources say, by resource.

    Args:
        templates: All stacks.
        owners: ARN of each role of the pipeline to what it is the role of.
        permissions: What these roles may do, which names the buckets and keys of the pipeline.
        text: JSON that names more of them.
    """
    known = list(permissions)
    words = " ".join((text, *(one.resource for one in known)))
    used = {*_KEY.findall(words), *(f"arn:aws:s3:::{name}" for name in _BUCKET.findall(words))}
    accounts = {ACCOUNT} | {
        account for one in known if one.who == "pipeline" for account in _JOBS.findall(one.resource)
    }
    # One without a policy is there as well: what a policy says that comes or goes is a change.
    found: dict[str, set[Permission]] = {holder: set() for holder in used}
    for template in templates:
        for holder, document in _policies(template, owners, used):
            added = found.setdefault(holder, set())
            for one in _permissions(template, holder, document):
                added.add(replace(one, who=_called(one.who, owners, accounts)))
    return {holder: frozenset(one) for holder, one in found.items()}


def is_usual(permission: Permission) -> bool:
    """Tell whether it is nothing that the policy of a new resource should be read for."""
    who = permission.who
    is_service = re.fullmatch(r"[\w.-]+\.amazonaws\.com(\.cn)?", who) is not None
    return permission.effect == "Deny" or is_service or not is_stranger(who)


def is_stranger(who: str) -> bool:
    """Tell whether somebody is neither the pipeline, nor one of its steps, nor its account."""
    return who != OWN_ACCOUNT and not who.startswith(("pipeline", "step ", "role "))


def _policies(
    template: Template, owners: Mapping[str, str], used: set[str]
) -> Iterator[tuple[str, Any]]:
    for logical_id, resource in template.resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            owner = owners.get(_arn(template, logical_id))
            if owner is not None:
                called = owner if owner.startswith("role ") else f"role of {owner}"
                yield called, properties.get("AssumeRolePolicyDocument", {})
        elif resource["Type"] == "AWS::S3::BucketPolicy":
            arn = f"arn:aws:s3:::{readable(template, properties['Bucket'])}"
            if arn in used:
                yield arn, properties["PolicyDocument"]
        elif resource["Type"] == "AWS::KMS::Key":
            arn = _arn(template, logical_id)
            if arn in used:
                yield arn, properties.get("KeyPolicy", {})


def _permissions(template: Template, holder: str, document: Any) -> Iterator[Permission]:
    for statement, condition in statements(template, document):
        for who in _principals(statement):
            for action in members(statement, "Action"):
                # A key's policy has "*" for the key, and a role's has no resource.
                for resource in members(statement, "Resource") or [holder]:
                    place = holder if resource == "*" else resource
                    yield Permission(who, action, place, condition, statement["Effect"])


def _principals(statement: Mapping[str, Any]) -> list[str]:
    if "NotPrincipal" in statement:
        return [f"{ALL_BUT}{', '.join(_named(statement['NotPrincipal']))}"]
    return _named(statement.get("Principal", {}))


def _named(principal: Any) -> list[str]:
    if not isinstance(principal, dict):
        return listed(principal)
    return [name for names in principal.values() for name in listed(names)]


def _called(who: str, owners: Mapping[str, str], accounts: set[str]) -> str:
    if who == "*":
        return ANYBODY
    root = _ROOT.fullmatch(who)
    if root is not None:
        return OWN_ACCOUNT if root[1] in accounts else f"account {root[1]}"
    return owners.get(who, who)


def _arn(template: Template, logical_id: str) -> str:
    return str(template.resolve({"Fn::GetAtt": [logical_id, "Arn"]}))
