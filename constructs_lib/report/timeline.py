"""The timeline: when each step ran, and how many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from constructs_lib.report.markup import Html, element, join
from constructs_lib.report.record import Run, StepRun
from constructs_lib.report.words import duration, several, state_class, step_link

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_TICKS = (
    *(0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(minutes * _MINUTE for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * _DAY for days in (1, 2, 7, 14)),
)
_MOST_TICKS = 8
_LITTLE_ROOM = 86  # percent
_NAMES_OF_PATH = 12


def timeline(run: Run, path: Sequence[str]) -> Html:
    """Return the section.

    Args:
        run: The execution.
        path: Its critical path.
    """
    begun = [step for step in run.steps if step.start is not None]
    scale = _Scale(run, begun)
    begun.sort(key=lambda step: step.start or run.start)
    if not begun:
        return element("p", "No step has begun.", class_="quiet")
    rows = join(_row(step, scale, step.name in path) for step in begun)
    rest = len(run.steps) - len(begun)
    still = " so far" if run.is_executing else ""
    note = f" {several(rest, 'step')} did not begin{still}." if rest else ""
    return join(
        [
            element("p", f"At most {most_at_once(begun, run.until)} at once.{note}"),
            _path_text(run, path),
            element(
                "div",
                element("div", element("span"), _axis(scale), class_="row axis"),
                element(
                    "div",
                    element("span", "running at once", class_="name quiet"),
                    _concurrency(begun, scale),
                    class_="row",
                ),
                rows,
                class_="timeline" + (" many" if len(begun) > 60 else ""),
                tabindex=0,
                role="group",
                aria_label="Timeline of the steps",
            ),
            _legend(begun),
        ]
    )


class _Scale:
    """From moments to places, in percent of the execution's time."""

    def __init__(self, run: Run, steps: Sequence[StepRun]) -> None:
        self.start = min([run.start, *(s.start for s in steps if s.start)])
        self.until = max([run.until, *(s.end for s in steps if s.end)])
        self.seconds = max((self.until - self.start).total_seconds(), 0.001)

    def place(self, moment: datetime) -> float:
        percent = (moment - self.start).total_seconds() / self.seconds * 100
        return round(min(max(percent, 0), 100), 3)

    def ticks(self) -> Iterator[float]:
        step = next((t for t in _TICKS if self.seconds / t <= _MOST_TICKS), self.seconds / 4)
        count = int(self.seconds / step) + 1
        yield from (index * step for index in range(count))


def most_at_once(steps: Sequence[StepRun], until: datetime) -> int:
    """Return how many steps ran at once at most; those that only wait for others do not count."""
    return max((count for _, count in _levels(steps, until)), default=0)


def _levels(steps: Sequence[StepRun], until: datetime) -> list[tuple[datetime, int]]:
    """Return moments and how many steps ran from then on."""
    outer = {step.for_each for step in steps}
    changes: dict[datetime, int] = {}
    for step in steps:
        end = step.end or until
        if step.start is None or step.name in outer or end <= step.start or not step.has_run:
            continue
        changes[step.start] = changes.get(step.start, 0) + 1
        changes[end] = changes.get(end, 0) - 1
    levels, running = [], 0
    for time in sorted(changes):
        running += changes[time]
        levels.append((time, running))
    return levels


def _concurrency(steps: Sequence[StepRun], scale: _Scale) -> Html:
    levels = _levels(steps, scale.until)
    most = max((count for _, count in levels), default=0) or 1
    line = "M0 30"
    for time, count in levels:
        line += f"H{scale.place(time) * 10:.1f}V{30 - count / most * 28:.1f}"
    shape = element("path", d=f"{line}H1000V30Z")
    chart = element(
        "svg",
        shape,
        viewBox="0 0 1000 30",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"Steps running at once: at most {most}",
    )
    return element("span", chart, class_="track concurrency")


def _axis(scale: _Scale) -> Html:
    marks = [
        element(
            "span",
            _tick(seconds),
            style=f"left:{round(seconds / scale.seconds * 100, 2)}%",
        )
        for seconds in scale.ticks()
        if seconds / scale.seconds < 0.97
    ]
    return element("span", *marks, class_="track")


def _tick(seconds: float) -> str:
    if seconds == 0:
        return "0"
    if seconds < 1:
        return f"{seconds:.1f} s"
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"


def _row(step: StepRun, scale: _Scale, is_critical: bool) -> Html:
    begin, end = step.start or scale.start, step.end or scale.until
    left, right = scale.place(begin), scale.place(end)
    took = duration(step.seconds(scale.until))
    kind = state_class(step.state)
    title = f"{step.name}: {step.state}, {took}"
    parts = [
        _segment(phase.name, phase.start, phase.end or end, begin, end, phase.failed)
        for phase in step.phases
    ]
    bar = element(
        "span",
        *parts,
        class_=f"bar {kind}{' critical' if is_critical else ''}",
        style=f"left:{left}%;width:{round(right - left, 3)}%",
        title=title,
    )
    # Beside the bar, on the side with room; on the bar if there is none.
    place, inside = f"left:{right}%", ""
    if right >= _LITTLE_ROOM:
        place, inside = f"right:{round(100 - left, 3)}%", ""
        if left <= 100 - _LITTLE_ROOM:
            place, inside = f"right:{round(100 - right, 3)}%", " inside"
    label = element("span", took, class_=f"took{inside}", style=place)
    mark = element("span", "◆", class_="mark", title="on the critical path") if is_critical else ""
    name = element("span", mark, step_link(step.name), class_="name", title=step.name)
    return element("div", name, element("span", bar, label, class_="track"), class_="row")


def _segment(
    name: str, start: datetime, end: datetime, first: datetime, last: datetime, failed: bool
) -> Html:
    whole = max((last - first).total_seconds(), 0.001)
    left = max(0.0, (start - first).total_seconds() / whole * 100)
    width = max(0.0, min(100 - left, (end - start).total_seconds() / whole * 100))
    kind = "failed" if failed else name.lower().replace(" ", "-")
    took = duration((end - start).total_seconds())
    style = f"left:{left:.2f}%;width:{width:.2f}%"
    return element("i", class_=f"phase {kind}", style=style, title=f"{name}: {took}")


def _path_text(run: Run, path: Sequence[str]) -> Html:
    if not path:
        return Html("")
    steps = {step.name: step for step in run.steps}
    outer = {step.for_each for step in run.steps}
    busy = sum(steps[n].seconds(run.until) or 0 for n in path if n not in outer)
    shown = [step_link(name) for name in path]
    if len(shown) > _NAMES_OF_PATH:
        half = _NAMES_OF_PATH // 2
        left_out = Html(f"… {len(shown) - 2 * half} more …")
        shown = [*shown[:half], left_out, *shown[-half:]]
    mark = element("span", "◆", class_="mark", aria_hidden="true")
    share = f"{duration(busy)} of {duration(run.seconds)}"
    return element("p", mark, f" Critical path, {share}: ", join(shown, " → "), class_="path")


def _legend(steps: Sequence[StepRun]) -> Html:
    names = list(dict.fromkeys(p.name for step in steps for p in step.phases))
    failed = {p.name for step in steps for p in step.phases if p.failed}
    entries = [
        element(
            "span",
            element(
                "i",
                class_=f"phase {'failed' if name in failed else name.lower().replace(' ', '-')}",
            ),
            name,
        )
        for name in names
    ]
    return element("p", *entries, class_="legend") if entries else Html("")
