"""Writes a file in chunks, or reads it into memory: ``data_file.py write|read PATH BYTES``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

_CHUNK = 1 << 20

if __name__ == "__main__":
    action, path, size = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    chunk = bytes(_CHUNK)
    start = time.perf_counter()
    if action == "write":
        with path.open("wb", buffering=0) as file:
            for _ in range(size // _CHUNK):
                file.write(chunk)
    else:
        path.read_bytes()
    print(json.dumps({"seconds": time.perf_counter() - start}))  # noqa: T201
