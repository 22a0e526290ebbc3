"""The README's example is what it says it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]


def test_example_synthesizes_and_runs(tmp_path: Path) -> None:
    """The twenty lines make a pipeline that trains a model on a table."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "app.py").write_text(example, encoding="utf-8")
    (tmp_path / "raw").mkdir()
    table = pd.DataFrame({"x": range(50), "y": [0, 1] * 25})
    table.to_csv(tmp_path / "raw" / "table.csv", index=False)
    run = [sys.executable, "-m", "constructs_lib.cli.main", "run", "Tumour"]
    for command in ([sys.executable, "app.py"], [*run, "-p", "Depth=2", "--bucket", "Raw=raw"]):
        result = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "CDK_OUTDIR": "cdk.out"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
    assert "training-tumour: Succeeded" in result.stdout
