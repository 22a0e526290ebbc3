"""A code bundle as a CDK file asset, stored under its own sha256."""

from __future__ import annotations

import os
from pathlib import Path
from weakref import WeakKeyDictionary

from aws_cdk import FileAssetLocation, Stack, Stage

from constructs_lib.cdk.file_asset import add_file_asset
from constructs_lib.packaging.bundle import Bundle

# Where the assets of a stack are, and what their paths are relative to.
_FOLDERS: WeakKeyDictionary[Stack, tuple[Path, str]] = WeakKeyDictionary()


def add_bundle_asset(stack: Stack, bundle: Bundle, display_name: str) -> FileAssetLocation:
    """Write a bundle into the cloud assembly and register it for upload.

    The asset's hash is the bundle's own, so equal bundles are one object, and the key of that
    object says what the container must find.

    Args:
        stack: The stack that deploys it.
        bundle: The bundle.
        display_name: Shown while the asset is published.

    Returns:
        Bucket and key, with the tokens of the stack's synthesizer.
    """
    if stack not in _FOLDERS:
        stage = Stage.of(stack)
        assert stage is not None, "a stack is always inside a stage"
        _FOLDERS[stack] = (Path(stage.asset_outdir), stage.outdir)
    folder, assembly = _FOLDERS[stack]
    path = folder / f"asset.{bundle.sha256}.zip"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bundle.data)
    return add_file_asset(
        stack,
        source_hash=bundle.sha256,
        file_name=os.path.relpath(path, assembly),
        display_name=display_name,
    )
