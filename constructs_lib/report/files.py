"""Files that are looked into: a bounded number of them, and bounded parts of each."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

# Files of one input or output that are listed.
MOST_LISTED = 500
# Bytes of one file that are read.
_MOST_READ = 48 << 20


class TooLargeError(OSError):
    """More of a file would have to be read than is worth it."""


@dataclass(frozen=True)
class File:
    """A file, here or in a bucket.

    Attributes:
        name: Path below what was listed, with ``/``.
        size: Bytes.
        read: Returns some bytes; takes offset and length.
    """

    name: str
    size: int
    read: Callable[[int, int], bytes]

    @property
    def suffix(self) -> str:
        """Such as ``csv``, in lower case."""
        return self.name.rpartition("/")[2].rpartition(".")[2].lower()

    def open(self) -> RangedFile:
        """Return a file object to be handed to a library."""
        return RangedFile(self)


class RangedFile(io.RawIOBase):
    """Reads what is asked for, and no more than a bound in all.

    Args:
        file: The file.
        most: Bytes.
    """

    def __init__(self, file: File, most: int = _MOST_READ) -> None:
        super().__init__()
        self._file = file
        self._position = 0
        self._left = most

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position, which may be beyond the end."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._file.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Return bytes from the position on.

        Raises:
            TooLargeError: It would be too much.
        """
        rest = max(0, self._file.size - self._position)
        wanted = rest if size < 0 else min(size, rest)
        if wanted > self._left:
            raise TooLargeError("too large to be looked into")
        self._left -= wanted
        content = self._file.read(self._position, wanted) if wanted else b""
        self._position += len(content)
        return content


def files_below(path: Path) -> Iterator[File]:
    """Yield a file, or those in a folder, by name; links and devices are left out."""
    if path.is_file() and not path.is_symlink():
        yield _file(path, path.name)
        return
    for parent, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            found = Path(parent, name)
            if stat.S_ISREG(found.lstat().st_mode):
                yield _file(found, found.relative_to(path).as_posix())


def _file(path: Path, name: str) -> File:
    def read(offset: int, length: int) -> bytes:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    return File(name, path.stat().st_size, read)
