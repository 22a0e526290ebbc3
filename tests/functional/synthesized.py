"""Runs what was synthesized, as ``constructs-lib run`` does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from constructs_lib.local.assembly import Assembly
from constructs_lib.local.execution import Execution
from constructs_lib.local.folders import FolderStore
from constructs_lib.local.machine import engine_for
from constructs_lib.local.steps import Options


def run_app(
    app: cdk.App,
    folder: Path,
    given: Mapping[str, str] | None = None,
    *,
    pipeline: str | None = None,
    buckets: Mapping[str, Path] | None = None,
    **options: Any,
) -> Execution:
    """Synthesize an app and run its pipeline.

    Args:
        app: The app.
        folder: For the run.
        given: Parameter to text.
        pipeline: Name of the pipeline, if there are several.
        buckets: Construct ID of a bucket to the folder that plays it.
        **options: Fields of ``Options``.
    """
    assembly = Assembly(Path(app.synth().directory))
    found = assembly.find(pipeline)
    names = {bucket.construct: bucket.name for bucket in found.buckets}
    folders = {names[name]: path for name, path in (buckets or {}).items()}
    return engine_for(
        found,
        dict(given or {}),
        lambda _: folder / "run",
        lambda root: FolderStore(root, assembly, folders),
        Options(**{"parallel": 2, **options}),
        lambda _: None,
    ).run()
