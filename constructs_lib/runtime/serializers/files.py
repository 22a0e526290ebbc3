"""Files and folders, as they are; and large texts."""

from __future__ import annotations

import os
from typing import Any

from ..failure import StepFailure
from .hashing import copy_file, sha256_of_names

# Characters.
_PIECE = 1 << 20


def write_path(value: Any, folder: str) -> tuple[str, str]:
    """Copy a file or folder into ``value/``.

    Returns:
        Its path below the folder, with ``/``, and its sha256.

    Raises:
        StepFailure: Nothing is there.
    """
    if not value.exists():
        raise StepFailure(f"the step returned the path {str(value)!r}, but nothing is there")
    file = f"value/{value.resolve().name}"
    target = os.path.join(folder, *file.split("/"))
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if not value.is_dir():
        return file, copy_file(str(value), target)
    import shutil

    digests = {}

    def copy(source: str, path: str) -> None:
        digests[os.path.relpath(path, target)] = copy_file(source, path)

    shutil.copytree(str(value), target, copy_function=copy)
    return file, sha256_of_names(digests)


def write_text(value: str, out: Any) -> None:
    """Write a text piece by piece as UTF-8; lone surrogates pass."""
    for start in range(0, len(value), _PIECE):
        out.write(value[start : start + _PIECE].encode("utf-8", "surrogatepass"))


def read_text(path: str) -> str:
    """Return the text; it is decoded from the file's pages, without a copy of its bytes."""
    import mmap

    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return str(data, "utf-8", "surrogatepass")
