"""The wheels of a step as a CDK file asset, made when it is published."""

from __future__ import annotations

import functools
from pathlib import Path

from aws_cdk import FileAssetLocation, Stack

from constructs_lib.cdk.file_asset import add_file_asset
from constructs_lib.wheels import publish
from constructs_lib.wheels.wheel_set import WheelSet


def add_wheels_asset(stack: Stack, wheels: WheelSet, display_name: str) -> FileAssetLocation:
    """Register wheels for upload; nothing is downloaded before.

    The asset's hash is that of the list of wheels, so steps with equal lists share one object.

    Args:
        stack: The stack that deploys it.
        wheels: What to upload.
        display_name: Shown while the asset is published.

    Returns:
        Bucket and key, with the tokens of the stack's synthesizer.
    """
    return add_file_asset(
        stack,
        # The key of what a command makes has no ending of its own.
        source_hash=f"{wheels.sha256}.zip",
        display_name=display_name,
        # The program itself, not its path: an assembly is deployed from any folder, by machines
        # that do not have this library.
        executable=["python3", "-c", _program(), wheels.sha256, wheels.text, wheels.pins],
    )


@functools.cache
def _program() -> str:
    return Path(publish.__file__).read_text(encoding="utf-8")
