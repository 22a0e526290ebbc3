"""Time from the start of a container's process to the first line of the user's function.

A step of three arguments whose source is spread over five modules, and one that is pickled by
value. Against a Python that does nothing, the same interpreter; and against `invoke_function` of
the SageMaker SDK, with local files in place of S3. The SDK's own start of a shell, and of a Python
that prepares the environment, is left out.
Targets: at most 2 times the bare Python, 60 times faster than the SDK; 60 ms for the one by value.
"""

from __future__ import annotations

from benchmarks.jobs import job
from benchmarks.paired import cpu, interleave, wall
from benchmarks.process import Command
from benchmarks.projects import load, write_forest
from benchmarks.report import Result, Row, milliseconds, times
from benchmarks.settings import PEERS, Peer, Settings

_MOST_TIMES_BARE = 2.0
_LEAST_TIMES_FASTER = 60
_MOST_BY_VALUE = 0.060


def measure(settings: Settings) -> Result:
    """Measure starts of jobs."""
    folder = settings.folder("cold")
    write_forest(folder, "here")
    steps = load(folder, "forest.steps")
    python = settings.bare_python
    sliced = job(steps.train(3, 0.5, "a b"), folder / "sliced", python)
    by_value = job(steps.captured(3)(0.5, "a b", True), folder / "by-value", python)
    bare = Command([python, "-c", "pass"])
    own = interleave(
        {"bare": bare.run, "sliced": sliced.run, "by value": by_value.run}, settings.repeats
    )
    ratio = own.ratio("sliced", "bare", cpu)
    least = min(own.median("by value", wall), own.median("by value", cpu))
    rows = [
        Row(
            "start of a job, five modules and three arguments",
            milliseconds(own.median("sliced", wall)),
            f"`python -c pass` {milliseconds(own.median('bare', wall))}",
            times(own.ratio("sliced", "bare", wall)),
            times(ratio),
            f"≤ {times(_MOST_TIMES_BARE)}",
            min(ratio, own.ratio("sliced", "bare", wall)) <= _MOST_TIMES_BARE,
        ),
        Row(
            "start of a job, function pickled by value",
            milliseconds(own.median("by value", wall)),
            f"`python -c pass` {milliseconds(own.median('bare', wall))}",
            times(own.ratio("by value", "bare", wall)),
            times(own.ratio("by value", "bare", cpu)),
            f"≤ {milliseconds(_MOST_BY_VALUE)}",
            least <= _MOST_BY_VALUE,
        ),
    ]
    raw = {"own": own.raw()}
    for peer in settings.peers:
        theirs = interleave(
            {"here": sliced.run, "peer": _peer_job(settings, peer).run},
            max(3, settings.repeats // 3),
        )
        rows.append(
            Row(
                "start of a job, against the SDK",
                milliseconds(theirs.median("here", wall)),
                f"{peer.name} {milliseconds(theirs.median('peer', wall))}",
                f"{times(theirs.ratio('peer', 'here', wall))} faster",
                f"{times(theirs.ratio('peer', 'here', cpu))} faster",
                f"≥ {_LEAST_TIMES_FASTER} x faster",
                theirs.ratio("peer", "here", wall) >= _LEAST_TIMES_FASTER,
            )
        )
        raw[peer.name] = theirs.raw()
    return Result(rows, raw)


def _peer_job(settings: Settings, peer: Peer) -> Command:
    """Let the SDK define a pipeline of the step, and return how its job starts."""
    folder = settings.folder(f"cold-{peer.version}")
    write_forest(folder, peer.version)
    environment = peer.environment(folder)
    defined = Command(
        [peer.python, str(PEERS / "define.py"), peer.version, "forest", str(folder / "s3")],
        environment,
    ).run()
    started = defined.said
    return Command(
        [peer.python, str(PEERS / "invoke.py"), peer.version, str(folder / "s3"), *started["args"]],
        {**environment, **started["environment"]},
    )
