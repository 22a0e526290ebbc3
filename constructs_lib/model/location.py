"""Where in the user's code something was written."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import CodeType

_OWN_FOLDER = str(Path(__file__).resolve().parent.parent) + os.sep


def caller_location() -> str | None:
    """Return ``file:line`` of the innermost frame outside this library, for error messages."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_OWN_FOLDER):
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return format_location(frame.f_code.co_filename, frame.f_lineno)


def code_location(code: CodeType) -> str:
    """Return ``file:line`` of the definition that a code object belongs to."""
    return format_location(code.co_filename, code.co_firstlineno)


def format_location(file: str, line: int) -> str:
    """Format a place in a file, relative to the working directory when it lies below it."""
    path = Path(file)
    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return f"{path}:{line}"
