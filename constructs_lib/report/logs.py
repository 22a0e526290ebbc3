"""Logs, cut in the middle."""

from __future__ import annotations

from collections.abc import Sequence
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


def cut_log(head: Sequence[str], tail: Sequence[str], longest: int, place: str) -> Log:
    """Return the lines of a log, at most so many characters of them.

    Args:
        head: Its first lines.
        tail: Its last lines, if some in between are left out already; else none.
        longest: Characters.
        place: Where the whole is.
    """
    first, last = "\n".join(head), "\n".join(tail)
    begin, end = longest // 4, longest - longest // 4
    if tail:
        return Log(first[:begin], last[-end:], None, place)
    if len(first) <= longest:
        return Log(first, place=place)
    return Log(first[:begin], first[-end:], len(first) - longest, place)


def _decode(content: bytes) -> str:
    return content.decode(errors="replace")
