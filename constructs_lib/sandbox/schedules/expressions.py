"""When an EventBridge schedule fires.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from datetime import timezone as fixed
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from constructs_lib.exceptions import ConstructsLibError

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_LAST_YEAR = 2199


class ScheduleExpressionError(ConstructsLibError):
    """A schedule's expression cannot be read."""


def next_time(
    expression: str, after: datetime, *, timezone: str = "UTC", start: datetime
) -> datetime | None:
    """Return the first time later than ``after`` at which a schedule fires, in UTC, or None.

    A local time that daylight saving leaves out does not fire; one that comes twice fires once.

    Args:
        expression: ``rate(…)``, ``cron(…)`` or ``at(…)``.
        after: Aware.
        timezone: IANA name, for ``cron`` and ``at``.
        start: A rate fires then first; nothing fires before. Aware.

    Raises:
        ScheduleExpressionError: It cannot be read.
    """
    zone = _zone(timezone)
    if match := _RATE.fullmatch(expression):
        try:
            period = timedelta(**{f"{match[2]}s": int(match[1])})
            if not period:
                raise _unreadable(expression, "a rate of at least 1")
            return start if after < start else start + ((after - start) // period + 1) * period
        except OverflowError:
            raise _unreadable(expression, "a rate that a calendar can hold") from None
    if match := _AT.fullmatch(expression):
        try:
            local = datetime.fromisoformat(match[1])
        except ValueError as error:
            raise _unreadable(expression, f"a time that exists: {error}") from None
        at = _in_zone(local, zone)
        return at if at is not None and at > after and at >= start else None
    if match := _CRON.fullmatch(expression):
        return _next_cron(
            expression, match.groups(), max(after, start - timedelta.resolution), zone
        )
    raise _unreadable(
        expression,
        "rate(5 minutes), cron(0 2 * * ? *) or at(2030-01-31T02:00:00)",
    )


def _next_cron(
    expression: str, fields: tuple[str, ...], after: datetime, zone: tzinfo
) -> datetime | None:
    minutes, hours, days, months, weekdays, years = fields
    try:
        allowed_minutes, allowed_hours = _values(minutes, 0, 59), _values(hours, 0, 23)
        allowed_months = _values(months, 1, 12, _MONTHS)
        allowed_years = _values(years, 1970, _LAST_YEAR)
    except ValueError as error:
        raise _unreadable(expression, str(error)) from None
    if (days == "?") == (weekdays == "?"):
        raise _unreadable(expression, "? in one of day-of-month and day-of-week")
    local = after.astimezone(zone)
    for year in sorted(y for y in allowed_years if y >= local.year):
        for month in sorted(allowed_months):
            if (year, month) < (local.year, local.month):
                continue
            try:
                matching = sorted(_days(days, weekdays, year, month))
            except (ValueError, IndexError):
                raise _unreadable(expression, "days such as 1, MON-FRI, L, 15W, 6#3") from None
            for day in matching:
                for found in _times(date(year, month, day), allowed_hours, allowed_minutes, zone):
                    if found > after:
                        return found
    return None


def _times(day: date, hours: set[int], minutes: set[int], zone: tzinfo) -> Iterator[datetime]:
    for hour in sorted(hours):
        for minute in sorted(minutes):
            found = _in_zone(datetime.combine(day, time(hour, minute)), zone)
            if found is not None:
                yield found


def _in_zone(local: datetime, zone: tzinfo) -> datetime | None:
    """Return a local time in UTC, or None if daylight saving leaves it out."""
    found = local.replace(tzinfo=zone).astimezone(fixed.utc)
    return found if found.astimezone(zone).replace(tzinfo=None) == local else None


def _days(days: str, weekdays: str, year: int, month: int) -> set[int]:
    first, length = calendar.monthrange(year, month)
    # Python counts from Monday as 0, the expression from Sunday as 1.
    of_day = {day: (first + day) % 7 + 1 for day in range(1, length + 1)}
    if weekdays == "?":
        if days == "L":
            return {length}
        if days == "LW":
            return {max(day for day, weekday in of_day.items() if weekday not in {1, 7})}
        if days.endswith("W"):
            wanted = int(days[:-1])
            workdays = [d for d, weekday in of_day.items() if weekday not in {1, 7}]
            return {min(workdays, key=lambda d: abs(d - wanted))} if wanted <= length else set()
        return _values(days, 1, 31) & of_day.keys()
    if "#" in weekdays:
        name, number = weekdays.split("#")
        (weekday,), (_,) = _values(name, 1, 7, _DAYS), _values(number, 1, 5)
        matching = [d for d, found in of_day.items() if found == weekday]
        return set(matching[int(number) - 1 : int(number)])
    if weekdays.endswith("L") and weekdays != "L":
        (weekday,) = _values(weekdays[:-1], 1, 7, _DAYS)
        return {max(d for d, found in of_day.items() if found == weekday)}
    allowed = {7} if weekdays == "L" else _values(weekdays, 1, 7, _DAYS)
    return {d for d, found in of_day.items() if found in allowed}


def _values(field: str, low: int, high: int, names: list[str] | None = None) -> set[int]:
    """Return the numbers that a field allows: lists, ranges, steps and names."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            begin, end = low, high
        elif "-" in span:
            begin, end = (_number(text, low, names) for text in span.split("-"))
        else:
            begin = _number(span, low, names)
            end = high if step else begin
        if not low <= begin <= high or not low <= end <= high or (step and int(step) < 1):
            raise ValueError(f"numbers from {low} to {high}, not {part!r}")
        wrapped = end if begin <= end else end + high - low + 1
        found |= {
            (value - low) % (high - low + 1) + low
            for value in range(begin, wrapped + 1, int(step or 1))
        }
    return found


def _number(text: str, low: int, names: list[str] | None) -> int:
    if names is not None and text.upper() in names:
        return names.index(text.upper()) + low
    if not text.isdigit():
        raise ValueError(f"a number, not {text!r}")
    return int(text)


def _zone(name: str) -> tzinfo:
    if name in {"UTC", "Etc/UTC"}:
        return fixed.utc  # also where no time zones are installed
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ScheduleExpressionError(
            f"time zone {name!r} is unknown: give an IANA name"
        ) from error


def _unreadable(expression: str, allowed: str) -> ScheduleExpressionError:
    return ScheduleExpressionError(
        f"the schedule {expression!r} cannot be read; allowed is {allowed}"
    )
