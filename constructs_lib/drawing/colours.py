"""The style of drawings, light and dark."""

from __future__ import annotations

import functools
from pathlib import Path

_ASSETS = Path(__file__).parent / "assets"


def colours() -> str:
    """Return the custom properties, such as ``--ink`` and ``--good``, on ``:root``."""
    return asset("colours.css")


def css() -> str:
    """Return what a page needs to hold drawings: the colours, and rules for ``.pipeline-graph``."""
    return colours() + asset("drawing.css")


@functools.cache
def asset(name: str) -> str:
    """Return a file of the package."""
    return (_ASSETS / name).read_text(encoding="utf-8")
