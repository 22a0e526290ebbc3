"""What the local engine adds to the processes that it starts.

Overhead: steps that do nothing, one at a time, against as many of their processes without the
engine; and, without a target, against as many starts of a Python that does nothing.
Schedule: 200 steps that wait half a second, two at a time, against their processes without an
engine, half of them after each other. Memory: of the engine, from a tenth of the steps to the end.
Targets: at most 15 ms a step; at most 5 % over the ideal schedule; memory flat, within 2 MB.
"""

from __future__ import annotations

import functools
import shutil
import sys
from collections.abc import Callable

from benchmarks.jobs import job
from benchmarks.paired import cpu, interleave, wall
from benchmarks.process import Command, Usage
from benchmarks.projects import load, write_fan
from benchmarks.report import Result, Row, megabytes, milliseconds
from benchmarks.settings import PROGRAMS, ROOT, Settings

_MOST_OVERHEAD = 0.015
_MOST_OVER_IDEAL = 1.05
_MOST_GROWTH = 2_000_000
_NAP = 0.5
_WORKERS = 2


def measure(settings: Settings) -> Result:
    """Measure runs of the engine."""
    overhead, raw_overhead = _overhead(settings, 40)
    schedule, raw_schedule = _schedule(settings, 40 if settings.quick else 200)
    return Result([*overhead, *schedule], {"overhead": raw_overhead, "schedule": raw_schedule})


def _overhead(settings: Settings, steps: int) -> tuple[list[Row], object]:
    run = _engine(settings, "busy", steps, 0, workers=1)
    nap = load(settings.folder("busy"), "grid").nap
    others = {
        "its process": job(nap(1), settings.folder("busy-job"), settings.bare_python),
        "`python -c pass`": Command([settings.bare_python, "-c", "pass"]),
    }
    subjects = {
        name: functools.partial(_several, command, steps) for name, command in others.items()
    }
    rounds = interleave({"engine": run, **subjects}, _few(settings))
    rows = []
    for name in others:
        extra = rounds.difference("engine", name, wall) / steps
        judged = name == "its process"
        rows.append(
            Row(
                "local engine: a step that does nothing",
                milliseconds(rounds.median("engine", wall) / steps),
                f"{name} {milliseconds(rounds.median(name, wall) / steps)}",
                f"+ {milliseconds(extra)}",
                f"+ {milliseconds(rounds.difference('engine', name, cpu) / steps)}",
                f"≤ {milliseconds(_MOST_OVERHEAD)} more" if judged else "",
                extra <= _MOST_OVERHEAD if judged else None,
            )
        )
    return rows, rounds.raw()


def _schedule(settings: Settings, steps: int) -> tuple[list[Row], object]:
    run = _engine(settings, "fan", steps, _NAP, workers=_WORKERS)
    nap = load(settings.folder("fan"), "grid").nap
    single = job(nap(1), settings.folder("nap"), settings.bare_python)
    rounds = interleave(
        {"engine": run, "single": lambda: _several(single, 5)},
        1 if settings.quick else 3,
        warm_up=False,
    )
    ideal = rounds.median("single", wall) / 5 * steps / _WORKERS
    took = rounds.median("engine", wall)
    before, after = rounds.samples["engine"][-1].said["memory"]
    rows = [
        Row(
            f"local engine: {steps} steps of {_NAP} s, {_WORKERS} at a time",
            f"{took:.2f} s",
            f"ideal schedule {ideal:.2f} s",
            f"{took / ideal:.3f} x",
            target=f"≤ {_MOST_OVER_IDEAL} x",
            met=took / ideal <= _MOST_OVER_IDEAL,
        ),
        Row(
            "memory of the local engine at the end of it",
            megabytes(after),
            f"after a tenth of the steps {megabytes(before)}",
            target=f"≤ {megabytes(_MOST_GROWTH)} more",
            met=after - before <= _MOST_GROWTH,
        ),
    ]
    return rows, rounds.raw()


def _engine(
    settings: Settings, name: str, steps: int, seconds: float, *, workers: int
) -> Callable[[], Usage]:
    """Synthesize steps that wait, and return what runs them in the engine once."""
    folder = settings.folder(name)
    write_fan(folder, steps, seconds)
    environment = {"PYTHONPATH": str(ROOT)}
    assembly = str(folder / "out")
    Command(
        [sys.executable, str(PROGRAMS / "synth_here.py"), str(folder), assembly], environment
    ).run()
    program = str(PROGRAMS / "run_engine.py")
    arguments = [assembly, str(folder / "run"), str(workers), settings.bare_python]
    command = Command([sys.executable, program, *arguments], environment)

    def run() -> Usage:
        shutil.rmtree(folder / "run", ignore_errors=True)
        used = command.run()
        return Usage(used.said["seconds"], used.cpu, used.peak, used.said)

    return run


def _several(command: Command, count: int) -> Usage:
    """Run a command several times, one after the other, and return what they took together."""
    used = [command.run() for _ in range(count)]
    peak = max(usage.peak for usage in used)
    return Usage(sum(u.wall for u in used), sum(u.cpu for u in used), peak)


def _few(settings: Settings) -> int:
    return max(3, settings.repeats // 3)
