"""Requirements files of pip, as canonical lines."""

from __future__ import annotations

import re
from pathlib import Path

from constructs_lib.packaging.dependencies.locked import LockError

_COMMENT = re.compile(r"(^|\s)#.*$")
_HASH = re.compile(r"\s--hash[= ]\S+")
_INCLUDE = re.compile(r"(?:-r|--requirement)[ =]?\s*(\S+)")
_CONSTRAINT = re.compile(r"(?:-c|--constraint)[ =]?\s*(\S+)")


def read_requirements(path: Path) -> list[str]:
    """Return the lines of a file and of those that it includes, without comments and hashes.

    Raises:
        LockError: A file that it includes is not there, or it has constraints.
    """
    # A backslash at the end of a line continues it, as for pip.
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = []
    for raw in text.splitlines():
        line = " ".join(_HASH.sub("", _COMMENT.sub("", raw)).split())
        include = _INCLUDE.fullmatch(line)
        if _CONSTRAINT.fullmatch(line):
            raise LockError(f"it has the line {line!r}: write the constraint as a requirement")
        if include:
            other = path.parent / include[1]
            if not other.is_file():
                raise LockError(f"it includes {include[1]!r}, which is not there")
            lines += read_requirements(other)
        elif line:
            lines.append(line)
    return lines
