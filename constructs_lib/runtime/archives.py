"""Tar files from outside, read within limits: of entries, of size, and of where they lead."""

from __future__ import annotations

import contextlib
import gzip
import os
import posixpath
import tarfile
import zlib
from collections.abc import Iterator
from typing import IO, Optional

MOST_ENTRIES = 100_000
# In bytes, of what an archive unpacks to: more only if the archive itself is as large.
LARGEST = 10 << 30
HIGHEST_RATIO = 100
# tarfile copies files in small pieces; what it reads at once is a header of that size.
_LARGEST_HEADER = 1 << 20
_GZIP = b"\x1f\x8b"
_MALFORMED = (
    *(ArithmeticError, EOFError, OSError, RecursionError, ValueError),
    *(tarfile.TarError, zlib.error),
)


class ArchiveFault(Exception):
    """An archive is malformed, too large, or leads out of its folder."""


class _Reader:
    """The plain bytes of an archive, of which no more are read than allowed."""

    def __init__(self, file: IO[bytes], largest: int) -> None:
        self._file = file
        self._largest = largest

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LARGEST_HEADER:
            raise ArchiveFault(f"a header of it has {size} bytes")
        self._check(self._file.tell() + size)
        return self._file.read(size)

    def seek(self, position: int) -> int:
        self._check(position)
        return self._file.seek(position)

    def tell(self) -> int:
        return self._file.tell()

    def _check(self, position: int) -> None:
        # Blocks of zeros end it.
        if position > self._largest + 2 * tarfile.RECORDSIZE:
            raise _too_large(self._largest)


@contextlib.contextmanager
def open_tar(
    path: str, largest: Optional[int] = None
) -> Iterator[Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]]:
    """Open a tar file, compressed by gzip or not at all.

    Gives its entries, each to be read or extracted before the next: files, folders, and links that
    name another entry by a path without ``..``.

    Args:
        path: Of the archive.
        largest: Bytes that it may unpack to. Default: 10 GiB, or a hundred times its own size.

    Raises:
        ArchiveFault: It is malformed, larger, has more than 100,000 entries, or another kind of
            them.
    """
    if largest is None:
        largest = max(LARGEST, HIGHEST_RATIO * os.path.getsize(path))
    try:
        with open(path, "rb") as file:
            is_zipped = file.read(2) == _GZIP
        with gzip.open(path) if is_zipped else open(path, "rb") as plain:
            reader = _Reader(plain, largest)  # type: ignore[arg-type]
            with tarfile.open(fileobj=reader, mode="r:") as tar:  # type: ignore[call-overload]
                yield _entries(tar, largest)
    except _MALFORMED as error:
        raise ArchiveFault(str(error) or type(error).__name__) from error


def _entries(
    tar: tarfile.TarFile, largest: int
) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    total = 0
    for number, member in enumerate(tar):
        total += member.size  # before it is read; what it has besides, the reader counts
        if total > largest:
            raise _too_large(largest)
        if number >= MOST_ENTRIES:
            raise ArchiveFault(f"it has more than {MOST_ENTRIES:,} entries")
        _check(member)
        yield tar, member


def _check(member: tarfile.TarInfo) -> None:
    is_link = member.issym() or member.islnk()
    if not (is_link or member.isreg() or member.isdir()):
        raise ArchiveFault(f"{member.name!r} is no file: files, folders and links are allowed")
    paths = [member.name, member.linkname] if is_link else [member.name]
    for path in paths:
        # Of such paths alone no chain of links can lead out, however long.
        if posixpath.isabs(path) or ".." in path.split("/"):
            raise ArchiveFault(f"{member.name!r} leads out of its folder")


def _too_large(largest: int) -> ArchiveFault:
    return ArchiveFault(f"it unpacks to more than {largest:,} bytes")
