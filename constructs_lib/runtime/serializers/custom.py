"""Serializers of the user's, and joblib."""

from __future__ import annotations

import os
from typing import Any, Callable

from ..failure import StepFailure
from ..plan import find
from .hashing import sha256_of, write_file

FOLDER = "stored"


def write(value: Any, folder: str, module: str, qualname: str) -> str:
    """Let a class of the user's write a value into ``stored/``; returns the sha256 of its files.

    Raises:
        StepFailure: It has written nothing.
    """
    from pathlib import Path

    target = os.path.join(folder, FOLDER)
    os.makedirs(target)
    find(module, qualname)().write(value, Path(target))
    if not os.listdir(target):
        raise StepFailure(
            f"the serializer {module}.{qualname} has written nothing into its folder; write at "
            f"least one file"
        )
    return sha256_of(target)


def read(path: str, serializer: Any) -> Any:
    """Let the class read what it has written."""
    from pathlib import Path

    return serializer().read(Path(path))


def write_joblib(value: Any, path: str) -> str:
    """Write a value with joblib; returns the sha256.

    Raises:
        StepFailure: joblib is not there.
    """
    try:
        import joblib
    except ImportError:
        raise StepFailure(
            "the serializer 'joblib' needs the package joblib; name it in dependencies"
        ) from None
    return write_file(path, lambda out: joblib.dump(value, out))


def read_joblib(path: str, complete: Callable[[], Any]) -> Any:
    """Return the value.

    Args:
        path: Of the file.
        complete: Makes the producer's classes available; called if one is missing.
    """
    import joblib

    try:
        return joblib.load(path)
    except (ImportError, AttributeError):
        complete()
        return joblib.load(path)
