"""Versions of an app's pipelines: an assembly, a project, a git revision, or what is deployed."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from constructs_lib.cli.app import CONFIGURATION, read_app
from constructs_lib.cli.options import UsageError, account
from constructs_lib.cli.revision import find_commit, synthesized
from constructs_lib.deployed.account import explained
from constructs_lib.deployed.stacks import write_assembly
from constructs_lib.review.snapshot import Snapshot, read_snapshots

ASSEMBLY = "cdk.out"
_DEPLOYED = "deployed"


def read_version(text: str, arguments: argparse.Namespace) -> list[Snapshot]:
    """Return the pipelines of a version.

    Args:
        text: As the user gave it.
        arguments: With ``pipeline``, ``profile`` and ``region``.

    Raises:
        ConstructsLibError: There is no such version, or no such pipeline in it.
    """
    wanted: str | None = arguments.pipeline
    if (Path(text) / "manifest.json").is_file():
        return _chosen(read_snapshots(Path(text)), wanted)
    kind, _, name = text.partition(":")
    with tempfile.TemporaryDirectory() as folder:
        if (Path(text) / CONFIGURATION).is_file():
            app = read_app(Path(text), arguments.app)
            return _chosen(read_snapshots(app.write(Path(folder))), wanted)
        if kind == _DEPLOYED:
            with explained():
                write_assembly(account(arguments), name or wanted, Path(folder))
            return _chosen(read_snapshots(Path(folder)), wanted)
        if find_commit(text) is not None:
            with synthesized(text, Path(folder), arguments.app) as assembly:
                return _chosen(read_snapshots(assembly), wanted)
    if text == ASSEMBLY:
        raise UsageError(f"there is no {ASSEMBLY} here: run `cdk synth` first")
    raise UsageError(
        f"{text} is no cloud assembly, no project and no git revision; give a folder that `cdk "
        f"synth` has written, one with a {CONFIGURATION}, a revision such as main, or {_DEPLOYED}"
    )


def _chosen(found: Sequence[Snapshot], wanted: str | None) -> list[Snapshot]:
    if wanted is None:
        return list(found)
    return [one for one in found if wanted == one.name or f"/{one.path}".endswith(f"/{wanted}")]
