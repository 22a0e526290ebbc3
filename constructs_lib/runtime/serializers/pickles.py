"""Pickles: any object, by reference to its class or, with cloudpickle, by value."""

from __future__ import annotations

import pickle
from typing import Any, Callable, Optional

from ..failure import StepFailure
from .hashing import write_file

_PROTOCOL = 5


class _Pickler(pickle.Pickler):
    """Notes the modules that it refers to."""

    modules: set[str]

    def reducer_override(self, value: Any) -> Any:
        module = getattr(value, "__module__", None) if callable(value) else None
        if isinstance(module, str) and hasattr(value, "__qualname__"):
            self.modules.add(module)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    finder: Callable[[str, str], Any]

    def find_class(self, module: str, name: str) -> Any:
        return self.finder(module, name)


def write(value: Any, path: str) -> tuple[str, set[str]]:
    """Write a pickle; large buffers go to the file without a copy.

    Returns:
        The sha256, and the names of the modules whose classes and functions it refers to.

    Raises:
        StepFailure: The value cannot be pickled.
    """
    modules: set[str] = set()

    def dump(out: Any) -> None:
        pickler = _Pickler(out, _PROTOCOL)
        pickler.modules = modules
        pickler.dump(value)

    try:
        return write_file(path, dump), modules
    except Exception as error:  # noqa: BLE001 - the user's __reduce__ may raise anything
        digest = _write_by_value(path, value)
        if digest is None:
            raise StepFailure(
                f"the step's result cannot be stored: {type(value).__qualname__} cannot be "
                f"pickled ({type(error).__name__}: {error}); return plain data, arrays, or "
                f"instances of classes at the top level of a module"
            ) from None
        return digest, set()


def read(path: str, find_class: Callable[[str, str], Any]) -> Any:
    """Return the value of a pickle.

    Args:
        path: Of the file.
        find_class: Finds what it refers to, by module and qualified name.
    """
    with open(path, "rb") as file:
        unpickler = _Unpickler(file)
        unpickler.finder = find_class
        return unpickler.load()


def _write_by_value(path: str, value: Any) -> Optional[str]:
    """Pickle by value, if the image has what that needs; None if it cannot be done."""
    try:
        import cloudpickle
    except ImportError:
        return None
    try:
        return write_file(path, lambda out: cloudpickle.dump(value, out, _PROTOCOL))
    except Exception:  # noqa: BLE001 - the error of the first try is the one to tell
        return None
