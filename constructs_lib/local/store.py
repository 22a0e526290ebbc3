"""Buckets played by folders: an object's key is its path in the folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.assembly import Assembly


class ObjectStore:
    """Reads and writes ``s3://`` URIs.

    Args:
        root: Holds a folder for each bucket that is not given one.
        assembly: Its assets are objects too.
        folders: Bucket name to the folder that plays it.
    """

    def __init__(self, root: Path, assembly: Assembly, folders: Mapping[str, Path]) -> None:
        self._root = root
        self._assembly = assembly
        self._folders = folders

    def path(self, uri: str) -> Path:
        """Return where an object is, or would be, stored.

        Raises:
            LocalRunError: The key leads out of its bucket's folder.
        """
        bucket, key = split_uri(uri)
        if ".." in f"{bucket}/{key}".split("/"):
            raise LocalRunError(f"{uri} has '..' in its key, which no folder can play")
        return self._folders.get(bucket, self._root / bucket) / key

    def read(self, uri: str) -> bytes:
        """Return an object.

        Raises:
            FileNotFoundError: There is none.
        """
        return self.path(uri).read_bytes()

    def download(self, prefix: str, target: Path) -> int:
        """Copy every object whose key begins with a prefix, as an S3Prefix channel does.

        A single object lands under its base name; below a prefix that ends with ``/`` names stay
        relative to it.

        Args:
            prefix: ``s3://`` URI.
            target: Folder to copy into; made if need be.

        Returns:
            How many objects there were.
        """
        target.mkdir(parents=True, exist_ok=True)
        bucket, key = split_uri(prefix)
        folder = self.path(f"s3://{bucket}/")
        count = 0
        cut = len(key.rpartition("/")[0]) + 1 if "/" in key else 0
        for name, source in self._objects(bucket, key, folder):
            path = target / name[cut:]
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)
            count += 1
        return count

    def upload(self, source: Path, uri: str) -> None:
        """Store every file of a folder below a prefix."""
        if any(source.iterdir()):
            shutil.copytree(source, self.path(uri), dirs_exist_ok=True)

    def _objects(self, bucket: str, prefix: str, folder: Path) -> list[tuple[str, Path]]:
        found = [
            (key, path)
            for key in self._assembly.asset_keys(bucket)
            if key.startswith(prefix) and (path := self._assembly.asset(bucket, key)) is not None
        ]
        start = folder / prefix.rpartition("/")[0]
        if start.is_dir():
            found += [
                (path.relative_to(folder).as_posix(), path)
                for path in sorted(start.rglob("*"))
                if path.is_file() and path.relative_to(folder).as_posix().startswith(prefix)
            ]
        return found


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an ``s3://`` URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
