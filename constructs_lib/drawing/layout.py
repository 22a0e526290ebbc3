"""Where everything is: layers from the top, each step below those that it waits for.

1. A ForEach step holds its body, which is laid out first (``parts``).
2. Many parallel steps become one frame (``grouping``).
3. What is connected is laid out in layers (``ranks``), ordered so that few edges cross
   (``ordering``) and moved so that they are straight (``positions``).
4. What is not connected stands side by side.

The same graph gives the same drawing. Units are those of the SVG: pixels at its natural size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from constructs_lib.drawing.graph import EACH, Edge, Graph, Node
from constructs_lib.drawing.grouping import Items, Key, grouped
from constructs_lib.drawing.metrics import text_width
from constructs_lib.drawing.ordering import Layers, layered
from constructs_lib.drawing.parts import Box, Line, Part, Point, container, joined, rows
from constructs_lib.drawing.positions import positions
from constructs_lib.drawing.ranks import Link, acyclic, ranks

NAME_SIZE, NOTE_SIZE = 13.0, 11.0
HEIGHT = 46.0
# Left of a step's texts, for the picture of its kind; right of them, without and with a sign.
TEXT_START = 36.0
TEXT_END, SIGN_END = 14.0, 34.0

_NARROWEST, _WIDEST = 128.0, 268.0
_LAYER = 2200.0  # width of a layer
_BENEATH = 42.0  # from a layer to the next; more if edges go far aside
_STEEPEST = 14.0
_MOST_BENEATH = 130.0
_BESIDE = 28.0
_BEND = 16.0
_PORT = 12.0
_CROOKED = 4.0


def layout(graph: Graph) -> Part:
    """Return the drawing of a graph."""
    width = max(map(_width, graph.nodes), default=0.0)
    inside: dict[str, list[Node]] = {}
    parents = {node.name: node.parent for node in graph.nodes}
    for node in graph.nodes:
        inside.setdefault(node.parent if node.parent in parents else "", []).append(node)
    return _level("", inside, graph.edges, width)


def _width(node: Node) -> float:
    texts = max(
        text_width(node.name, NAME_SIZE), text_width(second_line(node), NOTE_SIZE), _NARROWEST - 60
    )
    end = SIGN_END if node.state else TEXT_END
    # Whole, so that taking the ends off again leaves the texts no less than they need.
    return min(_WIDEST, float(ceil(TEXT_START + texts + end)))


def second_line(node: Node) -> str:
    """Return what stands below a step's name."""
    return f"{node.kind} · {node.note}" if node.note else node.kind


def _level(
    parent: str, inside: Mapping[str, Sequence[Node]], edges: Iterable[Edge], width: float
) -> Part:
    """Return the drawing of what has one parent."""
    items = Items({}, {})
    numbers: dict[str, int] = {}
    within = list(edges)
    for number, node in enumerate(inside.get(parent, ())):
        part = Part(width, HEIGHT, (Box(node, 0, 0, width, HEIGHT),))
        if node.name in inside:
            part = container(node, _level(node.name, inside, within, width), width, HEIGHT)
        items.parts[number] = part
        numbers.update({box.node.name: number for box in part.boxes})
    for edge in within:
        source, target = numbers.get(edge.source), numbers.get(edge.target)
        if source is not None and target is not None and source != target and edge.kind != EACH:
            items.edges.setdefault((source, target, edge.kind, edge.state), edge)
    items = grouped(items)
    return rows([_component(one) for one in _components(items)], _LAYER, 2 * _BESIDE)


def _components(items: Items) -> list[Items]:
    """Return what is connected, in the order of the first step of each."""
    near: dict[int, list[int]] = {number: [] for number in items.parts}
    for source, target, *_ in items.edges:
        near[source].append(target)
        near[target].append(source)
    found: list[Items] = []
    at: dict[int, int] = {}
    for start in items.parts:
        if start in at:
            continue
        waiting, at[start] = [start], len(found)
        for number in waiting:
            for other in near[number]:
                if other not in at:
                    at[other] = len(found)
                    waiting.append(other)
        found.append(Items({number: items.parts[number] for number in sorted(waiting)}, {}))
    for key, edge in items.edges.items():
        found[at[key[0]]].edges[key] = edge
    return found


def _component(items: Items) -> Part:
    """Return items in layers, with their edges."""
    numbers = list(items.parts)
    links, turned = acyclic(numbers, [(key[0], key[1]) for key in items.edges])
    widths = {number: part.width for number, part in items.parts.items()}
    layers = layered(ranks(numbers, links, widths, _LAYER), links)

    def separation(one: int, other: int) -> float:
        half = (widths.get(one, 0.0) + widths.get(other, 0.0)) / 2
        bends = (one in layers.bends) + (other in layers.bends)
        return half + (_BESIDE, _BESIDE * 0.75, _BEND)[bends]

    middles = positions(layers, separation)
    edge = min(middles[number] - widths.get(number, 0.0) / 2 for number in middles)
    middles = {thing: x - edge for thing, x in middles.items()}
    tops, bottoms = _heights(layers, items.parts, middles)
    placed = [
        part.moved(middles[number] - part.width / 2, tops[number])
        for number, part in items.parts.items()
    ]
    lines = _lines(items, layers, turned, middles, tops, bottoms)
    width = max(x + widths.get(thing, 0.0) / 2 for thing, x in middles.items())
    return joined([*placed, Part(0, 0, lines=tuple(lines))], width, max(bottoms.values()))


def _heights(
    layers: Layers, parts: Mapping[int, Part], middles: Mapping[int, float]
) -> tuple[dict[int, float], dict[int, float]]:
    """Return the y at which the layer of each thing begins, and at which it ends."""
    tops: dict[int, float] = {}
    bottoms: dict[int, float] = {}
    y = 0.0
    for row in layers.rows:
        height = max((parts[thing].height for thing in row if thing in parts), default=0.0)
        aside = [abs(middles[thing] - middles[one]) for thing in row for one in layers.down[thing]]
        tops.update(dict.fromkeys(row, y))
        bottoms.update(dict.fromkeys(row, y + height))
        y += height + min(_MOST_BENEATH, _BENEATH + max(aside, default=0.0) / _STEEPEST)
    return tops, bottoms


def _lines(
    items: Items,
    layers: Layers,
    turned: set[Link],
    middles: Mapping[int, float],
    tops: Mapping[int, float],
    bottoms: Mapping[int, float],
) -> Iterable[Line]:
    ways: dict[Key, tuple[int, list[int], int]] = {}
    for key in items.edges:
        link = (key[1], key[0]) if (key[0], key[1]) in turned else (key[0], key[1])
        ways[key] = link[0], layers.ways[link], link[1]
    leaving: dict[int, list[tuple[float, Key]]] = {}
    coming: dict[int, list[tuple[float, Key]]] = {}
    for key, (upper, bends, lower) in ways.items():
        leaving.setdefault(upper, []).append((middles[[*bends, lower][0]], key))
        coming.setdefault(lower, []).append((middles[[upper, *bends][-1]], key))
    starts = _ports(leaving, items.parts, middles)
    ends = _ports(coming, items.parts, middles)
    for key, (upper, bends, lower) in ways.items():
        if not bends and abs(starts[key] - ends[key]) < _CROOKED:
            starts[key] = ends[key]
        points: list[Point] = [(starts[key], tops[upper] + items.parts[upper].height)]
        points.append((starts[key], bottoms[upper]))
        for bend, x in zip(bends, _straight(bends, starts[key], ends[key], middles), strict=True):
            points += [(x, tops[bend]), (x, bottoms[bend])]
        points.append((ends[key], tops[lower]))
        yield Line(items.edges[key], tuple(dict.fromkeys(points)), (key[0], key[1]) in turned)


def _straight(
    bends: Sequence[int], start: float, end: float, middles: Mapping[int, float]
) -> list[float]:
    """Return the x of each bend: that of an end of the edge if they are all but in line with it."""
    xs = [middles[bend] for bend in bends]
    if len({round(x, 3) for x in xs}) == 1:
        for port in (end, start):
            if abs(port - xs[0]) <= _BEND / 2:
                return [port] * len(xs)
    return xs


def _ports(
    edges: Mapping[int, list[tuple[float, Key]]],
    parts: Mapping[int, Part],
    middles: Mapping[int, float],
) -> dict[Key, float]:
    """Return the x at which each edge meets its item: side by side, a vertical one in the middle.

    Args:
        edges: Item to the x that each of its edges comes from or goes to.
        parts: The items.
        middles: Item to the x of its middle.
    """
    found: dict[Key, float] = {}
    for number, ends in edges.items():
        ends.sort()
        middle = middles[number]
        apart = min(_PORT, (parts[number].width - 40) / max(len(ends) - 1, 1))
        straight = [place for place, (x, _) in enumerate(ends) if abs(x - middle) < 1]
        centre = float(straight[len(straight) // 2]) if straight else (len(ends) - 1) / 2
        # With all of them on one side of the vertical one, there must be room for them.
        farthest = max(centre, len(ends) - 1 - centre)
        if farthest * apart > parts[number].width / 2 - 16:
            centre = (len(ends) - 1) / 2
        for place, (_, key) in enumerate(ends):
            found[key] = middle + (place - centre) * apart
    return found
