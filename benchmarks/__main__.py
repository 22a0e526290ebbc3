"""Runs the benchmarks and prints one table: ``python -m benchmarks [--quick] [topic ...]``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.report import Row, markdown
from benchmarks.settings import Settings

_TOPICS = ("authoring", "synthesis", "cold_start", "data", "local_engine", "sizes")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="topic", help=f"of {', '.join(_TOPICS)}")
    parser.add_argument("--repeats", type=int, help="rounds of each paired measurement")
    parser.add_argument("--quick", action="store_true", help="few rounds, no large sizes")
    parser.add_argument("--json", type=Path, help="file for every single measurement")
    given = parser.parse_args()
    unknown = set(given.topics) - set(_TOPICS)
    if unknown:
        parser.error(f"no such topic: {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    raw: dict[str, Any] = {"python": platform.python_version(), "processors": os.cpu_count()}
    with tempfile.TemporaryDirectory() as work:
        settings = Settings(
            Path(work),
            repeats=given.repeats or (5 if given.quick else 15),
            quick=given.quick,
            gigabytes=0.1 if given.quick else 1.0,
        )
        for topic in given.topics or _TOPICS:
            start = time.perf_counter()
            result = import_module(f"benchmarks.{topic}").measure(settings)
            rows += result.rows
            raw[topic] = result.raw
            print(f"{topic}: {time.perf_counter() - start:.0f} s", flush=True)  # noqa: T201
    if given.json is not None:
        given.json.write_text(json.dumps(raw, indent=1), encoding="utf-8")
    print(f"\n{markdown(rows)}")  # noqa: T201 - the table is what the command is for


if __name__ == "__main__":
    main()
