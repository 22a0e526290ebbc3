"""Writes or reads data as the shim does: ``data_here.py array|frame write|read FOLDER BYTES``.

Prints seconds, and how far the memory rose above that of the imports, as JSON.
"""

from __future__ import annotations

import sys
from pathlib import Path

from measured import make, report

from constructs_lib.runtime.loading import find
from constructs_lib.runtime.serializers import read_part, write_part

if __name__ == "__main__":
    kind, action, folder, size = sys.argv[1:]
    if action == "write":
        value = make(kind, int(size))
        report(lambda: write_part(value, folder))
    else:
        report(lambda: read_part(folder, find, lambda: None))
    files = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    assert files > int(size) * 0.9
