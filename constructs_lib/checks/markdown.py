"""A report as Markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from constructs_lib.checks.report import Report
from constructs_lib.checks.tables import summary, tables


def as_markdown(reports: Sequence[Report]) -> str:
    """Return reports as Markdown, a section for each pipeline."""
    return "\n".join(line for report in reports for line in _lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"### {_escaped(summary(report))}"
    for table in tables(report):
        yield from ("", f"**{table.title}**", "", _row(table.columns))
        yield _row("---:" if name in table.numbers else "---" for name in table.columns)
        yield from (_row(map(_escaped, row)) for row in table.rows)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    for character in "\\<|_*`":
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", " ")
