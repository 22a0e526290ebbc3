"""Pieces of a drawing: what is placed in them, relative to their own corner."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from constructs_lib.drawing.graph import Edge, Node

Point = tuple[float, float]

_GAP = 14.0  # between the cells of a grid
_PADDING = 14.0  # of a frame
_CAPTION = 22.0  # height of a frame's text
_WIDEST_GRID = 1600.0
_LINK = 26.0  # between two steps of a column


@dataclass(frozen=True)
class Box:
    """Where a step is, by its upper left corner; a ForEach step is as large as its body."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    holds_body: bool = False


@dataclass(frozen=True)
class Frame:
    """A border round steps that are parallel to each other."""

    nodes: tuple[Node, ...]
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """The way of an edge.

    Attributes:
        edge: Which one it is; one of several if it stands for those of a frame.
        points: Straight down between two of one x, else a curve that begins and ends vertically.
        is_upward: Whether its head is at the first point: the edge closes a circle.
    """

    edge: Edge
    points: tuple[Point, ...]
    is_upward: bool = False


@dataclass(frozen=True)
class Part:
    """Things that keep their place to each other."""

    width: float
    height: float
    boxes: tuple[Box, ...] = ()
    frames: tuple[Frame, ...] = ()
    lines: tuple[Line, ...] = ()

    def moved(self, x: float, y: float) -> Part:
        """Return the same things at another place."""
        return Part(
            self.width,
            self.height,
            tuple(replace(box, x=box.x + x, y=box.y + y) for box in self.boxes),
            tuple(replace(frame, x=frame.x + x, y=frame.y + y) for frame in self.frames),
            tuple(
                replace(line, points=tuple((px + x, py + y) for px, py in line.points))
                for line in self.lines
            ),
        )


def joined(parts: Iterable[Part], width: float, height: float) -> Part:
    """Return parts that are in their place as one."""
    boxes: list[Box] = []
    frames: list[Frame] = []
    lines: list[Line] = []
    for part in parts:
        boxes += part.boxes
        frames += part.frames
        lines += part.lines
    return Part(width, height, tuple(boxes), tuple(frames), tuple(lines))


def container(node: Node, body: Part, width: float, header: float) -> Part:
    """Return a step with its body inside.

    Args:
        node: The step.
        body: What it holds.
        width: Of the step at least.
        header: Height of what the step says itself.
    """
    inner = max(width, body.width + 2 * _PADDING)
    height = header + body.height + _PADDING
    box = Box(node, 0, 0, inner, height, holds_body=True)
    inside = body.moved((inner - body.width) / 2, header)
    return joined([Part(0, 0, (box,)), inside], inner, height)


def column(parts: Sequence[Part], edges: Sequence[Edge]) -> Part:
    """Return parts one below the other, with an edge from each to the next."""
    width = max(part.width for part in parts)
    placed: list[Part] = []
    lines: list[Line] = []
    y = 0.0
    for number, part in enumerate(parts):
        placed.append(part.moved((width - part.width) / 2, y))
        y += part.height
        if number < len(edges):
            lines.append(Line(edges[number], ((width / 2, y), (width / 2, y + _LINK))))
            y += _LINK
    return joined([*placed, Part(0, 0, lines=tuple(lines))], width, y)


def grid(parts: Sequence[Part]) -> Part:
    """Return parts in rows, in about a square, with a frame."""
    cell = max(part.width for part in parts), max(part.height for part in parts)
    columns = round(math.sqrt(len(parts) * (cell[1] + _GAP) / (cell[0] + _GAP) * 1.3))
    columns = max(columns, min(len(parts), 4))
    columns = min(columns, max(1, int(_WIDEST_GRID // (cell[0] + _GAP))))
    rows = math.ceil(len(parts) / columns)
    columns = math.ceil(len(parts) / rows)
    below = cell[1] + (_GAP if all(len(part.boxes) == 1 for part in parts) else 2.5 * _GAP)
    placed = [
        part.moved(
            _PADDING + (number % columns) * (cell[0] + _GAP) + (cell[0] - part.width) / 2,
            _CAPTION + (number // columns) * below,
        )
        for number, part in enumerate(parts)
    ]
    width = 2 * _PADDING + columns * (cell[0] + _GAP) - _GAP
    height = _CAPTION + (rows - 1) * below + cell[1] + _PADDING
    nodes = tuple(box.node for part in placed for box in part.boxes)
    frame = Frame(nodes, 0, 0, width, height)
    return joined([Part(0, 0, frames=(frame,)), *placed], width, height)


def rows(parts: Sequence[Part], most: float, gap: float) -> Part:
    """Return parts side by side; what is beyond a width goes below."""
    placed: list[Part] = []
    x = y = tallest = widest = 0.0
    for part in parts:
        if x and x + part.width > most:
            x, y, tallest = 0.0, y + tallest + gap, 0.0
        placed.append(part.moved(x, y))
        x += part.width + gap
        tallest, widest = max(tallest, part.height), max(widest, x - gap)
    return joined(placed, widest, y + tallest)
