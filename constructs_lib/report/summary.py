"""The head of the page: how it went, in figures, and why it failed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from constructs_lib.local.execution import FAILED
from constructs_lib.report.costs import Cost, cost_of, costs_by_type, total_dollars
from constructs_lib.report.job import cut
from constructs_lib.report.markup import Html, element, join, number_head, table
from constructs_lib.report.record import Run
from constructs_lib.report.timeline import most_at_once
from constructs_lib.report.words import badge, dollars, duration, moment, step_link
from constructs_lib.service.prices import Prices

_MOST_FAILURES = 5
_MOST_COSTS = 10


def heading(run: Run, prices: Prices) -> Html:
    """Return the head."""
    counts = Counter(step.state for step in run.steps)
    states = [element("span", badge(state), f" {count}") for state, count in counts.most_common()]
    instance_seconds = sum(cost.seconds for cost in costs_by_type(run, prices))
    tiles = [
        _tile("duration", f"{duration(run.seconds)}{' so far' if run.is_executing else ''}"),
        _tile("steps", str(len(run.steps))),
        _tile("most at once", str(most_at_once(run.steps, run.until))),
        _tile("instance time", duration(instance_seconds)),
    ]
    total = total_dollars(run, prices)
    if total is not None:
        tiles.append(_tile("estimated cost", dollars(total)))
    return element(
        "header",
        element("h1", run.pipeline, " ", badge(run.status)),
        element("p", f"Execution {run.execution_id}, {run.place}", class_="quiet"),
        element("p", *_times(run), class_="quiet"),
        element("div", *tiles, class_="tiles"),
        element("p", join(states, " "), class_="states"),
        *_failures(run),
    )


def _times(run: Run) -> Iterator[str]:
    yield f"Started {moment(run.start)}"
    if run.end is not None:
        yield f", ended {moment(run.end)}"
    if run.is_executing:
        yield f", still executing when this was written, {moment(run.read)}"


def _tile(name: str, value: str) -> Html:
    shown = (element("b", value or "none"), element("span", name))
    return element("div", *shown, class_="tile")


def _failures(run: Run) -> Iterator[Html]:
    outer = {step.for_each for step in run.steps}
    failed = [s for s in run.steps if s.status == FAILED and s.name not in outer]
    shown = [
        element("li", step_link(step.name), element("pre", cut(step.reason, 600)))
        for step in failed[:_MOST_FAILURES]
    ]
    if len(failed) > _MOST_FAILURES:
        shown.append(element("li", f"and {len(failed) - _MOST_FAILURES} more"))
    if shown:
        yield element("div", element("h2", "What failed"), element("ul", *shown), class_="alarm")
    elif run.reason:
        yield element("div", element("pre", cut(run.reason)), class_="alarm")


def parameters(run: Run) -> Html:
    """Return the table of the pipeline's parameters."""
    rows = [
        [element("th", str(name), scope="row"), element("td", element("code", _text(value)))]
        for name, value in run.parameters.items()
    ]
    if not rows:
        return element("p", "It has none.", class_="quiet")
    return table((), rows, class_="values")


def costs(run: Run, prices: Prices) -> Html:
    """Return where the time of instances, and the money, went."""
    by_type = costs_by_type(run, prices)
    if not by_type:
        return element("p", "No instances were started.", class_="quiet")
    names = ["instance type", number_head("instance time")]
    names += [number_head("estimated cost")] if prices else []
    rows = [_cost_cells(cost, prices) for cost in by_type]
    pairs = [(s, c) for s in run.steps if (c := cost_of(s, run.until, prices)) is not None]
    weigh = _dollars if any(cost.dollars for cost in by_type) else _seconds
    pairs.sort(key=lambda pair: -weigh(pair[1]))
    most = weigh(pairs[0][1]) or 1
    bars = [
        element(
            "div",
            element("span", step_link(step.name), class_="name"),
            element(
                "span",
                element("span", class_="bar", style=f"width:{weigh(cost) / most * 80:.1f}%"),
                element(
                    "span",
                    dollars(cost.dollars) if weigh is _dollars else duration(cost.seconds),
                    class_="took",
                    style=f"left:{weigh(cost) / most * 80:.1f}%",
                ),
                class_="track",
            ),
            class_="row",
        )
        for step, cost in pairs[:_MOST_COSTS]
    ]
    more = len(pairs) - _MOST_COSTS
    return join(
        [
            element("p", *_how(run, prices, by_type), class_="quiet"),
            table(names, rows, class_="narrow"),
            element("div", *bars, class_="timeline costs"),
            element("p", f"and {more} more steps", class_="quiet") if more > 0 else "",
        ]
    )


def _cost_cells(cost: Cost, prices: Prices) -> list[Html]:
    cells = [
        element("th", cost.instance_type, scope="row"),
        element("td", duration(cost.seconds), class_="number"),
    ]
    if prices:
        text = "no price given" if cost.dollars is None else dollars(cost.dollars)
        cells.append(element("td", text, class_="number"))
    return cells


def _how(run: Run, prices: Prices, by_type: list[Cost]) -> Iterator[str]:
    if run.is_local:
        yield "As if each step had taken as long on its instances as it took on this machine. "
    if not prices:
        yield "With --prices FILE, the report estimates what that costs."
    elif any(cost.dollars is None for cost in by_type):
        yield "An instance type has no price in the given table: the sum is without it."


def _dollars(cost: Cost) -> float:
    return cost.dollars or 0.0


def _seconds(cost: Cost) -> float:
    return cost.seconds


def _text(value: object) -> str:
    return cut(value if isinstance(value, str) else json.dumps(value, default=str))
