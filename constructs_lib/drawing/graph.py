"""What is drawn: the steps of a pipeline and what leads from one to the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from constructs_lib.drawing.notes import note_of
from constructs_lib.local.definition import Definition, StepDefinition, references

RESULT, ORDER, IF, ELSE, EACH = "result", "order", "if", "else", "each"


@dataclass(frozen=True)
class Node:
    """A step.

    Attributes:
        name: Unique in the graph.
        kind: Its type, such as Training or Condition.
        note: A second line, such as its instance type or how long it took.
        state: What became of it, such as succeeded, failed, executing, cached or not-run; or how
            it differs: added, removed, changed or rewired. Empty if nothing is to be said.
        href: Where a click on it leads; empty for nowhere.
        parent: The ForEach step in whose body it is.
        branch: Name of the condition and the side, if or else; None if it always runs.
        details: Titles and texts of what a page tells of it.
    """

    name: str
    kind: str
    note: str = ""
    state: str = ""
    href: str = ""
    parent: str = ""
    branch: tuple[str, str] | None = None
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Edge:
    """What one step has to do with another.

    Attributes:
        source: Name of the step that comes first.
        target: Name of the other.
        kind: result if the target reads it, order if it only waits; if, else: a branch of a
            condition; each: the body of a ForEach step.
        state: added or removed; empty if nothing is to be said.
    """

    source: str
    target: str
    kind: str = RESULT
    state: str = ""


@dataclass(frozen=True)
class Graph:
    """A drawing's content; each edge is between two of the nodes."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def waits(self) -> dict[str, list[Edge]]:
        """Return name to the edges of what the step waits for, branches and bodies apart."""
        found: dict[str, list[Edge]] = {node.name: [] for node in self.nodes}
        for edge in self.edges:
            if edge.kind in {RESULT, ORDER}:
                found[edge.target].append(edge)
        return found


def graph_of(definition: Definition, title: str) -> Graph:
    """Return the graph of a definition, in its order.

    Args:
        definition: Of the pipeline.
        title: What it is called.
    """
    nodes = [node for step in definition.steps for node in _nodes(step)]
    edges = list(_edges(definition.steps))
    return Graph(title, tuple(nodes), tuple(edges))


def _nodes(step: StepDefinition) -> Iterator[Node]:
    for one in (step, *step.body):
        parent = "" if one is step else step.name
        branch = one.branch and (one.branch[0], IF if one.branch[1] else ELSE)
        details = tuple(_details(one))
        yield Node(one.name, one.type, note_of(one), parent=parent, branch=branch, details=details)


def _details(step: StepDefinition) -> Iterator[tuple[str, str]]:
    if step.branch is not None:
        yield "Runs", f"{'if' if step.branch[1] else 'unless'} {step.branch[0]} holds"
    said = {**step.members, "Arguments": step.arguments}
    for title, value in said.items():
        if value:
            text = json.dumps(value, indent=2, ensure_ascii=False)
            yield title, value if isinstance(value, str) else text


def _edges(steps: tuple[StepDefinition, ...]) -> Iterator[Edge]:
    """Yield the edges to each step; ``steps`` are those of a definition, or of a body."""
    names = {step.name for step in steps}
    for step in steps:
        read = {*references([inner.arguments for inner in (step, *step.body)])}
        for name in step.depends_on:
            if name in names:
                yield Edge(name, step.name, RESULT if name in read else ORDER)
        if step.branch is not None and _is_first(step, steps):
            name, side = step.branch
            yield Edge(name, step.name, IF if side else ELSE)
        yield from (
            Edge(step.name, inner.name, EACH)
            for inner in step.body
            if inner.branch is None and _is_first(inner, step.body)
        )
        yield from _edges(step.body)


def _is_first(step: StepDefinition, steps: tuple[StepDefinition, ...]) -> bool:
    """Tell whether a step begins its branch: it waits for no other step of it."""
    same = {other.name for other in steps if other.branch == step.branch}
    return not same & set(step.depends_on)
