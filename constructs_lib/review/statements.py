"""Statements of policies, with the conditions of the stack that they depend on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.local.intrinsics import Template
from constructs_lib.review.changes import ALL_BUT
from constructs_lib.review.readable import readable

_NO_VALUE = {"Ref": "AWS::NoValue"}


def alternatives(value: Any, limit: str = "") -> Iterator[tuple[Any, str]]:
    """Yield the entries that a list may have, each with the conditions that it is there under.

    Which branch of an ``Fn::If`` is taken, only a deployment knows: both are yielded.

    Args:
        value: A list of a template, or its only entry.
        limit: What it depends on already.
    """
    if isinstance(value, list):
        for entry in value:
            yield from alternatives(entry, limit)
    elif isinstance(value, dict) and "Fn::If" in value:
        name, then, otherwise = value["Fn::If"]
        for entry, text in ((then, f"stack condition {name}"), (otherwise, f"not {name}")):
            yield from alternatives(entry, "; ".join(filter(None, (limit, text))))
    elif value != _NO_VALUE:
        yield value, limit


def statements(template: Template, document: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the statements of a policy, readable, each with its conditions as text.

    Args:
        template: The stack that has the policy.
        document: Of the policy.
    """
    for body, outer in alternatives(document):
        for entry, limit in alternatives(body.get("Statement", []), outer):
            statement = readable(template, entry)
            if isinstance(statement, dict):
                texts = [_conditions(statement.get("Condition", {})), limit]
                yield statement, "; ".join(filter(None, texts))


def members(statement: Mapping[str, Any], name: str) -> list[str]:
    """Return the actions or the resources of a statement."""
    if f"Not{name}" in statement:
        return [f"{ALL_BUT}{', '.join(listed(statement[f'Not{name}']))}"]
    return listed(statement.get(name, []))


def listed(value: Any) -> list[str]:
    """Return a text, or each of several."""
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _conditions(found: Any) -> str:
    """Return conditions as ``StringLike s3:prefix = a/*``."""
    if not isinstance(found, dict):
        return str(found)
    return "; ".join(
        f"{operator} {key} = {', '.join(listed(values))}"
        for operator, entries in found.items()
        for key, values in (entries.items() if isinstance(entries, dict) else [("", entries)])
    )
