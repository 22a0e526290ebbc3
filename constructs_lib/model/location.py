"""Where in the user's code something was written."""

from __future__ import annotations

import functools
import os
import sys
from types import CodeType, FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Modules of the standard library that an import of this package need not pay for are imported
# where they are used.


@functools.cache
def _others() -> tuple[str, ...]:
    """Return what paths of code between the user's line and ours begin with."""
    import sysconfig
    from pathlib import Path

    return (
        str(Path(__file__).resolve().parent.parent) + os.sep,
        str(Path(os.__file__).parent) + os.sep,
        str(Path(sysconfig.get_path("purelib")) / "jsii") + os.sep,
        "<frozen",
        "<string>",  # methods that dataclasses make
    )


def caller_location() -> str | None:
    """Return ``file:line`` of the innermost frame in the user's code, for error messages."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_others()):
        frame = frame.f_back
    return format_location(frame.f_code.co_filename, frame.f_lineno) if frame is not None else None


def caller_folder() -> Path:
    """Return the folder of the innermost file in the user's code."""
    from pathlib import Path

    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_others()):
        frame = frame.f_back
    return Path(frame.f_code.co_filename).parent if frame is not None else Path.cwd()


def code_location(code: CodeType) -> str:
    """Return ``file:line`` of the definition that a code object belongs to."""
    return format_location(code.co_filename, code.co_firstlineno)


def format_location(file: str, line: int) -> str:
    """Format a place in a file, relative to the working directory when it lies below it."""
    from pathlib import Path

    path = Path(file)
    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return f"{path}:{line}"
