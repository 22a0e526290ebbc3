"""Time to import what declares a step, and to declare one.

Against the imports that the SageMaker SDK's `@step` takes, each over a Python that does nothing.
Target: at most 40 ms over bare Python.
"""

from __future__ import annotations

from benchmarks.paired import cpu, interleave, wall
from benchmarks.process import Command
from benchmarks.report import Result, Row, milliseconds, times
from benchmarks.settings import ROOT, Settings

_MOST = 0.040
_STEP = "@step\ndef f(x: int) -> int:\n    return x\n"
_MODULES = {
    "v2": "sagemaker.workflow.function_step",
    "v3": "sagemaker.mlops.workflow.function_step",
}


def measure(settings: Settings) -> Result:
    """Measure imports."""
    here = settings.bare_python
    subjects = {
        "bare": Command([here, "-c", "pass"]).run,
        "here": Command(
            [here, "-c", f"from constructs_lib import step\n{_STEP}"], {"PYTHONPATH": str(ROOT)}
        ).run,
    }
    own = interleave(subjects, settings.repeats)
    least = min(own.difference("here", "bare", wall), own.difference("here", "bare", cpu))
    rows = [
        Row(
            "import of the package, and one `@step`",
            milliseconds(own.median("here", wall)),
            f"`python -c pass` {milliseconds(own.median('bare', wall))}",
            f"+ {milliseconds(own.difference('here', 'bare', wall))}",
            f"+ {milliseconds(own.difference('here', 'bare', cpu))}",
            f"≤ {milliseconds(_MOST)} more",
            least <= _MOST,
        )
    ]
    raw = {"authoring": own.raw()}
    for peer in settings.peers:
        code = f"from {_MODULES[peer.version]} import step\n{_STEP}"
        theirs = interleave(
            {
                "here": subjects["here"],
                "peer": Command([peer.python, "-c", code], peer.environment()).run,
            },
            max(3, settings.repeats // 3),
        )
        rows.append(
            Row(
                "the same",
                milliseconds(theirs.median("here", wall)),
                f"{peer.name} {milliseconds(theirs.median('peer', wall))}",
                f"{times(theirs.ratio('peer', 'here', wall))} faster",
                f"{times(theirs.ratio('peer', 'here', cpu))} faster",
            )
        )
        raw[f"authoring, {peer.name}"] = theirs.raw()
    return Result(rows, raw)
