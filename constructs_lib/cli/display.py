"""Progress of an execution: a live table on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Protocol, TextIO

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from constructs_lib.local.execution import (
    EXECUTING,
    FAILED,
    NOT_RUN,
    STOPPED,
    SUCCEEDED,
    WAITING,
    StepRecord,
    now,
)

_COLOURS = {
    EXECUTING: "cyan",
    SUCCEEDED: "green",
    FAILED: "red",
    STOPPED: "yellow",
    NOT_RUN: "dim",
    WAITING: "dim",
}
_LONGEST_NOTE = 80


class Shown(Protocol):
    """What is shown of an execution, on this machine or in an account."""

    @property
    def pipeline(self) -> str:
        """The pipeline's name."""

    @property
    def execution_id(self) -> str:
        """ID of the execution."""

    @property
    def status(self) -> str:
        """Executing, Stopping, Succeeded, Failed or Stopped."""

    @property
    def steps(self) -> list[StepRecord]:
        """In the definition's order."""


class Display:
    """Shows an execution while it runs; a context manager.

    Args:
        stream: Where to write.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False)
        self._execution: Shown | None = None
        self._live = Live(console=self._console, get_renderable=self._render)
        self._shown: dict[str, tuple[str, int]] = {}

    def __enter__(self) -> Display:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def show(self, execution: Shown) -> None:
        """Show what has changed."""
        self._execution = execution
        if self._console.is_terminal:
            return  # drawn several times a second, so that the time of running steps goes on
        for record in execution.steps:
            state = (record.status, record.attempts)
            if state != self._shown.get(record.name, (WAITING, 0)):
                self._shown[record.name] = state
                time = "" if record.status == EXECUTING else _seconds(record)
                line = f"{record.name:<24} {record.status:<10} {time:>8}"
                self.tell(f"{line}  {_note(record)}".rstrip())

    def _render(self) -> RenderableType:
        return "" if self._execution is None else _table(self._execution)

    def conclude(self, execution: Shown) -> None:
        """Show how it ended, and the results."""
        self._console.print(
            Text(f"{execution.pipeline}: {execution.status}", style=_colour(execution.status))
        )
        for record in execution.steps:
            if record.result is not None and record.for_each is None:
                self.tell(f"  {record.name}: {_short(json.dumps(record.result), 200)}")

    def table(self, execution: Shown) -> None:
        """Show how it stands."""
        self._console.print(_table(execution))

    def tell(self, text: str) -> None:
        """Write a line as it is."""
        self._console.print(text, soft_wrap=True, markup=False)


def _table(execution: Shown) -> Table:
    title = f"{execution.pipeline} {execution.execution_id}: {execution.status}"
    table = Table(title=title, title_justify="left")
    for name in ("step", "status", "time", "result"):
        table.add_column(name, justify="right" if name == "time" else "left")
    for record in execution.steps:
        table.add_row(
            record.name,
            Text(record.status, style=_colour(record.status)),
            _seconds(record),
            Text(_note(record)),
        )
    return table


def _seconds(record: StepRecord) -> str:
    seconds = record.seconds
    if record.status == EXECUTING and record.start_time is not None:
        seconds = (now() - datetime.fromisoformat(record.start_time)).total_seconds()
    return f"{seconds:.1f} s" if seconds is not None else ""


def _note(record: StepRecord) -> str:
    if record.status == EXECUTING and record.attempts:
        return _short(f"attempt {record.attempts + 1}, after: {record.reason}".splitlines()[0])
    if record.reason:
        return _short(record.reason.splitlines()[0])
    if record.outcome is not None:
        return "if branch" if record.outcome else "else branch"
    if record.is_stub:
        return "not run: stub"
    if record.cached_from is not None:
        return "cache hit"
    if record.reused_from is not None:
        return "not selected: output used again"
    return "" if record.result is None else _short(json.dumps(record.result))


def _colour(status: str) -> str:
    return _COLOURS.get(status, _COLOURS[EXECUTING])  # Starting, Stopping


def _short(text: str, length: int = _LONGEST_NOTE) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
