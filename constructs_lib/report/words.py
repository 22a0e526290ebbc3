"""Durations, sizes, sums and states in words."""

from __future__ import annotations

import math
from datetime import datetime, timezone

from constructs_lib.local.execution import FAILED, NOT_RUN, STOPPED, SUCCEEDED, WAITING
from constructs_lib.report.markup import Html, element
from constructs_lib.report.record import CACHED

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
# State to the class of its colour and to a sign, since colour alone says nothing to some.
_STATES = {
    SUCCEEDED: ("succeeded", "✓"),
    FAILED: ("failed", "✕"),
    "CompletedWithFailures": ("failed", "✕"),
    STOPPED: ("stopped", "■"),
    CACHED: ("cached", "↺"),
    NOT_RUN: ("not-run", "○"),
    WAITING: ("waiting", "…"),
}
_WORDS = {NOT_RUN: "Not run", "CompletedWithFailures": "Completed with failures"}


def state_class(state: str) -> str:
    """Return succeeded, failed, executing, stopped, cached, not-run or waiting."""
    return _STATES.get(state, ("executing", ""))[0]


def badge(state: str) -> Html:
    """Return a state with its sign and colour."""
    kind, sign = _STATES.get(state, ("executing", "▶"))
    shown = element("span", sign, class_="sign", aria_hidden="true")
    return element("span", shown, _WORDS.get(state, state), class_=f"badge {kind}")


def duration(seconds: float | None) -> str:
    """Return such as ``40 ms``, ``2 min 05 s`` or ``1 h 03 min``; nothing for None."""
    if seconds is None:
        return ""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.0005 else "0 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def difference(seconds: float) -> str:
    """Return a duration with its sign."""
    return f"{'-' if seconds < 0 else '+'}{duration(abs(seconds))}"


def several(count: int, what: str) -> str:
    """Return such as ``1 step`` or ``1,200 steps``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def size(count: int) -> str:
    """Return such as ``812 B`` or ``1.4 MB``."""
    number, unit = float(count), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    return f"{count} B" if unit == "B" else f"{number:.1f} {unit}"


def dollars(amount: float | None) -> str:
    """Return such as ``$1.20`` or ``$0.0003``; nothing for None."""
    if amount is None:
        return ""
    if amount >= 0.1 or amount == 0:
        return f"${amount:,.2f}"
    digits = 1 - math.floor(math.log10(amount))  # two that say something
    return f"${amount:.{digits}f}"


def number(value: float) -> str:
    """Return a metric."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def moment(time: datetime) -> str:
    """Return date and time, in UTC so that everybody reads the same."""
    return time.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def anchor(step: str) -> str:
    """Return the id of a step's details."""
    return f"step-{step}"


def step_link(step: str) -> Html:
    """Return a link to a step's details."""
    return element("a", step, href=f"#{anchor(step)}")
