"""Progress of a run: a live table on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TextIO

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
    Execution,
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


class Display:
    """Shows an execution while it runs; a context manager.

    Args:
        stream: Where to write.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False)
        self._execution: Execution | None = None
        self._live = Live(console=self._console, get_renderable=self._render)
        self._shown: dict[str, str] = {}

    def __enter__(self) -> Display:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def show(self, execution: Execution) -> None:
        """Show what has changed."""
        self._execution = execution
        if self._console.is_terminal:
            return  # drawn several times a second, so that the time of running steps goes on
        for record in execution.steps:
            if record.status != self._shown.get(record.name, WAITING):
                self._shown[record.name] = record.status
                time = "" if record.status == EXECUTING else _seconds(record)
                line = f"{record.name:<24} {record.status:<10} {time:>8}"
                self._console.print(
                    f"{line}  {_note(record)}".rstrip(), soft_wrap=True, markup=False
                )

    def _render(self) -> RenderableType:
        return "" if self._execution is None else _table(self._execution)

    def conclude(self, execution: Execution) -> None:
        """Show how it ended, and where everything is."""
        colour = _COLOURS[execution.status]
        self._console.print(Text(f"{execution.pipeline}: {execution.status}", style=colour))
        for record in execution.steps:
            if record.result is not None:
                self._console.print(
                    f"  {record.name}: {_short(json.dumps(record.result), 200)}",
                    soft_wrap=True,
                    markup=False,
                )
        folder = execution.folder
        if folder.is_relative_to(Path.cwd()):
            folder = folder.relative_to(Path.cwd())
        self._console.print(f"record, logs and outputs: {folder}", soft_wrap=True, markup=False)


def _table(execution: Execution) -> Table:
    table = Table(title=f"{execution.pipeline} {execution.execution_id}", title_justify="left")
    for name in ("step", "status", "time", "result"):
        table.add_column(name, justify="right" if name == "time" else "left")
    for record in execution.steps:
        table.add_row(
            record.name,
            Text(record.status, style=_COLOURS[record.status]),
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
    if record.reason:
        return _short(record.reason.splitlines()[0], _LONGEST_NOTE)
    if record.outcome is not None:
        return "if branch" if record.outcome else "else branch"
    return "" if record.result is None else _short(json.dumps(record.result), _LONGEST_NOTE)


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
