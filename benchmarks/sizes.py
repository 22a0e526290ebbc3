"""What has to be stored, sent and installed, in bytes and objects.

A grid of 50 steps, each a function of its own: its objects in S3, its definition; and what has to
be installed on the machine that defines it, and in the image that runs it. Against the SageMaker
SDK. There are no targets.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.process import Command
from benchmarks.projects import write_grid
from benchmarks.report import Result, Row, megabytes
from benchmarks.settings import PEERS, PROGRAMS, ROOT, Peer, Settings
from benchmarks.synthesis import synthesize

_STEPS = 50
_DISTRIBUTION = {"here": "constructs-lib", "v2": "sagemaker", "v3": "sagemaker"}


def measure(settings: Settings) -> Result:
    """Measure sizes."""
    here = _here(settings)
    rows = [_row(what, here[what], "") for what in here]
    raw: dict[str, Any] = {"here": here}
    for peer in settings.peers:
        theirs = raw[peer.name] = _peer(settings, peer)
        rows += [_row(what, here[what], peer.name, theirs[what]) for what in here]
    order = list(here)
    rows = [row for row in rows if row.against] or rows
    return Result(sorted(rows, key=lambda row: order.index(row.measured)), raw)


def _row(what: str, here: float, name: str, theirs: float = 0) -> Row:
    return Row(what, _text(what, here), f"{name} {_text(what, theirs)}" if name else "")


def _text(what: str, value: float) -> str:
    if what.startswith("installed"):
        return megabytes(value)
    return f"{value:,.0f} bytes" if what.startswith("bytes") else f"{value:.1f}"


def _here(settings: Settings) -> dict[str, float]:
    made = synthesize(settings, _STEPS).said
    template = next(settings.folder(f"grid-{_STEPS}").glob("out/*.template.json"))
    sizes = _installed(sys.executable, "here")
    sizes["constructs-lib"] = sum(  # an editable installation has no files of its own
        path.stat().st_size for path in (ROOT / "constructs_lib").rglob("*.*") if _is_shipped(path)
    )
    return {
        "S3 objects a step": len(made["bundles"]) / _STEPS,
        "bytes in S3 a step": sum(made["bundles"]) / _STEPS,
        "bytes of definition a step": _definition_size(template) / _STEPS,
        "installed to define a pipeline": sum(sizes.values()),
        "installed in the image": 0,
    }


def _peer(settings: Settings, peer: Peer) -> dict[str, float]:
    folder = settings.folder(f"grid-{_STEPS}-{peer.version}")
    write_grid(folder, _STEPS, peer.version)
    command = [peer.python, str(PEERS / "define.py"), peer.version, "grid"]
    made = Command(command, peer.environment(folder)).run().said
    installed = sum(_installed(peer.python, peer.version).values())
    return {
        "S3 objects a step": len(made["objects"]) / _STEPS,
        "bytes in S3 a step": sum(made["objects"].values()) / _STEPS,
        "bytes of definition a step": made["definition"] / _STEPS,
        "installed to define a pipeline": installed,
        "installed in the image": installed,
    }


def _installed(python: str, version: str) -> dict[str, int]:
    program = str(PROGRAMS / "installed_size.py")
    sizes: dict[str, int] = Command([python, program, _DISTRIBUTION[version]]).run().said
    return sizes


def _is_shipped(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def _definition_size(template: Path) -> int:
    resources = json.loads(template.read_text(encoding="utf-8"))["Resources"].values()
    body = next(r for r in resources if r["Type"] == "AWS::SageMaker::Pipeline")["Properties"]
    *lines, _ = body["PipelineDefinition"]["PipelineDefinitionBody"]["Fn::Join"][1]
    return 1 + sum(len(line) if isinstance(line, str) else len(json.dumps(line)) for line in lines)
