"""Data of a given size, and what it takes to do something with it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_COLUMNS = 16


def make(kind: str, size: int) -> Any:
    """Return an array of floats, or a frame with columns of them.

    Args:
        kind: array or frame.
        size: In bytes.
    """
    if kind == "array":
        return np.random.default_rng(0).random(size // 8)
    rows = size // 8 // _COLUMNS
    return pd.DataFrame(np.random.default_rng(0).random((rows, _COLUMNS)), copy=False)


def report(action: Callable[[], Any]) -> None:
    """Do something, and print seconds and the highest memory above that of the imports."""
    start = time.perf_counter()
    kept = action()
    seconds = time.perf_counter() - start
    del kept
    print(json.dumps({"seconds": seconds, "peak": _status("VmHWM") - _IMPORTED}))  # noqa: T201


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)


_IMPORTED = _status("VmRSS")
