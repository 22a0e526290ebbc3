"""Results as one Markdown table and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_HEADINGS = ("measured", "here", "against", "wall", "CPU", "target", "met")


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        measured: What.
        here: What this library takes.
        against: Who else, and what that takes.
        wall: Ratio or difference of the times that passed.
        cpu: Of processor times.
        target: What was aimed at, if anything was.
        met: Whether it was reached; None without a target.
    """

    measured: str
    here: str
    against: str = ""
    wall: str = ""
    cpu: str = ""
    target: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Result:
    """What a benchmark found.

    Attributes:
        rows: Lines of the table.
        raw: Everything that was measured, as JSON data.
    """

    rows: Sequence[Row]
    raw: Mapping[str, Any] = field(default_factory=dict)


def markdown(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    met = {None: "", True: "yes", False: "**no**"}
    cells = [(r.measured, r.here, r.against, r.wall, r.cpu, r.target, met[r.met]) for r in rows]
    lines = [_HEADINGS, ("---",) * len(_HEADINGS), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def milliseconds(seconds: float) -> str:
    """Return a time as text."""
    digits = 1 if abs(seconds) < 0.1 else 0
    return f"{seconds * 1000:,.{digits}f} ms"


def times(ratio: float) -> str:
    """Return a ratio as text."""
    return f"{ratio:,.0f} x" if ratio >= 20 else f"{ratio:.2f} x"


def megabytes(size: float) -> str:
    """Return a number of bytes as text, in MB of 1,000,000."""
    return f"{size / 1e6:,.0f} MB"
