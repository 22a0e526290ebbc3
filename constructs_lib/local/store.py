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
        if ".." in f"{bucket}/{key}".split("/") or key.startswith("/"):
            raise LocalRunError(
                f"{uri} has '..' or a leading '/' in its key, which no folder can play"
            )
        return self._folders.get(bucket, self._root / bucket) / key

    def called(self, bucket: str) -> str:
        """Return what a user calls a bucket: its construct, or its name if no stack makes it."""
        made = [b for b in self._assembly.buckets if b.name == bucket]
        return made[0].construct if made else bucket

    def read(self, uri: str) -> bytes:
        """Return an object.

        Raises:
            FileNotFoundError: There is none.
        """
        return self.path(uri).read_bytes()

    def download(self, prefix: str, target: Path) -> int:
        """Copy every object whose key begins with a prefix, as an S3Prefix channel does.

        A single object lands under its base name; below a prefix that is a folder, with or without
        ``/`` at its end, names stay relative to it.

        Args:
            prefix: ``s3://`` URI.
            target: Folder to copy into; made if need be.

        Returns:
            How many objects there were.

        Raises:
            LocalRunError: The prefix leads out of its bucket's folder.
        """
        bucket, key = split_uri(prefix)
        self.path(prefix)  # refuses keys that lead elsewhere
        folder = self.path(f"s3://{bucket}/")
        target.mkdir(parents=True, exist_ok=True)
        count = 0
        for name, source in self._objects(bucket, key, folder):
            base = key if name.startswith(f"{key}/") else key.rpartition("/")[0]
            path = target / name.removeprefix(base).lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():  # an asset that is published as the zip of a folder
                shutil.make_archive(str(path.with_suffix("")), "zip", source)
            else:
                shutil.copyfile(source, path)
            count += 1
        return count

    def upload(self, source: Path, uri: str) -> None:
        """Store every file of a folder below a prefix."""
        if source.is_dir() and any(source.iterdir()):
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
