"""Statements of policies that can be read again without asking the CDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from aws_cdk import aws_iam as iam


@dataclass(frozen=True)
class Parts:
    """What a statement allows.

    Attributes:
        actions: Such as ``s3:GetObject``.
        resources: ARNs, with tokens.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]


# Each question to the CDK is a round trip to Node.
_PARTS: WeakKeyDictionary[iam.PolicyStatement, Parts] = WeakKeyDictionary()


def allow(
    *,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Mapping[str, Any] | None = None,
) -> iam.PolicyStatement:
    """Return a statement that allows actions."""
    statement = iam.PolicyStatement(actions=actions, resources=resources, conditions=conditions)
    _PARTS[statement] = Parts(tuple(actions), tuple(resources))
    return statement


def parts_of(statement: iam.PolicyStatement) -> Parts:
    """Return what a statement allows that :func:`allow` has made."""
    return _PARTS[statement]
