"""The texts that a step is given: arguments, environment, channels and outputs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib.checks.resources import UNKNOWN
from constructs_lib.checks.subject import Subject
from constructs_lib.local.definition import StepDefinition


@dataclass(frozen=True)
class Given:
    """A text that a step is given.

    Attributes:
        where: In the user's words, such as ``argument 'table'``.
        text: With ``UNKNOWN`` for what only a run knows.
        is_brought: Whether SageMaker itself moves the data, so that no code calls for it.
        is_written: Whether it is a place for what the step makes.
    """

    where: str
    text: str
    is_brought: bool = False
    is_written: bool = False


def given_texts(subject: Subject, step: StepDefinition) -> Iterator[Given]:
    """Yield what a step is given."""
    arguments = step.arguments
    bundle = subject.bundles.get(step.name)
    for request in (arguments, *_dicts(arguments, ("TrainingJobDefinition",))):
        values = request.get("HyperParameters", request.get("StaticHyperParameters"))
        for name, value in _items(values):
            yield from _texts(subject, f"argument {name!r}", value)
        for name, value in _items(request.get("Environment")):
            yield from _texts(subject, f"environment variable {name!r}", value)
        for uri, is_written in _locations(request):
            for given in _texts(subject, "output" if is_written else "input", uri):
                yield Given(given.where, given.text, is_brought=True, is_written=is_written)
    if bundle is not None:
        yield from _literals(bundle.plan)


def _literals(plan: Mapping[str, Any]) -> Iterator[Given]:
    numbered = [(f"argument {number}", node) for number, node in enumerate(plan["args"], 1)]
    named = [(f"argument {name!r}", node) for name, node in plan["kwargs"].items()]
    for where, node in (*numbered, *named):
        for text in _of_node(node):
            yield Given(where, text)


def _of_node(node: Any) -> Iterator[str]:
    """Yield the texts of the literals in a node of a plan."""
    if isinstance(node, list):
        for entry in node:
            yield from _of_node(entry)
    elif isinstance(node, dict) and node.get("kind") == "literal":
        yield from _strings(node.get("value"))
    elif isinstance(node, dict):
        for name in ("items", "pairs", "fields"):
            inner = node.get(name, [])
            yield from _of_node(list(inner.values()) if isinstance(inner, dict) else inner)


def _texts(subject: Subject, where: str, value: Any) -> Iterator[Given]:
    text = rendered(subject, value)
    yield Given(where, text)
    if text[:1] in {'"', "[", "{"}:
        try:
            content = json.loads(text)
        except ValueError:
            return
        yield from (Given(where, one) for one in _strings(content))


def values_at(value: Any, names: tuple[str, ...]) -> Iterator[Any]:
    """Yield what members of these names hold, wherever they stand in a request."""
    if isinstance(value, dict):
        for key, entry in value.items():
            if key in names:
                yield entry
            else:
                yield from values_at(entry, names)
    elif isinstance(value, list):
        for entry in value:
            yield from values_at(entry, names)


def rendered(subject: Subject, value: Any) -> str:
    """Return a value of a definition as text, as far as it is known."""
    if isinstance(value, dict):
        joined = value.get("Std:Join")
        if isinstance(joined, dict):
            parts = (rendered(subject, part) for part in joined.get("Values", ()))
            return str(joined.get("On", "")).join(parts)
        known = subject.known(value)
        return UNKNOWN if known is None or isinstance(known, dict) else str(known)
    return str(value)


def _locations(request: dict[str, Any]) -> Iterator[tuple[Any, bool]]:
    """Yield the S3 URIs of a request, and whether they are written."""
    for name, is_written in (
        ("InputDataConfig", False),
        ("ProcessingInputs", False),
        ("OutputDataConfig", True),
        ("ProcessingOutputConfig", True),
        ("CheckpointConfig", True),
    ):
        for uri in values_at(request.get(name), ("S3Uri", "S3OutputPath")):
            yield uri, is_written


def _dicts(request: dict[str, Any], names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    yield from (request[name] for name in names if isinstance(request.get(name), dict))


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from _strings(entry)
