"""How one part of a result is stored: by its exact type, or as the user has chosen.

A module a family: ``files`` (paths and texts), ``arrays`` (npy), ``tables`` (Arrow and Parquet,
with ``frames`` and ``columns`` for pandas), ``tensors`` (safetensors), ``pickles``, ``custom``
(joblib and classes of the user's). Each is loaded when it is needed.

What is chosen by type gives back exactly what was stored: a family that cannot do that for a value
refuses it, and it is pickled.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Callable, Optional, Union

from ..acceptance import DATA, Acceptance
from ..failure import StepFailure
from ..json_view import is_exact
from ..protocol import PAYLOAD_FILE, PROTOCOL_VERSION, Payload, Producer, SerializerReference
from ..stored import check_sha256, path_inside, read_payload
from .hashing import sha256_of, write_file

# Characters; a longer text is no JSON, which would take a copy or two of it.
_LONGEST_JSON_TEXT = 1 << 20

_FILES = {
    "arrow": "value.arrow",
    "joblib": "value.joblib",
    "json": "value.json",
    "npy": "value.npy",
    "parquet": "value.parquet",
    "pickle": "value.pkl",
    "safetensors": "value.safetensors",
    "text": "value.txt",
}
_LIBRARIES = {
    "numpy": "npy",
    "pandas": "arrow",
    "polars": "arrow",
    "pyarrow": "arrow",
    "torch": "safetensors",
}
# What a consumer needs for it.
_PACKAGES = {"npy": "numpy", "safetensors": "torch", "joblib": "joblib", "parquet": "pyarrow"}

Choice = Union[str, SerializerReference, None]
Describe = Callable[[Payload, "set[str]"], None]


def write_part(
    value: Any,
    folder: str,
    choice: Choice = None,
    data_only: bool = False,
    describe: Optional[Describe] = None,
) -> None:
    """Store a value in a folder of its own, with the payload file that describes it.

    Args:
        value: The value.
        folder: The folder.
        choice: Name of a serializer, or a class of the user's; None to choose by type. A path is
            stored as the file or folder that it leads to, unless it is a class.
        data_only: Whether a value is refused that can only be pickled.
        describe: Completes the payload before it is written; gets the names of the modules that
            reading the value needs besides, as far as they are known.

    Raises:
        StepFailure: The value cannot be stored, or not as it was chosen.
    """
    os.makedirs(folder, exist_ok=True)
    modules: set[str] = set()
    if isinstance(choice, dict):
        from .custom import FOLDER, write

        digest = write(value, folder, choice["module"], choice["qualname"])
        payload = Payload(serializer="custom", file=FOLDER, sha256=digest, reader=choice)
        modules = set(sys.modules)  # which of them is the class's own business
    elif _is_path(value):
        from .files import write_path

        file, digest = write_path(value, folder)
        payload = Payload(serializer="path", file=file, sha256=digest)
    else:
        name = _by_type(value) if choice is None else choice
        if data_only and name not in DATA:
            from .refusals import refuse_pickle

            refuse_pickle(value, None if choice is not None else _other_reason(value))
        reason = None if choice is None else _refusal(name, value)
        if reason is not None:
            raise StepFailure(
                f"the step's result cannot be stored with the serializer {name!r}: {reason}; leave "
                f"out serializer= to choose by type"
            )
        payload = Payload(serializer=name, file=_FILES[name])
        modules = _write(name, value, os.path.join(folder, _FILES[name]), payload)
    payload["protocol"] = PROTOCOL_VERSION
    payload["producer"] = Producer(job="", code="")
    if describe is not None:
        describe(payload, modules)
    with open(os.path.join(folder, PAYLOAD_FILE), "w", encoding="utf-8") as out:
        json.dump(payload, out)


def read_part(
    folder: str,
    find_class: Callable[[str, str], Any],
    complete: Callable[[], Any],
    acceptance: Optional[Acceptance] = None,
    sha256: str = "",
) -> Any:
    """Return the value stored in a folder.

    Args:
        folder: Holds a payload file and what it describes.
        find_class: Finds a class that a pickle refers to, by module and qualified name.
        complete: Makes all classes of the producer available.
        acceptance: What may be loaded; None for anything.
        sha256: Of the payload file, in hex; empty if it is not known.

    Raises:
        StepFailure: The stored bytes are not those that were written, must not be loaded, cannot
            be, or a package is missing.
    """
    payload = read_payload(folder, sha256)
    reason = None if acceptance is None else acceptance.refusal(payload)
    if reason is not None:
        raise StepFailure(f"the upstream result must not be loaded: {reason}")
    path = verified(folder, payload)
    name = payload["serializer"]
    if name == "custom":
        from .custom import read

        reader = payload["reader"]
        return read(path, find_class(reader["module"], reader["qualname"]))
    if name == "pickle":
        from . import pickles

        return pickles.read(path, find_class)
    try:
        return _read(name, path, payload, complete)
    except ModuleNotFoundError as error:
        package = payload.get("holds", "").partition(".")[0]
        if error.name not in {package, "pyarrow", _PACKAGES.get(name)}:
            raise
        raise StepFailure(
            f"the upstream result is stored as {name}, and the package {error.name} that reads it "
            f"is missing here; name it in dependencies, or store the result with "
            f"serializer='pickle'"
        ) from None
    except StepFailure:
        raise
    except Exception as error:
        if name == "joblib":
            raise  # it runs the user's code
        raise StepFailure(
            f"the stored result {payload['file']} cannot be read as {name}: "
            f"{type(error).__name__}: {error}"
        ) from None


def verified(folder: str, payload: Payload) -> str:
    """Return the path of what a payload describes, if it is what was written.

    Raises:
        StepFailure: It is not, or it is none of the folder's own files.
    """
    path = path_inside(folder, payload["file"])
    what = f"the stored result {payload['file']}"
    check_sha256(what, sha256_of(path), payload["sha256"], PAYLOAD_FILE)
    return path


def _by_type(value: Any) -> str:
    if type(value) is str and len(value) > _LONGEST_JSON_TEXT:
        return "text"
    if is_exact(value):
        return "json"
    kind = type(value)
    name = _LIBRARIES.get(str(kind.__module__).partition(".")[0])
    if isinstance(value, dict) and "torch" in sys.modules:
        name = "safetensors"
    return name if name is not None and _refusal(name, value) is None else "pickle"


def _other_reason(value: Any) -> Optional[str]:
    """Return why the format of a value's library cannot hold it, if it has one."""
    name = _LIBRARIES.get(str(type(value).__module__).partition(".")[0])
    return None if name is None else _refusal(name, value)


def _refusal(name: str, value: Any) -> Optional[str]:
    """Return why a serializer cannot give back a value; None if it can, or if it will say so."""
    if name == "npy":
        from . import arrays

        return arrays.refusal(value) if "numpy" in sys.modules else "it is no numpy.ndarray"
    if name in {"arrow", "parquet"}:
        from . import tables

        return (tables.refusal if name == "arrow" else tables.refusal_of_parquet)(value)
    if name == "safetensors":
        from . import tensors

        return tensors.refusal(value)
    if name == "json" and not is_exact(value):
        return "JSON does not give back exactly this value, or it is too large"
    return None


def _write(name: str, value: Any, path: str, payload: Payload) -> set[str]:
    """Write a file, complete its payload, and return the modules that reading it needs."""
    if name == "pickle":
        from . import pickles

        payload["sha256"], modules = pickles.write(value, path)
        return modules
    if name == "joblib":
        from .custom import write_joblib

        payload["sha256"] = write_joblib(value, path)
        return set(sys.modules)  # which of them joblib does not tell
    payload["sha256"] = write_file(path, lambda out: _write_to(name, value, out, payload))
    return set()


def _write_to(name: str, value: Any, out: Any, payload: Payload) -> None:
    if name == "json":
        out.write(json.dumps(value).encode())
    elif name == "text":
        from .files import write_text

        write_text(value, out)
    elif name == "npy":
        from . import arrays

        arrays.write(value, out)
    elif name == "safetensors":
        from . import tensors

        tensors.write(value, out)
    else:
        from . import tables

        write = tables.write if name == "arrow" else tables.write_parquet
        payload["holds"] = write(value, out)


def _read(name: str, path: str, payload: Payload, complete: Callable[[], Any]) -> Any:
    if name == "json":
        with open(path, "rb") as stored:
            return json.load(stored)
    if name == "path":
        from pathlib import Path

        return Path(path)
    if name == "text":
        from .files import read_text

        return read_text(path)
    if name == "npy":
        from . import arrays

        return arrays.read(path)
    if name in {"arrow", "parquet"}:
        from . import tables

        read = tables.read if name == "arrow" else tables.read_parquet
        return read(path, payload["holds"])
    if name == "safetensors":
        from . import tensors

        return tensors.read(path)
    if name == "joblib":
        from .custom import read_joblib

        return read_joblib(path, complete)
    raise StepFailure(f"the stored result has an unknown serializer {name!r}")


def _is_path(value: Any) -> bool:
    return "pathlib" in sys.modules and isinstance(value, sys.modules["pathlib"].Path)
