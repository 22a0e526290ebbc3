"""Resources of the CDK that are passed to a step: it gets their name or ARN, and may use them."""

from __future__ import annotations

from typing import Any

#: What a step gets of a resource: what the methods of boto3 ask for.
RESOURCE_TEXTS = (
    "bucket_name",
    "table_name",
    "queue_url",
    "topic_arn",
    "secret_arn",
    "parameter_name",
    "key_arn",
)

# jsii's stand-in for objects that are known by their interfaces only, such as imported secrets.
_STAND_INS = "jsii._reference_map"


def resource_text(argument: object) -> str | None:
    """Return which of :data:`RESOURCE_TEXTS` an argument has, or None if it is no such resource.

    Known by the members of its class, so that nothing of the CDK is imported here; a user's own
    object with a member of that name is none.
    """
    kind = type(argument)
    if not hasattr(kind, "__jsii_type__") and kind.__module__ != _STAND_INS:
        return None
    return next((name for name in RESOURCE_TEXTS if hasattr(argument, name)), None)


def text_of_resource(resource: Any) -> str:
    """Return the name, URL or ARN of a resource, or a token of it."""
    name = resource_text(resource)
    assert name is not None, "asked before"
    return str(getattr(resource, name))
