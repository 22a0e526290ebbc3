"""A graph as SVG."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from constructs_lib.drawing.colours import css
from constructs_lib.drawing.escaping import class_of, escaped, link_of
from constructs_lib.drawing.graph import ORDER, Graph, Node
from constructs_lib.drawing.icons import icon_of, sign_of
from constructs_lib.drawing.labels import HEIGHT as LABEL_HEIGHT
from constructs_lib.drawing.labels import Label, labels
from constructs_lib.drawing.layout import (
    HEIGHT,
    NAME_SIZE,
    NOTE_SIZE,
    SIGN_END,
    TEXT_END,
    TEXT_START,
    layout,
    second_line,
)
from constructs_lib.drawing.metrics import shortened, text_width
from constructs_lib.drawing.parts import Box, Frame, Line, Part, Point

_MARGIN = 16.0
_LEGEND = 26.0
_LEGEND_WIDTH = 420.0
_HEAD = 7.0
_SLANT = 12.0


def svg(graph: Graph, *, alone: bool = False) -> str:
    """Return one ``<svg>`` element.

    Each step is a group of class ``node`` and of its state's, with ``data-step``; each edge one of
    class ``edge`` and of its kind's and state's, with ``data-source`` and ``data-target``.

    Args:
        graph: What to draw.
        alone: Whether it is a file of its own, with its style in it; a page that it stands in has
            ``colours.css()`` once for all of its drawings.
    """
    part = layout(graph)
    legend = list(_legend(graph, max(part.width, _LEGEND_WIDTH)))
    wide = max([part.width, *(end for _, end, _ in legend)])
    top = _MARGIN + (max(y for _, _, y in legend) + _LEGEND if legend else 0.0)
    part = part.moved(_MARGIN + (wide - part.width) / 2, top)
    texts = labels(part.lines)
    wide = max([wide, *(text.x + text.width / 2 - _MARGIN for text in texts)])
    width, height = wide + 2 * _MARGIN, top + part.height + _MARGIN
    label = escaped(f"{graph.title}: {summary(graph.nodes)}")
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="pipeline-graph" role="img" '
            f'aria-label="{label}" width="{_n(width)}" height="{_n(height)}" '
            f'viewBox="0 0 {_n(width)} {_n(height)}">',
            f"<title>{label}</title>",
            f"<style>{css()}</style>" if alone else "",
            '<rect class="canvas" width="100%" height="100%"/>' if alone else "",
            *_drawn(part),
            *map(_label, texts),
            f'<g class="legend" transform="translate({_n(_MARGIN)} {_n(_MARGIN)})">',
            *(text for text, _, _ in legend),
            "</g></svg>",
        ]
    )


def summary(nodes: Sequence[Node]) -> str:
    """Return how many steps there are, and how many in each state: ``3 steps, 1 failed``."""
    states = Counter(node.state for node in nodes if node.state)
    steps = f"{len(nodes)} step" + ("" if len(nodes) == 1 else "s")
    return ", ".join([steps, *(f"{count} {said(state)}" for state, count in states.items())])


def _drawn(part: Part) -> Iterator[str]:
    yield from map(_frame, part.frames)
    yield from (_box(box) for box in part.boxes if box.holds_body)
    yield from map(_line, part.lines)
    yield from (_box(box) for box in part.boxes if not box.holds_body)


def _box(box: Box) -> str:
    node = box.node
    end = SIGN_END if node.state else TEXT_END
    room = box.width - TEXT_START - end
    name = shortened(node.name, NAME_SIZE, room)
    note = shortened(second_line(node), NOTE_SIZE, room)
    classes = ["node", class_of(node.state), "holds-body" if box.holds_body else ""]
    whole = [node.name, second_line(node), *([said(node.state)] if node.state else [])]
    sign = _sign(node.state, box.width - 26, 6) if node.state else ""
    drawn = (
        f'<g class="{" ".join(filter(None, classes))}" data-step="{escaped(node.name)}" '
        f'transform="translate({_n(box.x)} {_n(box.y)})"><title>{escaped(chr(10).join(whole))}'
        f"</title>{_outline(box)}"
        f'<path class="icon" transform="translate(12 {_n(HEIGHT / 2 - 8)})" '
        f'd="{icon_of(node.kind)}"/>'
        f'<text class="name" x="{_n(TEXT_START)}" y="20">{escaped(name)}</text>'
        f'<text class="second" x="{_n(TEXT_START)}" y="36">{escaped(note)}</text>{sign}</g>'
    )
    href = link_of(node.href)
    return f'<a href="{escaped(href)}">{drawn}</a>' if href else drawn


def _outline(box: Box) -> str:
    if box.node.kind == "Condition":
        right, bottom, middle = box.width, box.height, box.height / 2
        return (
            f'<path class="box" d="M{_n(_SLANT)} 0H{_n(right - _SLANT)}L{_n(right)} {_n(middle)}'
            f'L{_n(right - _SLANT)} {_n(bottom)}H{_n(_SLANT)}L0 {_n(middle)}Z"/>'
        )
    radius = HEIGHT / 2 if box.node.kind == "Fail" else 8
    return (
        f'<rect class="box" width="{_n(box.width)}" height="{_n(box.height)}" rx="{_n(radius)}"/>'
    )


def _sign(state: str, x: float, y: float) -> str:
    return (
        f'<g class="sign" transform="translate({_n(x)} {_n(y)})"><circle cx="8" cy="8" r="8"/>'
        f'<path d="{sign_of(state)}"/></g>'
    )


def _frame(frame: Frame) -> str:
    caption = shortened(f"parallel: {summary(frame.nodes)}", NOTE_SIZE, frame.width - 28)
    return (
        f'<g class="frame" transform="translate({_n(frame.x)} {_n(frame.y)})">'
        f'<rect width="{_n(frame.width)}" height="{_n(frame.height)}" rx="10"/>'
        f'<text class="second" x="14" y="15">{escaped(caption)}</text></g>'
    )


def _line(line: Line) -> str:
    edge, points = line.edge, line.points
    x, y = points[0] if line.is_upward else points[-1]
    back = _HEAD if line.is_upward else -_HEAD
    head = f"M{_n(x)} {_n(y)}l-4 {_n(back)}h8z"
    classes = " ".join(filter(None, ["edge", class_of(edge.kind), class_of(edge.state)]))
    return (
        f'<g class="{classes}" data-source="{escaped(edge.source)}" '
        f'data-target="{escaped(edge.target)}"><path class="way" d="{_way(points, line)}"/>'
        f'<path class="head" d="{head}"/></g>'
    )


def _way(points: Sequence[Point], line: Line) -> str:
    """Return the way up to the middle of its head, so that the tip is sharp."""
    ends = [*points]
    at, by = (0, _HEAD / 2) if line.is_upward else (-1, -_HEAD / 2)
    ends[at] = (ends[at][0], ends[at][1] + by)
    points = ends
    drawn = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for (x, y), (next_x, next_y) in itertools.pairwise(points):
        if x == next_x:
            drawn.append(f"V{_n(next_y)}")
        else:
            middle = _n((y + next_y) / 2)
            drawn.append(f"C{_n(x)} {middle} {_n(next_x)} {middle} {_n(next_x)} {_n(next_y)}")
    return "".join(drawn)


def _label(label: Label) -> str:
    return (
        f'<g class="label {class_of(label.state)}"><rect x="{_n(label.x - label.width / 2)}" '
        f'y="{_n(label.y - LABEL_HEIGHT / 2)}" width="{_n(label.width)}" '
        f'height="{_n(LABEL_HEIGHT)}" rx="4"/><text x="{_n(label.x)}" '
        f'y="{_n(label.y + 4)}">{escaped(label.text)}</text></g>'
    )


def _legend(graph: Graph, most: float) -> Iterator[tuple[str, float, float]]:
    """Yield the entries: what is drawn, where it ends, and the y of its row."""
    x = y = 0.0
    for drawn, whole in _entries(graph):
        text = shortened(whole, NOTE_SIZE, _LEGEND_WIDTH / 2)
        width = 22 + text_width(text, NOTE_SIZE)
        if x and x + width > most:
            x, y = 0.0, y + _LEGEND
        entry = (
            f'<g transform="translate({_n(x)} {_n(y)})">{drawn}'
            f'<text x="22" y="12">{escaped(text)}</text></g>'
        )
        yield entry, x + width, y
        x += width + 18


def _entries(graph: Graph) -> Iterator[tuple[str, str]]:
    states = Counter(node.state for node in graph.nodes if node.state)
    for state, count in states.items():
        yield f'<g class="{class_of(state)}">{_sign(state, 0, 0)}</g>', f"{count} {said(state)}"
    if any(edge.kind == ORDER for edge in graph.edges):
        yield '<path class="way" d="M0 8h16"/>', "order only, nothing is read"


def said(state: str) -> str:
    """Return a state in words, such as ``not run``."""
    return state.replace("-", " ")


def _n(number: float) -> str:
    """Return a number in few characters."""
    return f"{number:.1f}".removesuffix(".0")
