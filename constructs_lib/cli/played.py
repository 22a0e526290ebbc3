"""Folders of this machine that play what a pipeline reads: ``--bucket``, ``--file-system``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from constructs_lib.cli.options import pairs
from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.assembly import Assembly, Resource, SynthesizedPipeline

_BUCKET, _FILE_SYSTEM = "--bucket", "--file-system"


def add_played(parser: argparse.ArgumentParser) -> None:
    """Add the options, to be read with :func:`bucket_folders` and :func:`file_system_folders`."""
    parser.add_argument(
        _BUCKET,
        dest="buckets",
        metavar="ID=FOLDER",
        action="append",
        default=[],
        help="folder that plays a bucket, named by logical or construct ID",
    )
    parser.add_argument(
        _FILE_SYSTEM,
        dest="file_systems",
        metavar="ID=FOLDER",
        action="append",
        default=[],
        help="folder that plays a file system, named by its ID, logical or construct ID; steps "
        "can write to it, even where the service would mount it read-only",
    )


def bucket_folders(
    assembly: Assembly, pipeline: SynthesizedPipeline, entries: list[str]
) -> dict[str, Path]:
    """Return the name of each bucket in the options, and its folder.

    Raises:
        LocalRunError: There is no such bucket or folder.
    """
    return _folders(
        _BUCKET,
        "bucket",
        pairs(entries, _BUCKET),
        pipeline,
        assembly.buckets,
        assembly.find_bucket,
        lambda name: f"s3://{name}/" in str(pipeline.definition),
    )


def file_system_folders(
    assembly: Assembly,
    pipeline: SynthesizedPipeline,
    entries: list[str],
    parameters: Mapping[str, str],
) -> dict[str, Path]:
    """Return the ID of each file system in the options, and its folder.

    Args:
        assembly: Has the file systems that stacks make.
        pipeline: Mentions the others.
        entries: Of the option.
        parameters: The run's, which may name one.

    Raises:
        LocalRunError: There is no such file system or folder.
    """
    return _folders(
        _FILE_SYSTEM,
        "file system",
        pairs(entries, _FILE_SYSTEM),
        pipeline,
        assembly.file_systems,
        assembly.find_file_system,
        lambda name: f"'{name}'" in str(pipeline.definition) or name in parameters.values(),
    )


def _folders(
    option: str,
    kind: str,
    given: Mapping[str, str],
    pipeline: SynthesizedPipeline,
    made: list[Resource],
    find: Callable[[str, str], Resource | None],
    is_mentioned: Callable[[str], bool],
) -> dict[str, Path]:
    folders = {}
    stack = pipeline.resource.stack
    for name, folder in given.items():
        resource = find(name, stack)
        if not Path(folder).is_dir():
            raise LocalRunError(f"{option} {name}={folder}: there is no folder {folder}")
        if resource is None and not is_mentioned(name):
            own = [one.construct for one in made if one.stack == stack]
            other = [one.path for one in made if one.stack != stack]
            known = ", ".join([*own, *other]) or "none"
            raise LocalRunError(f"{option} {name}: no such {kind}; the stack makes: {known}")
        folders[resource.name if resource is not None else name] = Path(folder).resolve()
    return folders
