"""Files and folders, as they are; and large texts."""

from __future__ import annotations

import os
import stat
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
        StepFailure: Nothing is there, or something that is no file or folder.
    """
    if not value.exists():
        raise StepFailure(f"the step returned the path {str(value)!r}, but nothing is there")
    file = f"value/{value.resolve().name}"
    target = os.path.join(folder, *file.split("/"))
    os.makedirs(os.path.dirname(target), exist_ok=True)
    _check_file(str(value))
    if not value.is_dir():
        return file, copy_file(str(value), target)
    import shutil

    digests = {}

    def copy(source: str, path: str) -> None:
        _check_file(source)
        digests[os.path.relpath(path, target)] = copy_file(source, path)

    _check_links(str(value))
    shutil.copytree(str(value), target, copy_function=copy)
    return file, sha256_of_names(digests)


def _check_file(path: str) -> None:
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise StepFailure(
            f"the step returned the path {path!r}, which is a pipe, a socket or a device; return "
            f"files and folders"
        )


def _check_links(folder: str) -> None:
    """Refuse links to nothing, and to a folder that they are in: its copy would have no end."""
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(parent, name)
            aim = os.path.realpath(path)
            is_circle = os.path.commonpath([aim, os.path.realpath(parent)]) == aim
            if os.path.islink(path) and (is_circle or not os.path.exists(aim)):
                raise StepFailure(
                    f"the step returned the path {folder!r}, in which the link {path!r} leads "
                    f"{'back to a folder that it is in' if is_circle else 'to nothing'}"
                )


def write_text(value: str, out: Any) -> None:
    """Write a text piece by piece as UTF-8; lone surrogates pass."""
    for start in range(0, len(value), _PIECE):
        out.write(value[start : start + _PIECE].encode("utf-8", "surrogatepass"))


def read_text(path: str) -> str:
    """Return the text; it is decoded from the file's pages, without a copy of its bytes."""
    import mmap

    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return str(data, "utf-8", "surrogatepass")
