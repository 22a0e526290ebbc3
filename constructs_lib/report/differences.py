"""The section that compares with an earlier execution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from constructs_lib.report.comparison import Change, Comparison, MetricChange, StepChange
from constructs_lib.report.job import cut
from constructs_lib.report.markup import Html, element, join, number_head, table
from constructs_lib.report.record import Run
from constructs_lib.report.words import (
    badge,
    difference,
    duration,
    moment,
    number,
    several,
    step_link,
)

_MOST_ROWS = 40
# In seconds and as a share: less is said to be the same.
_SAME, _SAME_SHARE = 0.5, 0.05


def differences(run: Run, comparison: Comparison) -> Html:
    """Return the section."""
    earlier = comparison.earlier
    took = difference(run.seconds - earlier.seconds)
    return join(
        [
            element(
                "p",
                f"Against execution {earlier.execution_id}, started {moment(earlier.start)}: ",
                badge(earlier.status),
                f" {duration(earlier.seconds)}, now {duration(run.seconds)} ({took}).",
            ),
            *_parameters(comparison.parameters),
            *_metrics(comparison.metrics),
            *_steps(comparison.steps),
        ]
    )


def _parameters(changes: Sequence[Change]) -> Iterator[Html]:
    if not changes:
        yield element("p", "The parameters are the same.", class_="quiet")
        return
    yield element("h4", "Parameters that differ")
    rows = [
        [element("th", change.name, scope="row"), cut(change.before), cut(change.after)]
        for change in changes
    ]
    yield table(["parameter", "before", "now"], rows, class_="narrow")


def _metrics(metrics: Sequence[MetricChange]) -> Iterator[Html]:
    found = [metric for metric in metrics if metric.before != metric.after]
    same = len(metrics) - len(found)
    if not metrics:
        return
    if found:
        yield element("h4", "Metrics that differ")
        head = ["step", "metric", *map(number_head, ("before", "now", "change"))]
        yield table(head, map(_metric, found[:_MOST_ROWS]), class_="narrow")
    yield from _rest(len(found), _MOST_ROWS)
    if same:
        yield element("p", f"Same as before: {several(same, 'metric')}.", class_="quiet")


def _metric(metric: MetricChange) -> list[Html]:
    change = ""
    if metric.before is not None and metric.after is not None:
        by = metric.after - metric.before
        change = f"{by:+.4g}"
        if metric.before:
            change += f" ({by / abs(metric.before):+.1%})"
    texts = ["" if v is None else number(v) for v in (metric.before, metric.after)]
    return [
        element("td", step_link(metric.step)),
        element("th", metric.name, scope="row"),
        *(element("td", text, class_="number") for text in (*texts, change)),
    ]


def _steps(steps: Sequence[StepChange]) -> Iterator[Html]:
    found = [step for step in steps if step.is_other or _is_notable(step)]
    found.sort(key=lambda step: (not step.is_other, -abs(step.difference or 0)))
    if found:
        yield element("h4", "Steps that differ")
        times = map(number_head, ("before", "now", "change"))
        head = ["step", "status", *times, "what else"]
        yield table(head, map(_step, found[:_MOST_ROWS]))
    yield from _rest(len(found), _MOST_ROWS)
    same = len(steps) - len(found)
    if same:
        text = f"Same as before, and about as long: {several(same, 'step')}."
        yield element("p", text, class_="quiet")


def _step(step: StepChange) -> list[Html]:
    states = [one.state for one in (step.before, step.after) if one is not None]
    shown = [badge(state) for state in dict.fromkeys(states)]
    what: list[str] = []
    if step.before is None:
        what.append("was not there")
    if step.after is None:
        what.append("is not there any more")
    for change in step.changes:
        label = "other code" if change.name == "code" else change.name
        what.append(f"{label}: {cut(change.before, 80)} → {cut(change.after, 80)}")
    by = step.difference
    name = step_link(step.name) if step.after is not None else step.name
    return [
        element("th", name, scope="row"),
        element("td", join(shown, " → ")),
        element("td", duration(step.seconds_before), class_="number"),
        element("td", duration(step.seconds_after), class_="number"),
        element("td", "" if by is None else difference(by), class_="number"),
        element("td", join(what, element("br")), class_="note"),
    ]


def _is_notable(step: StepChange) -> bool:
    by, before = step.difference, step.seconds_before
    return by is not None and abs(by) > max(_SAME, _SAME_SHARE * (before or 0))


def _rest(count: int, shown: int) -> Iterator[Html]:
    if count > shown:
        yield element("p", f"and {count - shown} more", class_="quiet")
