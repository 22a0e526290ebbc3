"""Many parallel steps as one thing: a frame with a grid, and one edge for all of its edges.

Steps are parallel if they wait for the same and the same waits for them; so are chains of steps
of one length. What was found counts as one step for the next turn, so that larger patterns are
found as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from constructs_lib.drawing.graph import Edge
from constructs_lib.drawing.parts import Part, column, grid

# Fewer are drawn side by side: each edge can be followed.
FEWEST = 7
_TURNS = 4

Key = tuple[int, int, str, str]


@dataclass
class Items:
    """What is laid out: parts by number, and the edges between them.

    Attributes:
        parts: Number to part, in the order of the definition.
        edges: Source, target, kind and state to one of the edges that it stands for.
    """

    parts: dict[int, Part]
    edges: dict[Key, Edge]


def grouped(items: Items) -> Items:
    """Return the items with each group of many parallel ones as one."""
    for _ in range(_TURNS):
        smaller = _turn(items)
        if len(smaller.parts) == len(items.parts):
            break
        items = smaller
    return items


def _turn(items: Items) -> Items:
    into: dict[int, list[Key]] = {number: [] for number in items.parts}
    out: dict[int, list[Key]] = {number: [] for number in items.parts}
    for key in items.edges:
        out[key[0]].append(key)
        into[key[1]].append(key)
    groups: dict[object, list[list[int]]] = {}
    for chain in _chains(items.parts, into, out):
        before = frozenset((key[0], *key[2:]) for key in into[chain[0]])
        after = frozenset(key[1:] for key in out[chain[-1]])
        groups.setdefault((before, after, len(chain)), []).append(chain)
    parts, at = dict(items.parts), {number: number for number in items.parts}
    inner: set[Key] = set()
    for chains in groups.values():
        if len(chains) < FEWEST:
            continue
        cells = []
        for chain in chains:
            links = [out[number][0] for number in chain[:-1]]
            inner.update(links)
            cells.append(
                column([parts[number] for number in chain], [items.edges[key] for key in links])
            )
        first = chains[0][0]
        for number in (number for chain in chains for number in chain):
            at[number] = first
            del parts[number]
        parts[first] = grid(cells)
    edges: dict[Key, Edge] = {}
    for key, edge in items.edges.items():
        if key not in inner:
            edges.setdefault((at[key[0]], at[key[1]], *key[2:]), edge)
    return Items(dict(sorted(parts.items())), edges)


def _chains(
    parts: Mapping[int, Part], into: Mapping[int, list[Key]], out: Mapping[int, list[Key]]
) -> list[list[int]]:
    """Return every item in a chain of those that only lead from one to the next."""

    def follower(number: int) -> int | None:
        keys = out[number]
        return keys[0][1] if len(keys) == 1 and len(into[keys[0][1]]) == 1 else None

    followed = {follower(number) for number in parts}
    chains = []
    seen: set[int] = set()
    for number in parts:
        if number in followed:
            continue
        chain, last = [number], follower(number)
        while last is not None and last not in seen:
            chain.append(last)
            last = follower(last)
        seen.update(chain)
        chains.append(chain)
    # What is left goes round in a circle.
    return chains + [[number] for number in parts if number not in seen]
