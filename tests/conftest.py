"""What several kinds of tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CDK = ROOT / "node_modules" / ".bin" / "cdk"

# The CDK CLI and jsii must not look for newer versions or send anything.
QUIET = {"JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1", "CDK_DISABLE_VERSION_CHECK": "1"}


@pytest.fixture
def cdk() -> Callable[..., subprocess.CompletedProcess[str]]:
    """The real CDK CLI, with the Python that runs the tests first on the path."""

    def run(
        *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        result = subprocess.run(
            [str(CDK), *arguments, "--no-notices", "--no-version-reporting"],
            cwd=cwd,
            env={**os.environ, **QUIET, "PATH": path, "PYTHONPATH": str(ROOT), **(env or {})},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert not check or result.returncode == 0, result.stdout + result.stderr
        return result

    return run
