"""Files whose sha256 is taken while they are written, beside; and taken again, on all processors.

The sha256 of a file of up to 64 MiB is that of its bytes. A larger one is cut into blocks of 64
MiB, and its sha256 is that of their digests, one after the other: one processor hashes more slowly
than a disk reads.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import IO, Any, Callable

_BLOCK = 1 << 26
# What is smaller is hashed without a thread.
_CHUNK = 1 << 22
_MOST_THREADS = 8


class HashingFile:
    """A file opened for writing that hashes what passes through it.

    Takes bytes and every buffer, and copies none of them.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._blocks = [hashlib.sha256()]
        self._room = _BLOCK
        self.closed = False

    def write(self, data: Any) -> int:
        """Write bytes or a buffer; returns how many bytes it has."""
        view = memoryview(data)
        size = view.nbytes
        if size < min(_CHUNK, self._room):
            self._blocks[-1].update(data)
            self._room -= size
            self._file.write(data)
            return size
        from concurrent.futures import ThreadPoolExecutor

        # Hashing and writing both leave the interpreter to others.
        with ThreadPoolExecutor(_processors()) as threads:
            hashed = []
            for piece in self._pieces(view.cast("B")):
                hashed.append(threads.submit(self._blocks[-1].update, piece))
                self._file.write(piece)
        for block in hashed:
            block.result()
        return size

    def hexdigest(self) -> str:
        """Return the sha256 of what was written."""
        return _joined([block.digest() for block in self._blocks])

    def _pieces(self, view: memoryview) -> Iterator[memoryview]:
        """Cut a buffer where blocks begin."""
        while view:
            if not self._room:
                self._blocks.append(hashlib.sha256())
                self._room = _BLOCK
            piece = view[: self._room]
            self._room -= len(piece)
            yield piece
            view = view[len(piece) :]

    def flush(self) -> None:
        """Write what is buffered."""
        self._file.flush()

    def close(self) -> None:
        """Count as closed; who has opened the file closes it."""
        self.closed = True


def write_file(path: str, write: Callable[[Any], Any]) -> str:
    """Write a file.

    Args:
        path: Of the file.
        write: Called with a :class:`HashingFile`.

    Returns:
        The sha256 of what was written, in hex.
    """
    with open(path, "wb") as file:
        target = HashingFile(file)
        write(target)
    return target.hexdigest()


def copy_file(source: str, path: str) -> str:
    """Copy a file and return its sha256 in hex."""

    def copy(out: HashingFile) -> None:
        with open(source, "rb", 0) as file:
            while chunk := file.read(_CHUNK):
                out.write(chunk)

    return write_file(path, copy)


def sha256_of(path: str) -> str:
    """Return the sha256, in hex, of a file; for a folder as :func:`sha256_of_names`."""
    if os.path.isdir(path):
        return sha256_of_names(
            {
                os.path.relpath(os.path.join(parent, name), path): sha256_of(
                    os.path.join(parent, name)
                )
                for parent, _, names in os.walk(path)
                for name in names
            }
        )
    starts = range(0, max(os.path.getsize(path), 1), _BLOCK)
    if len(starts) == 1:
        return _digest_of_block(path, 0).hex()
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_processors()) as threads:
        return _joined(list(threads.map(lambda start: _digest_of_block(path, start), starts)))


def sha256_of_names(digests: dict[str, str]) -> str:
    """Return the sha256, in hex, of the names of files and their sha256."""
    entries = sorted((name.replace(os.sep, "/"), digest) for name, digest in digests.items())
    text = "".join(f"{name}\0{digest}\n" for name, digest in entries)
    return hashlib.sha256(text.encode()).hexdigest()


def _digest_of_block(path: str, start: int) -> bytes:
    digest, room = hashlib.sha256(), _BLOCK
    with open(path, "rb", 0) as file:
        file.seek(start)
        buffer = memoryview(bytearray(min(_CHUNK, os.path.getsize(path))))
        while size := file.readinto(buffer[:room]):
            digest.update(buffer[:size])
            room -= size
    return digest.digest()


def _joined(digests: list[bytes]) -> str:
    return (digests[0] if len(digests) == 1 else hashlib.sha256(b"".join(digests)).digest()).hex()


def _processors() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    count = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return min(2 * count, _MOST_THREADS)  # half of them read while the others hash
