"""The table of the steps."""

from __future__ import annotations

from constructs_lib.report.costs import cost_of
from constructs_lib.report.markup import Html, element, join, number_head, table
from constructs_lib.report.record import Run, StepRun
from constructs_lib.report.words import badge, dollars, duration, step_link
from constructs_lib.service.prices import Prices

_LONGEST_NOTE = 90
# More rows than this scroll below their head.
_MOST_AT_ONCE = 60


def step_table(run: Run, prices: Prices) -> Html:
    """Return the table, with the controls that need scripts hidden until those run."""
    rows = [_row(step, run, prices) for step in run.steps]
    names = ["step", "type", "status", number_head("start"), number_head("duration"), "instances"]
    names += [number_head("cost")] if prices else []
    states = sorted({step.state for step in run.steps})
    options = [element("option", "every status", value="")]
    options += [element("option", state, value=state) for state in states]
    controls = element(
        "div",
        element("input", type="search", placeholder="filter steps", aria_label="Filter steps"),
        element("select", *options, aria_label="Status"),
        element("output", "", class_="quiet"),
        class_="controls",
        id="filter",
        hidden=True,
    )
    shown = table([*names, "note"], rows, id="steps", class_="list")
    if len(rows) > _MOST_AT_ONCE:
        shown = element("div", shown, class_="list-many", tabindex=0)
    return join([controls, shown])


def _row(step: StepRun, run: Run, prices: Prices) -> list[Html]:
    seconds = step.seconds(run.until)
    begun = (step.start - run.start).total_seconds() if step.start else None
    cost = cost_of(step, run.until, prices)
    instances = f"{step.instance_count} x {step.instance_type}" if step.instance_type else ""
    cells = [
        element("th", step_link(step.name), scope="row", class_="inner" if step.for_each else None),
        element("td", step.type),
        element("td", badge(step.state), data_state=step.state),
        _number("" if begun is None else f"+{duration(max(0.0, begun))}", begun),
        _number(duration(seconds), seconds),
        element("td", instances),
    ]
    if prices:
        amount = cost.dollars if cost else None
        cells.append(_number(dollars(amount), amount))
    return [*cells, element("td", note_of(step), class_="note")]


def _number(text: str, value: float | None) -> Html:
    return element("td", text, class_="number", data_value=-1 if value is None else value)


def note_of(step: StepRun) -> str:
    """Return what is most worth knowing of a step, in a line."""
    notes = []
    if step.reason:
        line = step.reason.splitlines()[0]
        notes.append(line if len(line) <= _LONGEST_NOTE else f"{line[:_LONGEST_NOTE]}…")
    if step.outcome is not None:
        notes.append(f"took the {'if' if step.outcome else 'else'} branch")
    if step.item:
        notes.append(f"item {step.item[:_LONGEST_NOTE]}")
    if step.retries:
        notes.append(f"tried again {step.retries} time{'s' if step.retries > 1 else ''}")
    if step.is_stub:
        notes.append("stub: its output is made up")
    if step.cached_from:
        notes.append("cache hit")
    if step.reused_from:
        notes.append("not selected: earlier output used")
    return "; ".join(notes)
