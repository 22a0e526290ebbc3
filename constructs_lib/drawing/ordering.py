"""In which order the things of a layer stand, so that few edges cross."""

from __future__ import annotations

import itertools
from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from constructs_lib.drawing.ranks import Link

_SWEEPS = 12
# More links than these, and neighbours are not tried the other way round: it would take long.
_MANY = 3000


@dataclass
class Layers:
    """Items in layers, with a bend in each layer that an edge goes through.

    Attributes:
        rows: The layers from the top, each from the left.
        up: Thing to what leads to it from the layer above.
        down: Thing to what it leads to in the layer below.
        bends: Those that are bends.
        ways: Link to the bends that it goes through.
    """

    rows: list[list[int]]
    up: dict[int, list[int]]
    down: dict[int, list[int]]
    bends: set[int]
    ways: dict[Link, list[int]]


def layered(rank: Mapping[int, int], links: Sequence[Link]) -> Layers:
    """Return the layers in an order with few crossings."""
    layers = _with_bends(rank, links)
    best, fewest = [*map(list, layers.rows)], _crossings(layers)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        _sweep(layers, downward=sweep % 2 == 0)
        if len(layers.bends) + len(links) < _MANY:
            _exchange(layers)
        found = _crossings(layers)
        if found < fewest:
            best, fewest = [*map(list, layers.rows)], found
    layers.rows = best
    return layers


def _with_bends(rank: Mapping[int, int], links: Sequence[Link]) -> Layers:
    rows: list[list[int]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    up: dict[int, list[int]] = {number: [] for number in rank}
    down: dict[int, list[int]] = {number: [] for number in rank}
    ways: dict[Link, list[int]] = {}
    out: dict[int, list[int]] = {number: [] for number in rank}
    for source, target in links:
        out[source].append(target)
    following = max(rank, default=0) + 1
    # From each item to what follows it first, so that what belongs together is side by side.
    seen: set[int] = set()
    for start in sorted(rank, key=lambda number: rank[number]):
        waiting = [start]
        while waiting:
            number = waiting.pop()
            if number in seen:
                continue
            seen.add(number)
            rows[rank[number]].append(number)
            waiting += reversed(out[number])
    for source, target in links:
        way = list(range(following, following + rank[target] - rank[source] - 1))
        following += len(way)
        ways[source, target] = way
        for place, bend in enumerate(way, rank[source] + 1):
            rows[place].append(bend)
            up[bend], down[bend] = [], []
        for above, below in zip([source, *way], [*way, target], strict=True):
            down[above].append(below)
            up[below].append(above)
    bends = {bend for way in ways.values() for bend in way}
    return Layers(rows, up, down, bends, ways)


def _sweep(layers: Layers, *, downward: bool) -> None:
    rows = layers.rows if downward else layers.rows[::-1]
    neighbours = layers.up if downward else layers.down
    for above, row in itertools.pairwise(rows):
        place = {thing: number for number, thing in enumerate(above)}
        scale = len(above) / max(len(row), 1)
        wanted = {}
        for number, thing in enumerate(row):
            near = neighbours[thing]
            total = sum(place[one] for one in near)
            wanted[thing] = total / len(near) if near else number * scale
        row.sort(key=wanted.__getitem__)


def _exchange(layers: Layers) -> None:
    """Exchange neighbours as long as edges cross less."""
    place = {thing: number for row in layers.rows for number, thing in enumerate(row)}
    for row in layers.rows:
        for left in range(len(row) - 1):
            one, other = row[left], row[left + 1]
            here = there = 0
            for neighbours in (layers.up, layers.down):
                a = sorted(place[thing] for thing in neighbours[one])
                b = sorted(place[thing] for thing in neighbours[other])
                here += _inversions(a, b)
                there += _inversions(b, a)
            if there < here:
                row[left], row[left + 1] = other, one
                place[one], place[other] = left + 1, left


def _inversions(left: list[int], right: list[int]) -> int:
    """Return how many edges of a thing cross those of the one on its right."""
    return sum(len(left) - bisect_right(left, end) for end in right)


def _crossings(layers: Layers) -> int:
    count = 0
    for above, below in zip(layers.rows, layers.rows[1:], strict=False):
        place = {thing: number for number, thing in enumerate(below)}
        passed: list[int] = []
        for thing in above:
            ends = sorted(place[one] for one in layers.down[thing])
            count += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return count
