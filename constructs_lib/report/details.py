"""What is to be told of each step, folded up until it is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from constructs_lib.local.execution import FAILED
from constructs_lib.report.costs import cost_of
from constructs_lib.report.job import cut
from constructs_lib.report.limits import Limits
from constructs_lib.report.markup import Html, element, join, table
from constructs_lib.report.record import Data, Item, Log, Preview, Run, StepRun
from constructs_lib.report.words import (
    anchor,
    badge,
    dollars,
    duration,
    moment,
    number,
    size,
    step_link,
)
from constructs_lib.service.prices import Prices


def details(run: Run, prices: Prices, limits: Limits) -> Html:
    """Return what is to be told of each step; those that failed are open."""
    return join(_step(step, run, prices, limits) for step in run.steps)


def _step(step: StepRun, run: Run, prices: Prices, limits: Limits) -> Html:
    summary = element(
        "summary",
        element("span", step.name, class_="name"),
        badge(step.state),
        element("span", step.type, class_="quiet"),
        element("span", duration(step.seconds(run.until)), class_="quiet number"),
    )
    parts: list[str] = [*_reason(step)]
    parts.append(facts(_facts(step, run, prices)))
    parts += _values("Arguments", step.arguments)
    parts += _values("Metrics", {name: number(value) for name, value in step.metrics.items()})
    parts += _data("Inputs", step.inputs)
    parts += _data("Outputs", step.outputs)
    parts += _result(step.result, limits)
    parts += _log(step.log)
    parts += _settings(step.settings)
    return element(
        "details",
        summary,
        element("div", *parts, class_="body"),
        id=anchor(step.name),
        class_="step",
        open=step.status == FAILED,
    )


def _reason(step: StepRun) -> Iterator[Html]:
    if step.reason:
        kind = "reason failure" if step.status == FAILED else "reason"
        yield element("pre", cut(step.reason), class_=kind)


def facts(rows: Iterable[tuple[str, str]]) -> Html:
    """Return names and what they stand for, side by side."""
    shown = [
        element("div", element("dt", name), element("dd", value)) for name, value in rows if value
    ]
    return element("dl", *shown, class_="facts")


def _facts(step: StepRun, run: Run, prices: Prices) -> Iterator[tuple[str, str]]:
    if step.start is not None:
        yield "started", moment(step.start)
    if step.end is not None:
        yield "ended", moment(step.end)
    yield "job", step.job
    if step.instance_type:
        yield "instances", f"{step.instance_count} x {step.instance_type}"
    cost = cost_of(step, run.until, prices)
    if cost is not None:
        billed = "" if step.billable_seconds is None else " billed"
        yield "instance time", f"{duration(cost.seconds)}{billed}"
        yield "estimated cost", dollars(cost.dollars)
    if step.outcome is not None:
        yield "decision", f"{'if' if step.outcome else 'else'} branch"
    if step.retries:
        yield "tried again", f"{step.retries} times"
    if step.for_each:
        yield "iteration of", step_link(step.for_each)
        yield "item", cut(step.item)
    yield "output taken from", step.cached_from or step.reused_from
    yield "code", step.code[:12]
    if step.depends_on:
        yield "waits for", join(map(step_link, step.depends_on), ", ")


def _values(title: str, values: Mapping[str, str]) -> Iterator[Html]:
    if values:
        yield element("h4", title)
        rows = [
            [element("th", name, scope="row"), element("td", element("code", value))]
            for name, value in values.items()
        ]
        yield table((), rows, class_="values")


def _data(title: str, entries: Iterable[Data]) -> Iterator[Html]:
    shown = [_one(entry) for entry in entries]
    if shown:
        yield element("h4", title)
        yield from shown


def _one(data: Data) -> Html:
    head: list[str] = [element("b", data.name), " "]
    if data.source:
        head += ["from ", step_link(data.source), " "]
    head.append(element("code", data.uri, class_="quiet"))
    parts: list[str] = [element("p", *head)]
    if data.note:
        parts.append(element("p", data.note, class_="quiet"))
    parts += map(_item, data.items)
    return element("div", *parts, class_="data")


def _item(item: Item) -> Html:
    shown = item.preview or Preview()
    facts = ", ".join(fact for fact in (size(item.size), item.kind, shown.note) if fact)
    caption = (element("code", item.name), " ", element("span", facts, class_="quiet"))
    return element("figure", element("figcaption", *caption), *_preview(shown, item.name))


def _preview(shown: Preview, name: str) -> Iterator[Html]:
    if shown.table is not None:
        head = list(shown.table.columns)
        rows: list[list[str]] = [list(row) for row in shown.table.rows]
        if shown.table.more_columns:
            head.append(f"… {shown.table.more_columns} more")
            rows = [[*row, ""] for row in rows]
        yield table(head, rows, class_="preview")
    if shown.text is not None:
        yield element("pre", shown.text)
    if shown.image is not None:
        yield element("img", src=shown.image, alt=name, loading="lazy")


def _result(result: Any, limits: Limits) -> Iterator[Html]:
    if result is not None:
        yield element("h4", "Result")
        text = json.dumps(result, indent=2, ensure_ascii=False, default=str)
        yield element("pre", cut(text, limits.text))


def _log(log: Log) -> Iterator[Html]:
    if not log.head:
        return
    is_cut = log.left_out != 0
    parts = [log.head, _left_out(log), log.tail] if is_cut else [log.head + log.tail]
    count = (log.head + log.tail).strip().count("\n") + 1
    lines = f"{'more than ' if is_cut else ''}{count:,} line{'' if count == 1 else 's'}"
    yield element("h4", "Log")
    yield element(
        "details",
        element("summary", f"{lines}: ", element("code", log.place)),
        element("pre", *parts, class_="log"),
        class_="more",
    )


def _left_out(log: Log) -> Html:
    amount = "Lines" if log.left_out is None else f"{log.left_out:,} characters"
    text = f"\n\n… {amount} are left out here. All of it: {log.place} …\n\n"
    return element("b", text, class_="left-out")


def _settings(settings: Mapping[str, str]) -> Iterator[Html]:
    if settings:
        yield element("h4", "Settings")
        rows = [[element("th", k, scope="row"), element("td", v)] for k, v in settings.items()]
        yield element(
            "details",
            element("summary", f"{len(settings)} of its job's request"),
            table((), rows, class_="values"),
            class_="more",
        )
