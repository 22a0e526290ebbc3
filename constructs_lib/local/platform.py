"""What stands around the jobs of an execution: data, permissions, earlier results, watchers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.definition import StepDefinition
from constructs_lib.local.execution import StepRecord
from constructs_lib.local.functions import LambdaFunction


class ObjectStore(Protocol):
    """Objects by ``s3://`` URI and file systems by their ID, as one role may use them.

    Every method raises StepFailedError if the role may not do what is asked.
    """

    def read(self, uri: str) -> bytes:
        """Return an object.

        Raises:
            FileNotFoundError: There is none.
        """

    def download(self, prefix: str, target: Path) -> int:
        """Copy every object whose key begins with a prefix, as an S3Prefix channel does.

        A single object lands under its base name; below a prefix that is a folder, with or without
        ``/`` at its end, names stay relative to it.

        Args:
            prefix: ``s3://`` URI.
            target: Folder to copy into; made if need be.

        Returns:
            How many objects there were.
        """

    def upload(self, source: Path, uri: str) -> None:
        """Store a file at a URI, or every file of a folder below it."""

    def delete(self, uri: str) -> None:
        """Delete an object, or every object below a URI that ends with ``/``, if there is any."""

    def mount(self, source: Mapping[str, str]) -> Path:
        """Return the folder that plays a directory of a file system.

        Args:
            source: The channel's ``FileSystemDataSource``.

        Raises:
            StepFailedError: There is none.
        """

    def advise(self, uri: str) -> str:
        """Return what a user can do if nothing is at a URI."""


class Platform(Protocol):
    """Where an execution runs."""

    def store(self, role: str | None) -> ObjectStore:
        """Return the objects as a role sees them; None stands for the pipeline's role."""

    def recall(self, step: StepDefinition, request: Mapping[str, Any]) -> StepRecord | None:
        """Return the record of an earlier, equal job whose output may be used again, or None.

        Args:
            step: With its CacheConfig.
            request: Its job request, with no expressions left in it.
        """

    def job(self, record: StepRecord) -> AbstractContextManager[object]:
        """Surround a job: entered when its request is known, left when its output is stored.

        Raises:
            StepFailedError: On entering: the job cannot be created.
        """

    def function(self, arn: str) -> LambdaFunction | None:
        """Return a Lambda function that can be called here, or None.

        Raises:
            StepFailedError: The pipeline's role may not call it.
        """

    def make(
        self, step_type: str, arn: str, request: Mapping[str, Any], members: Mapping[str, Any]
    ) -> None:
        """Make what a step that does not run here asks the service for, as far as there is any.

        Args:
            step_type: ``Type`` of the step.
            arn: Of what it makes.
            request: Its arguments, with no expressions left in them.
            members: What the definition says of it besides, likewise.

        Raises:
            StepFailedError: The pipeline's role may not.
        """

    def environment(self, request: Mapping[str, Any]) -> dict[str, str]:
        """Return what the platform adds to a job's environment."""


def check_links(folder: Path) -> None:
    """Refuse a folder with links that lead out of it, or to a folder that they are in.

    Raises:
        StepFailedError: There is one.
    """
    inside = folder.resolve()
    for path in folder.rglob("*"):
        if path.is_symlink():
            aim = path.resolve()
            if not aim.is_relative_to(inside) or path.parent.resolve().is_relative_to(aim):
                raise StepFailedError(
                    f"the job has left the link {path.relative_to(folder)}, which leads out of its "
                    f"folder or back into itself: to {aim}; leave files"
                )


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an ``s3://`` URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def name_in_channel(key: str, prefix: str) -> str:
    """Return the path that an object gets in the folder of a channel.

    Args:
        key: The object's key; begins with the prefix.
        prefix: The channel's.
    """
    base = prefix if key.startswith(f"{prefix}/") else prefix.rpartition("/")[0]
    return key.removeprefix(base).lstrip("/")
