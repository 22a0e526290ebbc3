"""Where a stack is deployed, asked for once: each question to the CDK is a round trip to Node."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from aws_cdk import Stack


@dataclass(frozen=True)
class Place:
    """Parts of a stack's ARNs; tokens where the stack does not say.

    Attributes:
        partition: Such as ``aws``.
        region: Such as ``eu-central-1``.
        account: 12 digits.
    """

    partition: str
    region: str
    account: str


_PLACES: WeakKeyDictionary[Stack, Place] = WeakKeyDictionary()


def place_of(stack: Stack) -> Place:
    """Return where a stack is deployed."""
    if stack not in _PLACES:
        _PLACES[stack] = Place(stack.partition, stack.region, stack.account)
    return _PLACES[stack]


def arn_in(stack: Stack, service: str, resource: str) -> str:
    """Return the ARN of a resource of the stack's account and Region."""
    place = place_of(stack)
    return f"arn:{place.partition}:{service}:{place.region}:{place.account}:{resource}"
