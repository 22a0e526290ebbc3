"""Where the texts of edges stand: on their edge, and not on each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from constructs_lib.drawing.graph import ELSE, IF
from constructs_lib.drawing.icons import MARKS
from constructs_lib.drawing.layout import NOTE_SIZE
from constructs_lib.drawing.metrics import text_width
from constructs_lib.drawing.parts import Line, Point

HEIGHT = 16.0
# How far along a piece: where it is free first.
_PLACES = (0.5, 0.64, 0.36, 0.76, 0.24)

# How far to the right of its edge, in its own width, where there are many.
_ASIDE = (0.0, 0.6, 1.2, 1.8)


@dataclass(frozen=True)
class Label:
    """A text, the state of its edge, its middle and its width."""

    text: str
    state: str
    x: float
    y: float
    width: float

    def meets(self, other: Label) -> bool:
        """Tell whether two labels overlap."""
        is_beside = abs(self.x - other.x) >= (self.width + other.width) / 2 + 2
        return not is_beside and abs(self.y - other.y) < HEIGHT + 2


def labels(lines: Sequence[Line]) -> list[Label]:
    """Return the labels of those edges that are branches or differ, from the left."""
    found: list[Label] = []
    for line in sorted(lines, key=lambda line: line.points[-1]):
        edge = line.edge
        side = edge.kind if edge.kind in {IF, ELSE} else edge.state
        text = " ".join(filter(None, [MARKS.get(edge.state, ""), side]))
        if not text:
            continue
        width = text_width(text, NOTE_SIZE) + 8
        places = [
            Label(text, edge.state, x + aside * width, y, width)
            for aside in _ASIDE
            for x, y in _places(line.points)
        ]
        free = (place for place in places if not any(map(place.meets, found)))
        found.append(next(free, places[0]))
    return found


def _places(points: Sequence[Point]) -> Iterator[Point]:
    """Yield places on a way: in its last piece first, where it is nearest to what it leads to."""
    for (x, y), (next_x, next_y) in list(pairwise(points))[::-1]:
        for t in _PLACES:
            # Of a Bézier curve whose controls are level with the middle.
            yield (
                x + (next_x - x) * t * t * (3 - 2 * t),
                y + (next_y - y) * t * (1.5 - 1.5 * t + t * t),
            )
