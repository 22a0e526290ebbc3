"""torchrun and mpirun themselves, where they are installed: two processes on this machine.

``TORCH_PYTHON`` names an interpreter that has torch, if this one has not; ``mpirun`` is Debian's
``openmpi-bin``.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.functional.runtime.bundles import make_bundle, run_bundle
from tests.functional.runtime.test_launch import launcher

TORCH_PYTHON = os.environ.get("TORCH_PYTHON") or (
    sys.executable if importlib.util.find_spec("torch") else None
)
needs_torch = pytest.mark.skipif(TORCH_PYTHON is None, reason="there is no torch")
needs_mpirun = pytest.mark.skipif(shutil.which("mpirun") is None, reason="there is no mpirun")

REDUCES = """
import os
import torch
import torch.distributed as dist

def f(start):
    dist.init_process_group("gloo")
    value = torch.tensor([start + dist.get_rank() + 1.0])
    dist.all_reduce(value)
    result = {"sum": value.item(), "rank": dist.get_rank(), "size": dist.get_world_size()}
    dist.destroy_process_group()
    return result
"""
FAILS = REDUCES.replace(
    "    dist.all_reduce", "    assert dist.get_rank() == 0, 'rank 1 fails'\n    dist.all_reduce"
)
COUNTS = """
import os, time

def f(start):
    base = os.environ["SAGEMAKER_BASE_DIR"]
    rank, size = (int(os.environ[f"OMPI_COMM_WORLD_{name}"]) for name in ("RANK", "SIZE"))
    open(f"{base}/rank-{rank}", "w").close()
    for _ in range(200):  # every process sees the others: they run at the same time
        if len([name for name in os.listdir(base) if name.startswith("rank-")]) == size:
            return [start, rank, size]
        time.sleep(0.05)
    raise TimeoutError("the other process has not come")
"""
ARGUMENT = {"args": [{"kind": "literal", "value": 10}]}


def torch_environment() -> dict[str, str]:
    assert TORCH_PYTHON is not None
    return {
        "PATH": f"{Path(TORCH_PYTHON).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
    }


@needs_torch
def test_torchrun_starts_processes_that_talk(tmp_path: Path) -> None:
    """Each rank gets the arguments, they reduce together, and rank 0's result is the step's."""
    bundle = make_bundle({"m.py": REDUCES}, {**ARGUMENT, **launcher("torchrun")})
    outcome = run_bundle(tmp_path, bundle, python=str(TORCH_PYTHON), **torch_environment())
    assert outcome.failure is None, outcome.output
    assert outcome.result == {"sum": 23.0, "rank": 0, "size": 2}


@needs_torch
def test_rank_that_fails_fails_the_step(tmp_path: Path) -> None:
    """With its reason, which the first rank does not know."""
    bundle = make_bundle({"m.py": FAILS}, {**ARGUMENT, **launcher("torchrun")})
    outcome = run_bundle(tmp_path, bundle, python=str(TORCH_PYTHON), **torch_environment())
    assert outcome.code != 0
    assert "rank 1 fails" in (outcome.failure or "")
    assert not outcome.has_view


@needs_mpirun
def test_mpirun_starts_processes_together(tmp_path: Path) -> None:
    """They know rank and size, run at the same time, and rank 0's result is the step's."""
    bundle = make_bundle({"m.py": COUNTS}, {**ARGUMENT, **launcher("mpirun")})
    outcome = run_bundle(tmp_path, bundle)
    assert outcome.failure is None, outcome.output
    assert outcome.result == [10, 0, 2]
