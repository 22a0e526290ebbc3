"""Runs a synthesized pipeline: ``run_engine.py ASSEMBLY FOLDER WORKERS PYTHON``, as JSON.

Prints the seconds that the run took, and the engine's memory in bytes after a tenth of the steps
and at the end.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from constructs_lib.local.assembly import Assembly
from constructs_lib.local.execution import SUCCEEDED, Execution
from constructs_lib.local.folders import FolderStore
from constructs_lib.local.machine import engine_for
from constructs_lib.local.steps import Options

_STATM = Path("/proc/self/statm")


class Watch:
    """Notes the engine's memory while steps end."""

    def __init__(self) -> None:
        self.memory: dict[int, int] = {}

    def __call__(self, execution: Execution) -> None:
        """Look at an execution that has changed."""
        ended = sum(record.status == SUCCEEDED for record in execution.steps)
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
        self.memory[ended] = pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    assembly = Assembly(Path(sys.argv[1]))
    watch = Watch()
    engine = engine_for(
        assembly.find(None),
        {},
        lambda _: folder,
        lambda root: FolderStore(root, assembly, {}),
        Options(python=sys.argv[4], parallel=int(sys.argv[3])),
        watch,
    )
    start = time.perf_counter()
    execution = engine.run()
    seconds = time.perf_counter() - start
    assert execution.status == SUCCEEDED, execution.reason
    steps = len(execution.steps)
    memory = [watch.memory[steps // 10], watch.memory[steps]]
    print(json.dumps({"seconds": seconds, "memory": memory}))  # noqa: T201
