"""What a template shows to reviewers and to nobody else.

``cdk diff`` compares properties with what is deployed, but not metadata: unless it is told
otherwise it asks CloudFormation for the changes, which reports none there. So the lines stand in a
property, where they have no effect: as the entries of a ``Fn::Select`` that are not selected.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

# A template may have 1 MB; definition, lines and the rest of it share that.
MOST_CHARACTERS = 300_000

# What a line of a template costs besides its characters: indentation, quotes, a comma.
_AROUND = 12


def select_first(text: str, shown: Sequence[str]) -> str | dict[str, Any]:
    """Return a property's value that is the text, and carries lines to show.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-select.html
    """
    return {"Fn::Select": ["0", [text, *shown]]} if shown else text


def labelled_lines(texts: Mapping[str, Sequence[str]]) -> list[str]:
    """Return lines that begin with what they belong to, as far as there is room.

    Long texts give way to short ones; their hash tells that they have changed.

    Args:
        texts: Label to lines.

    Returns:
        ``<label> | <line>``, sorted by label.
    """
    shown: dict[str, Sequence[str]] = {}
    left = MOST_CHARACTERS
    for label, lines in sorted(texts.items(), key=lambda item: (size_of(item[1]), item[0])):
        size = size_of(lines) + len(lines) * len(label)
        left -= size
        shown[label] = lines if left >= 0 else [_digest(lines)]
    lines = [f"{label} | {line}" for label in sorted(shown) for line in shown[label]]
    # CloudFormation resolves these wherever they stand: code that has one could not be deployed.
    return [line.replace("{{resolve:", "{ {resolve:") for line in lines]


def size_of(lines: Sequence[str]) -> int:
    """Return what lines cost in a template, in characters."""
    return sum(len(line) + line.count('"') + _AROUND for line in lines)


def short_names(definitions: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return definitions by the last module's name and their own, if that is enough.

    Args:
        definitions: Qualified name to lines.
    """
    short = {name: ".".join(name.split(".")[-2:]) for name in definitions}
    counts = Counter(short.values())
    return {
        short[name] if counts[short[name]] == 1 else name: lines
        for name, lines in definitions.items()
    }


def _digest(lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"({len(text):,} characters are not shown; their sha256 is {digest})"
