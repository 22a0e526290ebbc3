"""A graph as an HTML page that needs nothing else: to search, to move in, to read about steps."""

from __future__ import annotations

import json
from string import Template
from typing import Any

from constructs_lib.drawing.change import DIFFERENCE
from constructs_lib.drawing.colours import asset, css
from constructs_lib.drawing.escaping import cleaned, escaped
from constructs_lib.drawing.graph import Graph, Node
from constructs_lib.drawing.icons import MARKS
from constructs_lib.drawing.layout import layout, second_line
from constructs_lib.drawing.svg import said, summary, svg


def page(graph: Graph) -> str:
    """Return the page. A fragment, ``#`` and the name of a step, opens it with that step."""
    steps = f"{len(graph.nodes)} step" + ("" if len(graph.nodes) == 1 else "s")
    return Template(asset("page.html")).substitute(
        title=escaped(graph.title),
        summary=escaped(summary(graph.nodes)),
        count=steps,
        style=css() + asset("page.css"),
        steps="".join(map(_entry, graph.nodes)),
        drawing=svg(graph),
        data=_inside_script(_data(graph)),
        script=asset("page.js"),
    )


def _entry(node: Node) -> str:
    within = ' class="within"' if node.parent else ""
    second = _state(node) or node.kind
    return (
        f'<li><button type="button"{within} data-step="{escaped(node.name)}">'
        f"<b>{escaped(node.name)}</b><span>{escaped(second)}</span></button></li>"
    )


def _state(node: Node) -> str:
    return f"{MARKS.get(node.state, '')} {said(node.state)}".strip()


def _data(graph: Graph) -> dict[str, Any]:
    """Return what the page's script tells of each step."""
    frames = {
        node.name: number
        for number, frame in enumerate(layout(graph).frames)
        for node in frame.nodes
    }
    after: dict[str, list[str]] = {node.name: [] for node in graph.nodes}
    before: dict[str, list[str]] = {node.name: [] for node in graph.nodes}
    for edge in graph.edges:
        after[edge.target].append(edge.source)
        before[edge.source].append(edge.target)
    return {
        cleaned(node.name): {
            "second": second_line(node),
            "state": _state(node),
            "frame": frames.get(node.name),
            "after": [cleaned(name) for name in dict.fromkeys(after[node.name])],
            "before": [cleaned(name) for name in dict.fromkeys(before[node.name])],
            "difference": DIFFERENCE,
            "details": node.details,
        }
        for node in graph.nodes
    }


def _inside_script(value: Any) -> str:
    """Return JSON that cannot end the element that it stands in."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
