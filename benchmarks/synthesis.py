"""Time and memory to synthesize pipelines of 1 to 1,000 steps, each a function of its own.

Whole processes, with the start of the CDK. Against the same templates by hand, with ``CfnPipeline``
and the same number of roles and assets; and against ``pipeline.definition()`` of the SageMaker SDK
with an S3 that takes no time, which makes no roles and no template. A definition may have 1 MiB
and a stack 500 resources, so pipelines have at most 200 steps: 1,000 steps are five of them.
Targets: at most 1.25 times the hand-made one at 50 steps; at most 3 ms a step more than that one;
linear.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.paired import Rounds, cpu, interleave, peak, wall
from benchmarks.process import Command, Usage
from benchmarks.projects import write_grid
from benchmarks.report import Result, Row, megabytes, milliseconds, times
from benchmarks.settings import PEERS, PROGRAMS, ROOT, Settings

SIZES = (1, 10, 50, 200, 1000)
_QUICK_SIZES = (1, 50)
_MOST_TIMES_FLOOR = 1.25
_MOST_A_STEP = 0.003
_MOST_GROWTH = 1.25


def measure(settings: Settings) -> Result:
    """Measure synthesis."""
    sizes = _QUICK_SIZES if settings.quick else SIZES
    found = {size: _measure(settings, size) for size in sizes}
    rows = []
    for size, rounds in found.items():
        rows += _rows(settings, size, rounds)
    return Result([*rows, *_marginal(found)], {str(n): r.raw() for n, r in found.items()})


def synthesize(settings: Settings, size: int) -> Usage:
    """Synthesize a grid of some size; what it says are the sizes of bundles and templates."""
    return _here(settings, size).run()


def _measure(settings: Settings, size: int) -> Rounds:
    here = _here(settings, size)
    here.run()  # the templates that are made by hand below
    folder = settings.folder(f"grid-{size}")
    floor = Command(
        [sys.executable, str(PROGRAMS / "synth_floor.py"), str(folder / "out"), str(folder / "by")]
    )
    subjects: dict[str, Callable[[], Usage]] = {"here": here.run, "floor": floor.run}
    for peer in settings.peers:
        project = settings.folder(f"grid-{size}-{peer.version}")
        write_grid(project, size, peer.version)
        command = [peer.python, str(PEERS / "define.py"), peer.version, "grid"]
        subjects[peer.name] = Command(command, peer.environment(project)).run
    return interleave(subjects, 1 if size > 200 else max(3, settings.repeats // 5), warm_up=False)


def _here(settings: Settings, size: int) -> Command:
    folder = settings.folder(f"grid-{size}")
    write_grid(folder, size, "here")
    program = str(PROGRAMS / "synth_here.py")
    environment = {"PYTHONPATH": str(ROOT)}
    return Command([sys.executable, program, str(folder), _output(folder)], environment)


def _output(folder: Path) -> str:
    return str(folder / "out")


def _rows(settings: Settings, size: int, rounds: Rounds) -> list[Row]:
    rows = []
    for other in ("floor", *(peer.name for peer in settings.peers)):
        against = "by hand" if other == "floor" else other
        judged = other == "floor" and size == 50
        rows.append(
            Row(
                f"synthesis of {size:,} step{'s' if size > 1 else ''}",
                _took(rounds, "here"),
                f"{against} {_took(rounds, other)}",
                times(rounds.ratio("here", other, wall)),
                times(rounds.ratio("here", other, cpu)),
                f"≤ {times(_MOST_TIMES_FLOOR)}" if judged else "",
                rounds.ratio("here", other, cpu) <= _MOST_TIMES_FLOOR if judged else None,
            )
        )
    return rows


def _took(rounds: Rounds, subject: str) -> str:
    size = megabytes(rounds.median(subject, peak))
    return f"{milliseconds(rounds.median(subject, wall))}, {size}"


def _marginal(found: dict[int, Rounds]) -> list[Row]:
    """Return what a step costs more than its resources, and whether that grows."""
    least, *_, most = found
    rows = []
    extra = {size: rounds.difference("here", "floor", cpu) for size, rounds in found.items()}
    step = (extra[most] - extra[least]) / (most - least)
    rows.append(
        Row(
            f"a step more, of {most:,}, beyond its CDK resources",
            milliseconds(step),
            cpu=milliseconds(step),
            target=f"≤ {milliseconds(_MOST_A_STEP)}",
            met=step <= _MOST_A_STEP,
        )
    )
    if most > 200:
        total = {size: rounds.median("here", cpu) for size, rounds in found.items()}
        small = (total[200] - total[least]) / (200 - least)
        large = (total[most] - total[200]) / (most - 200)
        rows.append(
            Row(
                f"a step of {most:,}, against a step of 200",
                milliseconds(large),
                milliseconds(small),
                cpu=times(large / small),
                target=f"linear: ≤ {times(_MOST_GROWTH)}",
                met=large / small <= _MOST_GROWTH,
            )
        )
    return rows
