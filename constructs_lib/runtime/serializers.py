"""How one part of a result is stored: JSON, npy, files or pickle, by its exact type."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import sys
from typing import IO, Any, Callable, Optional

from .failure import StepFailure
from .json_view import is_exact
from .protocol import PAYLOAD_FILE, PROTOCOL_VERSION, Payload

_CHUNK = 1 << 20
_PICKLE_PROTOCOL = 5


def write_part(value: Any, folder: str) -> set[str]:
    """Store a value in a folder of its own, with the payload file that describes it.

    Returns:
        Names of the modules whose classes and functions a pickle refers to.

    Raises:
        StepFailure: The value cannot be stored.
    """
    os.makedirs(folder, exist_ok=True)
    modules: set[str] = set()
    kind = _kind(value)
    if kind == "path":
        file, digest = _copy_path(value, folder)
    else:
        file = f"value.{'pkl' if kind == 'pickle' else kind}"
        path = os.path.join(folder, file)
        if kind == "json":
            digest = _write(path, lambda out: out.write(json.dumps(value).encode()))
        elif kind == "npy":
            numpy = sys.modules["numpy"]
            digest = _write(path, lambda out: numpy.save(out, value, allow_pickle=False))
        else:
            digest, modules = _write_pickle(path, value)
    payload = Payload(protocol=PROTOCOL_VERSION, serializer=kind, file=file, sha256=digest)
    with open(os.path.join(folder, PAYLOAD_FILE), "w", encoding="utf-8") as out:
        json.dump(payload, out)
    return modules


def read_part(folder: str, find_class: Callable[[str, str], Any]) -> Any:
    """Return the value stored in a folder.

    Args:
        folder: Holds a payload file and what it describes.
        find_class: Finds a class that a pickle refers to, by module and qualified name.

    Raises:
        StepFailure: The stored bytes are not those that were written.
    """
    with open(os.path.join(folder, PAYLOAD_FILE), encoding="utf-8") as file:
        payload: Payload = json.load(file)
    path = os.path.join(folder, *payload["file"].split("/"))
    if not os.path.abspath(path).startswith(os.path.abspath(folder) + os.sep):
        raise StepFailure(f"the stored result names a file outside its folder: {payload['file']}")
    found = _sha256(path)
    if found != payload["sha256"]:
        raise StepFailure(
            f"the stored result {payload['file']} was changed after it was written: its sha256 is "
            f"{found}, not {payload['sha256']}"
        )
    kind = payload["serializer"]
    if kind == "path":
        from pathlib import Path

        return Path(path)
    with open(path, "rb") as stored:
        if kind == "json":
            return json.load(stored)
        if kind == "npy":
            import numpy

            return numpy.load(stored, allow_pickle=False)
        if kind == "pickle":
            unpickler = _Unpickler(stored)
            unpickler.finder = find_class
            return unpickler.load()
    raise StepFailure(f"the stored result has an unknown serializer {kind!r}")


def _kind(value: Any) -> str:
    if is_exact(value):
        return "json"
    numpy = sys.modules.get("numpy")
    if numpy is not None and type(value) is numpy.ndarray and not value.dtype.hasobject:
        return "npy"
    if "pathlib" in sys.modules and isinstance(value, sys.modules["pathlib"].Path):
        return "path"
    return "pickle"


def _write(path: str, write: Callable[[IO[bytes]], Any]) -> str:
    """Write a file and return the sha256 of what was written."""
    with open(path, "wb") as file:
        target = _Hashing(file)
        write(target)  # type: ignore[arg-type]  # writers use nothing but write()
    return target.digest.hexdigest()


class _Hashing:
    """A file opened for writing that hashes what passes through it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, data: Any) -> int:  # bytes, or a buffer that pickle does not copy
        self.digest.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


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


def _write_pickle(path: str, value: Any) -> tuple[str, set[str]]:
    modules: set[str] = set()

    def dump(out: IO[bytes]) -> None:
        pickler = _Pickler(out, _PICKLE_PROTOCOL)
        pickler.modules = modules
        pickler.dump(value)

    try:
        return _write(path, dump), modules
    except Exception as error:  # noqa: BLE001 - the user's __reduce__ may raise anything
        digest = _write_cloudpickle(path, value)
        if digest is None:
            raise StepFailure(
                f"the step's result cannot be stored: {type(value).__qualname__} cannot be "
                f"pickled ({type(error).__name__}: {error}); return plain data, arrays, or "
                f"instances of classes at the top level of a module"
            ) from None
        return digest, set()


def _write_cloudpickle(path: str, value: Any) -> Optional[str]:
    """Pickle by value, if the image has what that needs; None if it cannot be done."""
    try:
        import cloudpickle
    except ImportError:
        return None
    try:
        return _write(path, lambda out: cloudpickle.dump(value, out, _PICKLE_PROTOCOL))
    except Exception:  # noqa: BLE001 - the error of the first try is the one to tell
        return None


def _copy_path(value: Any, folder: str) -> tuple[str, str]:
    import shutil

    if not value.exists():
        raise StepFailure(f"the step returned the path {str(value)!r}, but nothing is there")
    file = f"value/{value.resolve().name}"
    target = os.path.join(folder, *file.split("/"))
    os.makedirs(os.path.dirname(target), exist_ok=True)
    (shutil.copytree if value.is_dir() else shutil.copyfile)(str(value), target)
    return file, _sha256(target)


def _sha256(path: str) -> str:
    """Return the sha256 of a file; of names and hashes of its files for a folder."""
    digest = hashlib.sha256()
    if os.path.isdir(path):
        entries = []
        for parent, _, names in os.walk(path):
            for name in names:
                full = os.path.join(parent, name)
                entries.append((os.path.relpath(full, path).replace(os.sep, "/"), _sha256(full)))
        digest.update("".join(f"{name}\0{value}\n" for name, value in sorted(entries)).encode())
        return digest.hexdigest()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
