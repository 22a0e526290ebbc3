"""When schedules fire."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from constructs_lib.sandbox.schedules.expressions import ScheduleExpressionError, next_time


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


START = at("2026-01-01T00:00")


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("rate(5 minutes)", "2025-12-31T23:00", "2026-01-01T00:00"),
        ("rate(5 minutes)", "2026-01-01T00:00", "2026-01-01T00:05"),
        ("rate(1 day)", "2026-01-03T12:00", "2026-01-04T00:00"),
        ("at(2026-02-01T02:00:00)", "2026-01-05T00:00", "2026-02-01T02:00"),
        ("cron(0 2 * * ? *)", "2026-01-05T02:00", "2026-01-06T02:00"),
        ("cron(0/15 8-9 ? * MON-FRI *)", "2026-01-02T09:45", "2026-01-05T08:00"),
        ("cron(30 10 L * ? *)", "2026-02-01T00:00", "2026-02-28T10:30"),
        ("cron(0 0 15W * ? *)", "2026-02-01T00:00", "2026-02-16T00:00"),
        ("cron(0 0 LW * ? *)", "2026-01-01T00:00", "2026-01-30T00:00"),
        ("cron(0 0 ? * 6#3 *)", "2026-01-01T00:00", "2026-01-16T00:00"),
        ("cron(0 0 ? * 6L *)", "2026-01-01T00:00", "2026-01-30T00:00"),
        ("cron(0 0 ? FEB FRI-SUN 2027)", "2026-01-01T00:00", "2027-02-05T00:00"),
    ],
)
def test_next_time(expression: str, after: str, expected: str) -> None:
    """Rates count from the start; cron fields mean what the service's guide says."""
    assert next_time(expression, at(after), start=START) == at(expected)


def test_past_is_never() -> None:
    """What lies before fires no more."""
    for expression in ("at(2026-02-01T02:00:00)", "cron(0 0 1 1 ? 2026)"):
        assert next_time(expression, at("2026-03-01T00:00"), start=START) is None
    before = at("2025-01-01T00:00")
    assert next_time("at(2025-02-01T02:00:00)", before, start=START) is None


def test_time_zone_and_daylight_saving() -> None:
    """Local times move with the zone; the hour that is left out in spring does not fire."""
    zone = "Europe/Berlin"
    daily = "cron(30 2 * * ? *)"
    assert next_time(daily, at("2026-01-05T00:00"), timezone=zone, start=START) == at(
        "2026-01-05T01:30"
    )
    assert next_time(daily, at("2026-03-28T12:00"), timezone=zone, start=START) == at(
        "2026-03-30T00:30"
    )
    left_out = "at(2026-03-29T02:30:00)"
    assert next_time(left_out, at("2026-03-28T12:00"), timezone=zone, start=START) is None


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "rate(0 minutes)",
        "cron(0 2 * * * *)",
        "cron(61 2 * * ? *)",
        "cron(0 2 ? * 2#6 *)",
        "cron(0 2 * *)",
        "at(noon)",
        "at(2026-13-01T00:00:00)",
        "rate(999999999999 days)",
    ],
)
def test_unreadable_expression_is_refused(expression: str) -> None:
    """The error shows the expression and what is allowed."""
    with pytest.raises(ScheduleExpressionError, match="allowed is"):
        next_time(expression, START, start=START)


@pytest.mark.parametrize("expression", ["rate(1 day)", "cron(0 2 * * ? *)"])
def test_unknown_time_zone_is_refused(expression: str) -> None:
    """Also where it has no effect."""
    with pytest.raises(ScheduleExpressionError, match="time zone 'Mars/Olympus' is unknown"):
        next_time(expression, START, timezone="Mars/Olympus", start=START)
