"""Logs, cut in the middle."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from constructs_lib.report.record import Log


def read_log(path: Path, longest: int) -> Log:
    """Return what a log file has, at most so many characters of it."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(longest // 4 if size > longest else longest)
            rest = size - len(head)
            file.seek(max(len(head), size - (longest - len(head))))
            tail = file.read(rest)
    except OSError:
        return Log(place=str(path))
    left_out = size - len(head) - len(tail)
    return Log(_decode(head), _decode(tail), max(0, left_out), str(path))


def cut_log(lines: Iterable[str], longest: int, place: str) -> Log:
    """Return the lines of a log, at most so many characters of them."""
    text = "\n".join(lines)
    if len(text) <= longest:
        return Log(text, place=place)
    begin, end = longest // 4, longest - longest // 4
    return Log(text[:begin], text[-end:], len(text) - longest, place)


def _decode(content: bytes) -> str:
    return content.decode(errors="replace")
