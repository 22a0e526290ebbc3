"""Buckets and file systems played by folders: an object's key is its path in the folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.assembly import Assembly
from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.platform import check_links, name_in_channel, split_uri


class FolderStore:
    """Reads and writes ``s3://`` URIs.

    Args:
        root: Holds a folder for each bucket that is not given one.
        assembly: Its assets are objects too.
        folders: Bucket name to the folder that plays it.
        file_systems: File system ID to the folder that plays it.
    """

    def __init__(
        self,
        root: Path,
        assembly: Assembly,
        folders: Mapping[str, Path],
        file_systems: Mapping[str, Path] | None = None,
    ) -> None:
        self._root = root
        self._assembly = assembly
        self._folders = folders
        self._file_systems = file_systems or {}

    def path(self, uri: str) -> Path:
        """Return where an object is, or would be, stored.

        Raises:
            LocalRunError: The key leads out of its bucket's folder.
        """
        bucket, key = split_uri(uri)
        if ".." in f"{bucket}/{key}".split("/") or key.startswith("/") or "\0" in uri:
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
        """Copy objects: see :meth:`ObjectStore.download`.

        Raises:
            LocalRunError: The prefix leads out of its bucket's folder.
        """
        bucket, key = split_uri(prefix)
        self.path(prefix)  # refuses keys that lead elsewhere
        folder = self.path(f"s3://{bucket}/")
        target.mkdir(parents=True, exist_ok=True)
        count = 0
        for name, source in self._objects(bucket, key, folder):
            path = target / name_in_channel(name, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():  # an asset that is published as the zip of a folder
                shutil.make_archive(str(path.with_suffix("")), "zip", source)
            else:
                shutil.copyfile(source, path)
            count += 1
        return count

    def upload(self, source: Path, uri: str) -> None:
        """Store a file at a URI, or every file of a folder below it.

        Raises:
            StepFailedError: A link leads out of the folder.
        """
        path = self.path(uri)
        check_links(source)
        if source.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)
        elif source.is_dir() and any(source.iterdir()):
            shutil.copytree(source, path, dirs_exist_ok=True)

    def delete(self, uri: str) -> None:
        """Delete objects: see :meth:`ObjectStore.delete`.

        Raises:
            LocalRunError: The key leads out of its bucket's folder.
        """
        path = self.path(uri)
        if uri.endswith("/"):
            if path.is_dir():
                shutil.rmtree(path)
        elif path.is_file():
            path.unlink()

    def mount(self, source: Mapping[str, str]) -> Path:
        """Return the folder that plays a directory of a file system.

        The folder given for FSx for Lustre is what its mount name stands for, the first part of
        the directory's path.

        Raises:
            StepFailedError: There is none.
        """
        name, path = source["FileSystemId"], source["DirectoryPath"]
        made = [s.construct for s in self._assembly.file_systems if s.name == name]
        option = f"--file-system {made[0] if made else name}"
        folder = self._file_systems.get(name)
        if folder is None:
            raise StepFailedError(
                f"file system {name!r} is not on this machine; name a folder that plays it with "
                f"{option}=FOLDER"
            )
        parts = [part for part in path.split("/") if part]
        if source["FileSystemType"] == "FSxLustre":
            parts = parts[1:]
        found = folder.joinpath(*parts)
        if ".." in parts or not found.is_dir():
            raise StepFailedError(
                f"file system {name!r} has no directory {path!r}: there is no folder {found}, "
                f"below that of {option}"
            )
        return found

    def take_over(self, root: Path, prefixes: Sequence[str]) -> bool:
        """Copy what another run has stored, unless some of it is gone.

        Args:
            root: Holds the other run's buckets.
            prefixes: ``s3://`` URIs of folders.

        Returns:
            Whether something is stored here below every prefix now.
        """
        places = [(root.joinpath(*split_uri(uri)), self.path(uri)) for uri in prefixes]
        if not all(_has_content(there) or _has_content(here) for there, here in places):
            return False
        for there, here in places:
            if _has_content(there):
                # No links: what a later step of this run overwrites is the other run's as well.
                shutil.copytree(there, here, dirs_exist_ok=True)
        return True

    def advise(self, uri: str) -> str:
        """Say where the data belongs, and how to name another folder."""
        bucket, _ = split_uri(uri)
        return (
            f"put the data there, at {self.path(uri)}, or name another folder for the bucket with "
            f"--bucket {self.called(bucket)}=FOLDER"
        )

    def _objects(self, bucket: str, prefix: str, folder: Path) -> list[tuple[str, Path]]:
        try:
            found = [
                (key, path)
                for key in self._assembly.asset_keys(bucket)
                if key.startswith(prefix)
                and (path := self._assembly.asset(bucket, key)) is not None
            ]
        except LocalRunError as error:
            raise StepFailedError(str(error)) from None
        start = folder / prefix.rpartition("/")[0]
        if start.is_dir():
            found += [
                (path.relative_to(folder).as_posix(), path)
                for path in sorted(start.rglob("*"))
                if path.is_file() and path.relative_to(folder).as_posix().startswith(prefix)
            ]
        return found


def _has_content(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
