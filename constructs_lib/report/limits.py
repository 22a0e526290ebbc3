"""How much of an execution a page shows: less of each step, the more steps there are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What is shown of a step at most.

    Attributes:
        log: Characters of a log.
        text: Characters of a text file or of a result.
        rows: Of a table.
        columns: Of a table.
        files: Of an input or output.
    """

    log: int = 40_000
    text: int = 4_000
    rows: int = 8
    columns: int = 12
    files: int = 20


def limits_for(steps: int) -> Limits:
    """Return what keeps the page of an execution with so many steps readable."""
    if steps <= 60:
        return Limits()
    return Limits(log=max(1_500, 2_400_000 // (2 * steps)), text=600, rows=4, columns=6, files=6)


class ImageBudget:
    """Bytes of images that a page still has room for."""

    def __init__(self, left: int = 3_000_000) -> None:
        self._left = left

    def takes(self, size: int) -> bool:
        """Tell whether there is room for an image, and take it."""
        if size > self._left:
            return False
        self._left -= size
        return True
