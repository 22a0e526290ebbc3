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
from constructs_lib.deployed.pipelines import pipeline_names
from constructs_lib.deployed.stacks import write_assembly
from constructs_lib.review.snapshot import Snapshot, read_snapshots

ASSEMBLY = "cdk.out"
_DEPLOYED = "deployed"


def read_versions(arguments: argparse.Namespace) -> tuple[list[Snapshot], list[Snapshot]]:
    """Return the pipelines of both versions.

    What is deployed is compared pipeline by pipeline: an account has more than one app.

    Args:
        arguments: With ``old``, ``new``, ``app``, ``pipeline``, ``profile`` and ``region``.

    Raises:
        ConstructsLibError: There is no such version, or no such pipeline in it.
    """
    texts = (arguments.old, arguments.new)
    read = [[] if _is_deployed(text) else _read(text, arguments) for text in texts]
    known = [one for side in read for one in side]
    sides = [
        _deployed(text.partition(":")[2], known, arguments) if _is_deployed(text) else side
        for text, side in zip(texts, read, strict=True)
    ]
    for other, text in zip((1, 0), texts, strict=True):
        name = text.partition(":")[2]
        if _is_deployed(text) and name and not _is_deployed(texts[other]):
            paths = {one.path for one in sides[1 - other]}
            sides[other] = [o for o in sides[other] if o.name == name or o.path in paths]
    wanted: str | None = arguments.pipeline
    old, new = (_chosen(side, wanted) for side in sides)
    if wanted is not None and not old and not new:
        raise UsageError(f"no version has a pipeline called {wanted}")
    return old, new


def read_version(text: str, arguments: argparse.Namespace) -> list[Snapshot]:
    """Return the pipelines of one version.

    Args:
        text: As the user gave it.
        arguments: With ``app``, ``pipeline``, ``profile`` and ``region``.

    Raises:
        ConstructsLibError: There is no such version, or no such pipeline in it.
    """
    if _is_deployed(text):
        return _deployed(text.partition(":")[2], (), arguments)
    return _read(text, arguments)


def _is_deployed(text: str) -> bool:
    is_folder = (Path(text) / "manifest.json").is_file()
    return text.partition(":")[0] == _DEPLOYED and not is_folder


def _read(text: str, arguments: argparse.Namespace) -> list[Snapshot]:
    if (Path(text) / "manifest.json").is_file():
        return read_snapshots(Path(text))
    with tempfile.TemporaryDirectory() as folder:
        if (Path(text) / CONFIGURATION).is_file():
            return read_snapshots(read_app(Path(text), arguments.app).write(Path(folder)))
        if find_commit(text) is not None:
            with synthesized(text, Path(folder), arguments.app) as assembly:
                return read_snapshots(assembly)
    if text == ASSEMBLY:
        raise UsageError(f"there is no {ASSEMBLY} here: run `cdk synth` first")
    raise UsageError(
        f"{text} is no cloud assembly, no project and no git revision; give a folder that `cdk "
        f"synth` has written, one with a {CONFIGURATION}, a revision such as main, or {_DEPLOYED}"
    )


def _deployed(
    name: str, known: Sequence[Snapshot], arguments: argparse.Namespace
) -> list[Snapshot]:
    """Return the pipeline of that name, or else those of the other version that are deployed."""
    found: dict[str, Snapshot] = {}
    with explained():
        where = account(arguments)
        names: list[str | None] = [name or None]
        if known and not name:
            deployed = pipeline_names(where)
            names = [one.name for one in _chosen(known, arguments.pipeline) if one.name in deployed]
        for one in names:
            if one in {other.name for other in found.values()}:
                continue
            with tempfile.TemporaryDirectory() as folder:
                write_assembly(where, one, Path(folder))
                found |= {s.path: s for s in read_snapshots(Path(folder)) if name in ("", s.name)}
    return list(found.values())


def _chosen(found: Sequence[Snapshot], wanted: str | None) -> list[Snapshot]:
    if wanted is None:
        return list(found)
    return [one for one in found if wanted == one.name or f"/{one.path}".endswith(f"/{wanted}")]
