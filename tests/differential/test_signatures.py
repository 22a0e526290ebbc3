"""What is given without a name means here what it means in the SageMaker SDK."""

from __future__ import annotations

import enum
import inspect
import json
import os
import subprocess
from typing import Any

import constructs_lib
from tests.differential.test_differences import HERE, PEERS, peer

__all__ = ["peer"]  # a fixture

PACKAGES = {
    "2.x": ["sagemaker.workflow", "sagemaker"],
    "3.x": ["sagemaker.mlops.workflow", "sagemaker.core.workflow", "sagemaker.core"],
}
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
# Classic steps are given by their request; in the SDK it is made by an object's method.
SAME = {"arguments": "step_args"}
# Where the other version takes more (EMRStep), or a parameter's kind comes between (Boolean).
LONGER = {"EMRStep", "ParameterBoolean"}


def theirs(peer: str) -> dict[str, list[str]]:
    """Return the positional arguments of the SDK's classes."""
    result = subprocess.run(
        [os.environ[PEERS[peer][1]], "-m", "adapters.signatures", *PACKAGES[peer]],
        cwd=HERE,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return dict(json.loads(result.stdout))


def ours(name: str) -> list[str]:
    """Return the positional arguments of a class or function."""
    value: Any = getattr(constructs_lib, name)
    parameters = inspect.signature(value).parameters.values()
    return [one.name for one in parameters if one.kind in POSITIONAL]


def test_arguments_without_a_name_have_the_sdks_order(peer: str) -> None:
    """What only this library has is given by name."""
    found = theirs(peer)
    compared = {
        name: (ours(name), positional)
        for name, positional in found.items()
        # Members of an enumeration are looked up, and a step function is the first of `step`.
        if name != "step" and not _is_enum(name)
    }
    assert len(compared) >= 35
    different = {
        name: (here, there)
        for name, (here, there) in compared.items()
        if [SAME.get(one, one) for one in here][: len(there)] != there[: len(here)]
        or (len(here) > len(there) and name not in LONGER)
    }
    assert different == {}


def _is_enum(name: str) -> bool:
    value = getattr(constructs_lib, name)
    return isinstance(value, type) and issubclass(value, enum.Enum)
