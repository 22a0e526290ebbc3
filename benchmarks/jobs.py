"""A step's bundle laid out as a training job finds it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.process import Command
from constructs_lib import DelayedReturn, get_step
from constructs_lib.model.placement import place
from constructs_lib.model.steps import FunctionStep
from constructs_lib.packaging.bundle import Bundle, build_bundle
from constructs_lib.runtime.bootstrap import START_CODE


def bundle_of(result: DelayedReturn) -> Bundle:
    """Return the bundle of a step."""
    step = _function_step(result)
    return build_bundle(step, "train", place(step))


def job(result: DelayedReturn, base: Path, python: str) -> Command:
    """Lay out ``/opt/ml`` for a step and return the command that runs it.

    Args:
        result: What the call of the step gave; its arguments are literals.
        base: The folder that stands for ``/opt/ml``.
        python: Interpreter of the image.
    """
    bundle = bundle_of(result)
    code, config = base / "input" / "data" / "code", base / "input" / "config"
    for folder in (code, config):
        folder.mkdir(parents=True, exist_ok=True)
    (code / f"{bundle.sha256}.zip").write_bytes(bundle.data)
    values: dict[str, Any] = place(_function_step(result)).hyperparameters
    (config / "hyperparameters.json").write_text(json.dumps(values), encoding="utf-8")
    return Command(
        [python, "-c", START_CODE, bundle.sha256, "train"],
        {"SAGEMAKER_BASE_DIR": str(base)},
        base,
    )


def _function_step(result: DelayedReturn) -> FunctionStep:
    step = get_step(result)
    assert isinstance(step, FunctionStep)
    return step
