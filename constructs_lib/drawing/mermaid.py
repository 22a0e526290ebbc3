"""A graph as Mermaid, which GitHub and many documentation tools draw."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib.drawing.escaping import class_of, one_line
from constructs_lib.drawing.graph import ELSE, IF, ORDER, RESULT, Edge, Graph, Node
from constructs_lib.drawing.icons import MARKS

_SHAPES = {"Condition": ('{"', '"}'), "Fail": ('(["', '"])'), "ForEach": ('{{"', '"}}')}
# Borders only: they are seen on a light and on a dark ground.
_COLOURS = {
    "added": "#2da44e",
    "succeeded": "#2da44e",
    "removed": "#cf222e",
    "failed": "#cf222e",
    "changed": "#bf8700",
    "rewired": "#8250df",
    "cached": "#8250df",
}
# https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
_SPECIAL = re.compile(r"[^\w\s.,:;+~=()/\u2212\u2190-\u21ff-]")


def mermaid(graph: Graph) -> str:
    """Return a Mermaid flowchart.

    Conditions are diamonds with an edge for each branch, FailSteps are rounded, ForEach steps are
    hexagons with an edge to the first steps of their body; edges that carry a result are solid,
    other dependencies dotted. A state is a mark before the name, and a border.
    """
    return "".join(f"{line}\n" for line in _lines(graph))


def _lines(graph: Graph) -> Iterator[str]:
    numbers = {node.name: f"s{number}" for number, node in enumerate(graph.nodes)}
    yield "flowchart TD"
    for node in graph.nodes:
        opening, closing = _SHAPES.get(node.kind, ('["', '"]'))
        yield f"  {numbers[node.name]}{opening}{_label(node)}{closing}"
    for edge in graph.edges:
        yield f"  {numbers[edge.source]} {_arrow(edge)} {numbers[edge.target]}"
    for state in dict.fromkeys(node.state for node in graph.nodes):
        if state in _COLOURS:
            dashes = ",stroke-dasharray:4 3" if state == "removed" else ""
            yield f"  classDef {class_of(state)} stroke:{_COLOURS[state]},stroke-width:2px{dashes}"
            names = ",".join(numbers[node.name] for node in graph.nodes if node.state == state)
            yield f"  class {names} {class_of(state)}"


def _label(node: Node) -> str:
    mark = MARKS.get(node.state, "")
    return _escaped(f"{mark} {node.name}" if mark else node.name)


def _arrow(edge: Edge) -> str:
    arrow = "-.->" if edge.kind == ORDER or edge.state == "removed" else "-->"
    if edge.state == "added":
        arrow = "==>"
    side = edge.kind if edge.kind not in {RESULT, ORDER} else ""
    text = " ".join(filter(None, [MARKS.get(edge.state, ""), side or edge.state]))
    if not text:
        return arrow
    return f"{arrow}|{text}|" if edge.kind in {IF, ELSE} or side else f'{arrow}|"{text}"|'


def _escaped(text: str) -> str:
    """Return a text that is safe between quotes."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", one_line(text))
