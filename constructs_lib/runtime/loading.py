"""From a channel with an upstream result to its value."""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any, Union

from .failure import StepFailure
from .plan import find
from .protocol import MANIFEST_FILE, PAYLOAD_FILE, SOURCE_FOLDER, Manifest
from .serializers import read_part


def load_result(folder: str, path: list[Union[int, str]], name: str) -> Any:
    """Return an upstream result, or the element of it that a path leads to.

    Args:
        folder: The channel: a whole result, with its manifest, or one part, with its payload.
        path: Indices to apply; of a whole, only the part that the first one names is read.
        name: The argument, for failures.

    Raises:
        StepFailure: The result is not there, was changed, or has no such element.
    """
    if os.path.exists(os.path.join(folder, MANIFEST_FILE)):
        value, path = _load_whole(folder, path, name)
    elif os.path.exists(os.path.join(folder, PAYLOAD_FILE)):
        value = _load_part(folder)
    else:
        raise StepFailure(f"argument {name!r}: the channel {folder} holds no step's result")
    for index in path:
        value = _element(value, index, name)
    return value


def stored_in(folder: str, path: list[Union[int, str]], name: str) -> str:
    """Return the folder that an upstream result, or the part that a path leads to, is stored in.

    Args:
        folder: The channel.
        path: Indices to apply.
        name: The argument, for failures.

    Raises:
        StepFailure: It is not there, or not stored by itself.
    """
    if os.path.exists(os.path.join(folder, MANIFEST_FILE)):
        with open(os.path.join(folder, MANIFEST_FILE), encoding="utf-8") as file:
            manifest: Manifest = json.load(file)
        parts, structure = manifest["parts"], manifest["structure"]
        if structure == "value":
            folder = os.path.join(folder, os.path.basename(parts[0]["folder"]))
        elif path:
            keys = {part["key"]: part for part in parts}
            part = _element(keys if structure == "dict" else parts, path[0], name)
            folder, path = os.path.join(folder, os.path.basename(part["folder"])), path[1:]
    if path or not os.path.isdir(folder):
        raise StepFailure(
            f"argument {name!r}: the upstream result has no part {path!r} that is stored by "
            f"itself; return it alone, or as an element of a tuple"
        )
    return folder


def _load_whole(folder: str, path: list[Union[int, str]], name: str) -> tuple[Any, list[Any]]:
    with open(os.path.join(folder, MANIFEST_FILE), encoding="utf-8") as file:
        manifest: Manifest = json.load(file)
    parts, structure = manifest["parts"], manifest["structure"]

    def load(part: Any) -> Any:
        return _load_part(os.path.join(folder, os.path.basename(part["folder"])))

    if structure == "value":
        return load(parts[0]), path
    if path:
        keys = {part["key"]: part for part in parts}
        part = _element(keys if structure == "dict" else parts, path[0], name)
        return load(part), path[1:]
    if structure == "dict":
        return {part["key"]: load(part) for part in parts}, path
    values = [load(part) for part in parts]
    return (tuple(values) if structure == "tuple" else values), path


def _load_part(folder: str) -> Any:
    source = os.path.join(folder, SOURCE_FOLDER)

    def complete() -> None:
        if os.path.isdir(source):
            _complete_modules(source)

    def find_class(module: str, qualname: str) -> Any:
        try:
            return find(module, qualname)
        except (ImportError, AttributeError):
            if not os.path.isdir(source):
                raise
            complete()
            return find(module, qualname)

    return read_part(folder, find_class, complete)


def _complete_modules(source: str) -> None:
    """Add what a producer's source has and this step's own does not.

    The producer's modules are imported together, as one consistent set, and only the names that
    are missing here are taken over: a class that both have stays one class.

    Args:
        source: Folder with the producer's modules.
    """
    names = _module_names(source)
    own = {}
    for name in names:
        try:
            own[name] = importlib.import_module(name)
        except ImportError:
            continue
    for name in own:
        del sys.modules[name]
    sys.path.insert(0, source)
    importlib.invalidate_caches()
    try:
        theirs = {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(source)
        sys.modules.update(own)
    for name, module in theirs.items():
        if name in own:
            for key, value in vars(module).items():
                own[name].__dict__.setdefault(key, own.get(f"{name}.{key}", value))


def _module_names(source: str) -> list[str]:
    """Return the modules of a folder, packages before what is in them."""
    names = []
    for parent, folders, files in os.walk(source):
        folders.sort()
        package = os.path.relpath(parent, source).replace(os.sep, ".").lstrip(".")
        for file in sorted(files):
            stem, extension = os.path.splitext(file)
            if extension == ".py":
                inner = [] if stem == "__init__" else [stem]
                names.append(".".join([*([package] if package else []), *inner]))
    return sorted(names)


def _element(value: Any, index: Union[int, str], name: str) -> Any:
    try:
        return value[index]
    except (LookupError, TypeError) as error:
        kind = type(value).__qualname__
        keys = f" with {sorted(map(str, value))[:10]}" if isinstance(value, dict) else ""
        raise StepFailure(
            f"argument {name!r}: the upstream result has no element {index!r}: it is a "
            f"{kind}{keys} ({type(error).__name__})"
        ) from None
