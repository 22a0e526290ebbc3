"""A graph as SVG."""

from __future__ import annotations

from html import escape

from constructs_lib.drawing.graph import Graph


def svg(graph: Graph, *, alone: bool = False) -> str:
    """Return one ``<svg>`` element.

    Args:
        graph: What to draw.
        alone: Whether it is a file of its own, with its style in it; a page that it stands in has
            ``colours.css()`` once for all of its drawings.
    """
    height = 60 * len(graph.nodes) + 20
    boxes = "".join(
        f'<g class="node {escape(n.state)}" data-name="{escape(n.name)}">'
        f"<title>{escape(n.name)}</title>"
        f'<rect x="10" y="{60 * i + 10}" width="220" height="44" rx="8"/>'
        f'<text x="20" y="{60 * i + 36}">{escape(n.name)}</text></g>'
        for i, n in enumerate(graph.nodes)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="pipeline-graph" role="img" '
        f'aria-label="{escape(graph.title)}" width="240" height="{height}" '
        f'viewBox="0 0 240 {height}"><title>{escape(graph.title)}</title>{boxes}</svg>'
    )
