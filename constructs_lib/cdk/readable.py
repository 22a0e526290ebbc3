"""What only a deployment knows, as text that a person can read."""

from __future__ import annotations

import re
from typing import Any
from weakref import WeakKeyDictionary

from aws_cdk import Stack

# Of a text, or of a number in a text.
TOKEN = re.compile(r"\$\{Token\[[^\]]+\]\}|-1\.\d{10,16}e\+289")
_RESOLVED: WeakKeyDictionary[Stack, dict[str, Any]] = WeakKeyDictionary()
_VARIABLE = re.compile(r"\$\{([^}]+)\}")


def readable(value: Any, form: str = "${{{}}}") -> Any:
    """Return JSON in which CloudFormation's references are text.

    Args:
        value: Resolved: without tokens.
        form: What a reference becomes.
    """
    if isinstance(value, list):
        return [readable(entry, form) for entry in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        return separator.join(map(str, readable(parts, form)))
    if set(value) == {"Ref"}:
        return form.format(value["Ref"])
    if set(value) == {"Fn::GetAtt"}:
        return form.format(".".join(value["Fn::GetAtt"]))
    if set(value) == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str):
        return _VARIABLE.sub(lambda found: form.format(found[1]), value["Fn::Sub"])
    (name, arguments), *others = value.items() or [("", None)]
    if name.startswith("Fn::") and isinstance(arguments, list) and not others:
        inner = ", ".join(str(readable(argument, "{}")) for argument in arguments)
        return form.format(f"{name.removeprefix('Fn::')}({inner})")
    return {key: readable(entry, form) for key, entry in value.items()}


def without_tokens(text: str, stack: Stack) -> str:
    """Return a text with what its tokens stand for in their places.

    Args:
        text: May hold tokens.
        stack: Where they are resolved.
    """
    return TOKEN.sub(lambda found: token_text(found[0], stack), text)


def token_text(token: str, stack: Stack) -> str:
    """Return what a token stands for, references in angle brackets.

    Args:
        token: What ``TOKEN`` matches.
        stack: Where it is resolved.
    """
    resolved = _RESOLVED.setdefault(stack, {})
    if token not in resolved:
        resolved[token] = stack.resolve(token)
    return str(readable(resolved[token], "<{}>"))
