"""Which layer each item is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Link = tuple[int, int]


def acyclic(numbers: Sequence[int], links: Sequence[Link]) -> tuple[list[Link], set[Link]]:
    """Return links without circles, and those among the given ones that had to be turned round."""
    out: dict[int, list[int]] = {number: [] for number in numbers}
    for source, target in links:
        out[source].append(target)
    turned: set[Link] = set()
    state: dict[int, int] = {}  # 1 while what follows is visited, 2 afterwards
    for start in numbers:
        if start in state:
            continue
        state[start] = 1
        way = [(start, iter(out[start]))]
        while way:
            number, rest = way[-1]
            following = next(rest, None)
            if following is None:
                state[number] = 2
                way.pop()
            elif state.get(following) == 1:
                turned.add((number, following))
            elif following not in state:
                state[following] = 1
                way.append((following, iter(out[following])))
    straight = [(b, a) if (a, b) in turned else (a, b) for a, b in links]
    return list(dict.fromkeys(straight)), turned


def ranks(
    numbers: Sequence[int], links: Sequence[Link], widths: Mapping[int, float], most: float
) -> dict[int, int]:
    """Return the layer of each item.

    An item is below all that lead to it. A layer that would be too wide hands on what the fewest
    others wait for; what waits for nothing is just above what waits for it.

    Args:
        numbers: The items.
        links: Without circles.
        widths: Of the items.
        most: Width of a layer.
    """
    into: dict[int, list[int]] = {number: [] for number in numbers}
    out: dict[int, list[int]] = {number: [] for number in numbers}
    for source, target in links:
        into[target].append(source)
        out[source].append(target)
    order = _sorted(numbers, into, out)
    earliest: dict[int, int] = {}
    for number in order:
        earliest[number] = max((earliest[one] + 1 for one in into[number]), default=0)
    below: dict[int, int] = {}
    for number in reversed(order):
        below[number] = max((below[one] + 1 for one in out[number]), default=0)
        if not into[number] and out[number]:
            earliest[number] = max(0, min(earliest[one] for one in out[number]) - 1)
    found: dict[int, int] = {}
    waiting = sorted(order, key=lambda number: (earliest[number], -below[number]))
    rank = 0
    while waiting:
        width = 0.0
        left = []
        for number in waiting:
            is_free = earliest[number] <= rank and all(
                found.get(one, rank) < rank for one in into[number]
            )
            if is_free and (not width or width + widths[number] <= most):
                found[number] = rank
                width += widths[number]
            else:
                left.append(number)
        waiting = sorted(left, key=lambda number: (earliest[number], -below[number]))
        rank += 1
    used = {rank: place for place, rank in enumerate(sorted({*found.values()}))}
    return {number: used[found[number]] for number in numbers}


def _sorted(
    numbers: Sequence[int], into: Mapping[int, list[int]], out: Mapping[int, list[int]]
) -> list[int]:
    left = {number: len(into[number]) for number in numbers}
    order = [number for number in numbers if not left[number]]
    for number in order:
        for following in out[number]:
            left[following] -= 1
            if not left[following]:
                order.append(following)
    return order
