"""A large array and a large frame as results: written, and read by another step.

Against the machine's own sequential writing of a file, into the page cache, and reading of it into
fresh memory; and against the SageMaker SDK's pickles with a folder for S3.
Targets: at least 80 % of the file's speed; memory at most 1.15 times the data.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.paired import Rounds, interleave, wall
from benchmarks.process import Command, Usage
from benchmarks.report import Result, Row, times
from benchmarks.settings import PEERS, PROGRAMS, ROOT, Peer, Settings

_LEAST_SPEED = 0.8
_MOST_MEMORY = 1.15


def measure(settings: Settings) -> Result:
    """Measure writing and reading."""
    size = int(settings.gigabytes * 1e9)
    rows, raw = [], {}
    for kind in ("array", "frame"):
        for action in ("write", "read"):  # what was written last is read
            rounds = _measure(settings, kind, action, size)
            raw[f"{kind}, {action}"] = rounds.raw()
            rows += _rows(settings, kind, action, size, rounds)
    return Result(rows, raw)


def _measure(settings: Settings, kind: str, action: str, size: int) -> Rounds:
    folder = settings.folder("data")
    program = [sys.executable, str(PROGRAMS / "data_here.py")]
    here = [*program, kind, action, str(folder / kind), str(size)]
    file = [sys.executable, str(PROGRAMS / "data_file.py"), action, str(folder / "file"), str(size)]
    subjects = {
        "here": _timed(Command(here, {"PYTHONPATH": str(ROOT)})),
        "file": _timed(Command(file)),
    }
    for peer in settings.peers:
        subjects[peer.name] = _timed(_peer(peer, kind, action, folder, size))
    return interleave(subjects, max(3, settings.repeats // 5))


def _peer(peer: Peer, kind: str, action: str, folder: Path, size: int) -> Command:
    place = str(folder / f"{kind}-{peer.version}")
    arguments = [peer.version, kind, action, place, str(size)]
    environment = peer.environment(PROGRAMS)
    return Command([peer.python, str(PEERS / "data.py"), *arguments], environment)


def _timed(command: Command) -> Callable[[], Usage]:
    """Take the seconds and the memory of what is measured, without the start of its process."""

    def run() -> Usage:
        used = command.run()
        return Usage(used.said["seconds"], used.cpu, used.said.get("peak", 0), used.said)

    return run


def _rows(settings: Settings, kind: str, action: str, size: int, rounds: Rounds) -> list[Row]:
    def speed(subject: str) -> str:
        gigabytes = size / rounds.median(subject, wall) / 1e9
        memory = rounds.median(subject, lambda usage: usage.peak) / size
        return f"{gigabytes:.2f} GB/s" + (f", memory {memory:.2f} x" if memory else "")

    share = rounds.ratio("file", "here", wall)
    memory = rounds.median("here", lambda usage: usage.peak) / size
    name = f"{action} {'an array' if kind == 'array' else 'a frame'} of {size / 1e9:g} GB"
    target = f"≥ {_LEAST_SPEED:.0%}, memory ≤ {_MOST_MEMORY} x"
    met = share >= _LEAST_SPEED and memory <= _MOST_MEMORY
    rows = [Row(name, speed("here"), f"a file {speed('file')}", f"{share:.0%}", "", target, met)]
    for peer in settings.peers:
        faster = f"{times(rounds.ratio(peer.name, 'here', wall))} faster"
        rows.append(Row(name, speed("here"), f"{peer.name} {speed(peer.name)}", faster))
    return rows
