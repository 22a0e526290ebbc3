"""The channels of a training job: what its folders hold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.platform import ObjectStore, split_uri

# API shape ChannelName, without what leads to another folder.
_NAME = re.compile(r"(?!\.+$)[A-Za-z0-9._-]{1,64}")


def fetch_channel(channel: Mapping[str, Any], store: ObjectStore, folder: Path) -> None:
    """Bring the data of a channel, or the directory where it is, as a folder of its name.

    There is one instance here: it gets all of what is sharded.

    Args:
        channel: An element of ``InputDataConfig``.
        store: Where the data is.
        folder: Parent of the channel's.

    Raises:
        StepFailedError: The data is not there, or cannot be given as it is asked for.
    """
    name = channel["ChannelName"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise StepFailedError(f"{name!r} is no name of a channel")
    what, target = f"channel {name!r}", folder / name
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        _mount(what, channel["DataSource"], target, store)
        return
    kind = source.get("S3DataType", "S3Prefix")
    if channel.get("InputMode") == "Pipe" or kind == "AugmentedManifestFile":
        raise StepFailedError(
            f"{what} is streamed through a pipe, which there is none of on this machine; use "
            'input_mode="FastFile", or give the step\'s outcome with --stub'
        )
    if kind == "ManifestFile":
        _fetch_manifest(what, source["S3Uri"], target, store)
    else:
        download(what, source["S3Uri"], target, store)


def _mount(what: str, source: Mapping[str, Any], target: Path, store: ObjectStore) -> None:
    if "FileSystemDataSource" not in source:
        raise StepFailedError(
            f"{what} has a {', '.join(source) or 'data source of no kind'}, which cannot be read "
            f"here; give the step's outcome with --stub"
        )
    try:
        target.symlink_to(store.mount(source["FileSystemDataSource"]))
    except StepFailedError as error:
        raise StepFailedError(f"{what}: {error}") from None


def described(channel: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``inputdataconfig.json`` says of a channel.

    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
    """
    source = channel["DataSource"].get("S3DataSource", {})
    content = {"ContentType": channel["ContentType"]} if channel.get("ContentType") else {}
    return {
        **content,
        "TrainingInputMode": "File",
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }


def download(what: str, uri: str, target: Path, store: ObjectStore) -> None:
    """Copy every object whose URI begins with a text.

    Args:
        what: What it is for, in messages.
        uri: The text.
        target: Folder to copy into.
        store: Where the objects are.

    Raises:
        StepFailedError: There is none.
    """
    if store.download(uri, target) == 0:
        bucket, key = split_uri(uri)
        raise StepFailedError(
            f"{what}: nothing in bucket {bucket!r} begins with {key!r}; {store.advise(uri)}"
        )


def _fetch_manifest(what: str, uri: str, target: Path, store: ObjectStore) -> None:
    """Copy the objects that a manifest names, under the names that it gives them."""
    try:
        first, *names = json.loads(_read(what, uri, store))
        prefix = first["prefix"]
    except (ValueError, TypeError, KeyError):
        raise StepFailedError(
            f'{what}: {uri} is no manifest: a JSON list of {{"prefix": "s3://..."}} and names'
        ) from None
    for name in names:
        path = PurePosixPath(str(name))
        if path.is_absolute() or ".." in path.parts:
            raise StepFailedError(f"{what}: the manifest names a file outside of it: {name!r}")
        copy = target / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(_read(what, f"{prefix}{name}", store))


def _read(what: str, uri: str, store: ObjectStore) -> bytes:
    try:
        return store.read(uri)
    except FileNotFoundError:
        raise StepFailedError(f"{what}: there is no {uri}; {store.advise(uri)}") from None
