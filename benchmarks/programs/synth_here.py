"""Synthesizes a grid of steps: ``synth_here.py FOLDER OUTPUT``; prints what was made as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import aws_cdk as cdk

from constructs_lib import Pipeline

if __name__ == "__main__":
    folder, output = sys.argv[1:]
    sys.path.insert(0, folder)
    from grid import pipelines

    app = cdk.App(outdir=output)
    for number, steps in enumerate(pipelines()):
        Pipeline(cdk.Stack(app, f"Benchmark{number}"), "Grid", steps=steps)
    assembly = Path(app.synth().directory)
    bundles = [path.stat().st_size for path in assembly.glob("asset.*.zip")]
    templates = [path.stat().st_size for path in assembly.glob("*.template.json")]
    print(json.dumps({"bundles": bundles, "templates": templates}))  # noqa: T201
