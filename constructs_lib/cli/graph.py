"""``constructs-lib graph``: the steps of a synthesized pipeline as Mermaid or text."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from constructs_lib.local.assembly import Assembly
from constructs_lib.local.definition import Definition, StepDefinition, parse_definition

_SHAPES = {"Condition": ('{"', '"}'), "Fail": ('(["', '"])'), "ForEach": ('{{"', '"}}')}


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser("graph", help="show the steps of a synthesized pipeline")
    parser.add_argument("pipeline", nargs="?", help="name; may be left out if there is only one")
    parser.add_argument("--app", default="cdk.out", help="cloud assembly; default: cdk.out")
    parser.add_argument("--format", choices=["mermaid", "text"], default="text")
    parser.set_defaults(command=show)


def show(arguments: argparse.Namespace) -> int:
    """Print the graph."""
    pipeline = Assembly(Path(arguments.app)).find(arguments.pipeline)
    definition = parse_definition(pipeline.definition)
    write = mermaid if arguments.format == "mermaid" else text
    sys.stdout.write("\n".join(write(definition)) + "\n")
    return 0


def mermaid(definition: Definition) -> Iterator[str]:
    """Yield the lines of a Mermaid flowchart.

    Conditions are diamonds with an edge for each branch, FailSteps are rounded, ForEach steps are
    hexagons with an edge to each step of their body; edges that carry a result are solid, other
    dependencies dotted.
    """
    steps = [inner for step in definition.steps for inner in (step, *step.body)]
    numbers = {step.name: f"s{number}" for number, step in enumerate(steps)}
    yield "flowchart TD"
    for step in steps:
        opening, closing = _SHAPES.get(step.type, ('["', '"]'))
        label = step.name.replace('"', "#quot;")
        yield f"  {numbers[step.name]}{opening}{label}{closing}"
    for step in definition.steps:
        for name in step.depends_on:
            arrow = "-->" if _reads(step, name) else "-.->"
            yield f"  {numbers[name]} {arrow} {numbers[step.name]}"
        if step.branch is not None and _is_first(step, definition):
            name, side = step.branch
            yield f"  {numbers[name]} -->|{'if' if side else 'else'}| {numbers[step.name]}"
        for inner in step.body:
            yield f"  {numbers[step.name]} -->|each| {numbers[inner.name]}"


def text(definition: Definition) -> Iterator[str]:
    """Yield a line for each step, indented by branch, with what it waits for."""
    yield from _text_of(definition, None, "")


def _text_of(definition: Definition, branch: tuple[str, bool] | None, indent: str) -> Iterator[str]:
    for step in definition.steps:
        if step.branch != branch:
            continue
        kind = "" if step.type == "Training" else f" [{step.type}]"
        waits = f"  ← {', '.join(step.depends_on)}" if step.depends_on else ""
        yield f"{indent}{step.name}{kind}{waits}"
        for each in step.body:
            kind = "" if each.type == "Training" else f" [{each.type}]"
            yield f"{indent}  each {each.name}{kind}"
        if step.type == "Condition":
            for side in (True, False):
                inner = list(_text_of(definition, (step.name, side), f"{indent}    "))
                if inner:
                    yield f"{indent}  {'if' if side else 'else'}"
                    yield from inner


def _reads(step: StepDefinition, name: str) -> bool:
    texts = json.dumps([inner.arguments for inner in (step, *step.body)])
    return f'"Steps.{name}.' in texts


def _is_first(step: StepDefinition, definition: Definition) -> bool:
    """Tell whether a step begins its branch: it waits for no other step of it."""
    same = {other.name for other in definition.steps if other.branch == step.branch}
    return not same & set(step.depends_on)
