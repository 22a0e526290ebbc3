"""How far from the left things stand.

Layer by layer, down and up again, each thing is moved towards those that it is connected with: as
near as its neighbours in the layer let it, by least squares. Long edges pull most, so that they
are straight; at the end each is made straight where there is room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise

from constructs_lib.drawing.ordering import Layers

Separation = Callable[[int, int], float]

_SWEEPS = 14
_ALIGNMENTS = 12
_STRAIGHTENINGS = 3
# How much a vertical keeps its place against what is in its way.
_OF_WAY, _OF_LINE = 10.0, 1000.0
# How much a thing is pulled by another: a step by a step and by a bend, a bend by both. Steps in a
# row pull each other most.
_STEPS, _LINE = 4.0, 64.0
_PULLS = {(False, False): _STEPS, (False, True): 0.5, (True, False): 1.0, (True, True): 8.0}
_LOOSE = 0.01


def positions(layers: Layers, separation: Separation) -> dict[int, float]:
    """Return the x of the middle of each thing.

    Args:
        layers: In their order.
        separation: Returns how far apart the middles of two neighbours are at least.
    """
    offsets = [
        [0.0, *accumulate(separation(one, other) for one, other in pairwise(row))]
        for row in layers.rows
    ]
    verticals = _verticals(layers)
    lines = {pair for things in verticals for pair in pairwise(things)}
    lines |= {(other, one) for one, other in lines}
    xs: dict[int, float] = {}
    for row, offset in zip(layers.rows, offsets, strict=True):
        xs.update({thing: by - offset[-1] / 2 for thing, by in zip(row, offset, strict=True)})
    count = len(layers.rows)
    for sweep in range(_SWEEPS):
        neighbours = [layers.up] if sweep % 2 == 0 else [layers.down]
        if sweep >= _SWEEPS - 4:
            neighbours = [layers.up, layers.down]
        for number in range(count) if sweep % 2 == 0 else reversed(range(count)):
            _move(layers.rows[number], offsets[number], neighbours, (layers.bends, lines), xs)
    for _ in range(_ALIGNMENTS):
        _align(verticals, layers, offsets, xs)
    for _ in range(_STRAIGHTENINGS):
        _straighten(verticals, layers, separation, xs)
    return xs


def _move(
    row: Sequence[int],
    offsets: Sequence[float],
    neighbours: Sequence[Mapping[int, list[int]]],
    kinds: tuple[set[int], set[tuple[int, int]]],
    xs: dict[int, float],
) -> None:
    bends, lines = kinds
    wanted, pulls = [], []
    for thing in row:
        total = pull = 0.0
        for side in neighbours:
            for other in side[thing]:
                by = _PULLS[thing in bends, other in bends]
                if by == _STEPS and (thing, other) in lines:
                    by = _LINE
                total, pull = total + by * xs[other], pull + by
        wanted.append(total / pull if pull else xs[thing])
        pulls.append(pull or _LOOSE)
    xs.update(zip(row, _nearest(wanted, pulls, offsets), strict=True))


def _nearest(
    wanted: Sequence[float], pulls: Sequence[float], offsets: Sequence[float]
) -> list[float]:
    """Return the places nearest to those wanted that keep the distances.

    Isotonic regression, by pooling those that are too near to each other.
    """
    pools: list[tuple[float, float, int]] = []  # sum of pulled places, pull, how many
    for x, pull, offset in zip(wanted, pulls, offsets, strict=True):
        pool = ((x - offset) * pull, pull, 1)
        while pools and pools[-1][0] / pools[-1][1] > pool[0] / pool[1]:
            last = pools.pop()
            pool = (last[0] + pool[0], last[1] + pool[1], last[2] + pool[2])
        pools.append(pool)
    places = [total / pull for total, pull, count in pools for _ in range(count)]
    return [place + offset for place, offset in zip(places, offsets, strict=True)]


def _verticals(layers: Layers) -> list[list[int]]:
    """Return what should stand one below the other: the bends of an edge, and steps in a row.

    Steps are in a row if, long edges apart, each leads only to the next.
    """

    def only(things: Sequence[int]) -> int | None:
        steps = [thing for thing in things if thing not in layers.bends]
        return steps[0] if len(steps) == 1 else None

    found = [way for way in layers.ways.values() if way]
    following = {}
    for row in layers.rows:
        for thing in row:
            below = only(layers.down[thing])
            if thing not in layers.bends and below is not None and only(layers.up[below]) == thing:
                following[thing] = below
    for start in [thing for thing in following if thing not in following.values()]:
        line = [start]
        while line[-1] in following:
            line.append(following[line[-1]])
        found.append(line)
    return found


def _align(
    verticals: Sequence[Sequence[int]],
    layers: Layers,
    offsets: Sequence[Sequence[float]],
    xs: dict[int, float],
) -> None:
    """Bring verticals nearer to being straight; what is in their way is pushed aside."""
    wanted = {
        thing: sum(xs[one] for one in things) / len(things)
        for things in verticals
        for thing in things
    }
    for row, offset in zip(layers.rows, offsets, strict=True):
        pulls = [
            1.0 if thing not in wanted else _OF_WAY if thing in layers.bends else _OF_LINE
            for thing in row
        ]
        places = _nearest([wanted.get(thing, xs[thing]) for thing in row], pulls, offset)
        xs.update(zip(row, places, strict=True))


def _straighten(
    verticals: Sequence[Sequence[int]],
    layers: Layers,
    separation: Separation,
    xs: dict[int, float],
) -> None:
    """Put each vertical in its middle, if there is room."""
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    for row in layers.rows:
        for one, other in pairwise(row):
            before[other], after[one] = one, other
    for things in verticals:
        low = max(
            (xs[before[one]] + separation(before[one], one) for one in things if one in before),
            default=float("-inf"),
        )
        high = min(
            (xs[after[one]] - separation(one, after[one]) for one in things if one in after),
            default=float("inf"),
        )
        if low <= high:
            middle = sorted(xs[one] for one in things)[len(things) // 2]
            xs.update(dict.fromkeys(things, min(max(middle, low), high)))
