"""A report as tables of text, which every format shows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from constructs_lib.checks.report import Report

#: Title of the table that has them.
FINDINGS = "Findings"


@dataclass(frozen=True)
class Table:
    """Rows of text.

    Attributes:
        title: What it is about.
        columns: Their names.
        rows: One text a column.
        numbers: Names of the columns that are numbers.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[str, ...] = ()


def tables(report: Report) -> Iterator[Table]:
    """Yield the tables of a report that have rows."""
    found = (_limits(report), _quotas(report), _costs(report), _findings(report))
    yield from (table for table in found if table.rows)


def summary(report: Report) -> str:
    """Return the last line: how many findings there are."""
    counts = [
        f"{count} {level}" + ("" if count == 1 else "s")
        for level in ("error", "warning", "note")
        if (count := report.count(level))
    ]
    return f"{report.pipeline}: {', '.join(counts) or 'nothing to mend'}"


def _limits(report: Report) -> Table:
    rows = (
        (one.name, f"{one.used:,}", f"{one.allowed:,}", one.step or "") for one in report.limits
    )
    columns = ("limit", "used", "allowed", "by step")
    return Table("Limits of the service", columns, tuple(rows), ("used", "allowed"))


def _quotas(report: Report) -> Table:
    rows = (
        (one.name, "?" if one.instances is None else f"{one.instances:,}", ", ".join(one.steps))
        for one in report.quotas
    )
    columns = ("quota", "at least", "for steps")
    return Table("Quotas that one execution needs", columns, tuple(rows), ("at least",))


def _costs(report: Report) -> Table:
    cost = report.cost
    rows = [
        (
            one.step,
            one.instances,
            "unbounded" if one.hours is None else f"{one.hours:,.2f}",
            dollars(one.dollars),
            one.because,
        )
        for one in cost.steps
    ]
    if rows and cost.dollars is not None:
        without = f"without {', '.join(cost.unknown)}" if cost.unknown else ""
        rows.append(("total", "", "", dollars(cost.dollars), without))
    columns = ("step", "instances", "hours", "USD", "made up of")
    return Table("At most, one execution costs", columns, tuple(rows), ("hours", "USD"))


def _findings(report: Report) -> Table:
    rows = ((one.level, one.text, one.mend) for one in report.findings)
    return Table(FINDINGS, ("level", "what", "what to do"), tuple(rows))


def dollars(amount: float | None) -> str:
    """Return an amount as text, rounded up as it is a bound; empty if there is none."""
    return "" if amount is None else f"{math.ceil(round(amount * 100, 6)) / 100:,.2f}"
