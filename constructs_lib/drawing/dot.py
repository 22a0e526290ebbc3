"""A graph in the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.drawing.escaping import one_line
from constructs_lib.drawing.graph import ORDER, RESULT, Edge, Graph, Node
from constructs_lib.drawing.icons import MARKS

_SHAPES = {"Condition": "hexagon", "Fail": "octagon"}
_COLOURS = {
    "added": "#1a7f37",
    "succeeded": "#1a7f37",
    "removed": "#cf222e",
    "failed": "#cf222e",
    "changed": "#9a6700",
    "rewired": "#8250df",
    "cached": "#8250df",
    "executing": "#0969da",
}


def dot(graph: Graph) -> str:
    """Return a digraph; the body of a ForEach step is a cluster. A state is a mark and a colour."""
    return "".join(f"{line}\n" for line in _lines(graph))


def _lines(graph: Graph) -> Iterator[str]:
    numbers = {node.name: f"s{number}" for number, node in enumerate(graph.nodes)}
    parents = {node.parent for node in graph.nodes if node.parent in numbers}
    yield f"digraph {_quoted(graph.title)} {{"
    yield '  graph [fontname="Helvetica", nodesep=0.35, ranksep=0.5]'
    yield '  node [fontname="Helvetica", fontsize=11, shape=box, style=rounded, margin="0.2,0.1"]'
    yield '  edge [fontname="Helvetica", fontsize=10, arrowsize=0.7]'
    for node in graph.nodes:
        if node.name in parents:
            yield f"  subgraph cluster_{numbers[node.name]} {{"
            yield "    style=rounded"
            for one in graph.nodes:
                if node.name in {one.name, one.parent}:
                    yield f"    {numbers[one.name]} [{_node(one)}]"
            yield "  }"
        elif node.parent not in parents:
            yield f"  {numbers[node.name]} [{_node(node)}]"
    for edge in graph.edges:
        yield f"  {numbers[edge.source]} -> {numbers[edge.target]}{_edge(edge)}"
    yield "}"


def _node(node: Node) -> str:
    mark = MARKS.get(node.state, "")
    name = f"{mark} {node.name}" if mark else node.name
    second = f"{node.kind} · {node.note}" if node.note else node.kind
    said = [f"label={_quoted(name, second)}"]
    if node.kind in _SHAPES:
        said += [f"shape={_SHAPES[node.kind]}", 'style="solid"']
    if node.state in _COLOURS:
        said.append(f'color="{_COLOURS[node.state]}"')
    if node.state == "removed":
        said.append('style="rounded,dashed"')
    return ", ".join(said)


def _edge(edge: Edge) -> str:
    side = edge.kind if edge.kind not in {RESULT, ORDER} else ""
    text = " ".join(filter(None, [MARKS.get(edge.state, ""), side or edge.state]))
    said = [f"label={_quoted(text)}"] if text else []
    if edge.kind == ORDER or edge.state == "removed":
        said.append("style=dashed")
    if edge.state in _COLOURS:
        said.append(f'color="{_COLOURS[edge.state]}"')
    return f" [{', '.join(said)}]" if said else ""


def _quoted(*lines: str) -> str:
    r"""Return lines as a string; ``\`` and ``&`` begin an escape in labels."""
    escaped = (
        one_line(line).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
        for line in lines
    )
    return '"' + "\\n".join(escaped) + '"'
