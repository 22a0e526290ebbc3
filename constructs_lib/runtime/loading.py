"""From a channel with an upstream result to its value."""

from __future__ import annotations

import os
from typing import Any, Union

from .acceptance import Acceptance
from .failure import StepFailure
from .plan import find
from .producer_source import complete_modules
from .protocol import (
    LISTS_FILE,
    MANIFEST_FILE,
    PAYLOAD_FILE,
    RESULTS_FILE,
    SOURCE_FOLDER,
    Manifest,
    Part,
)
from .serializers import read_part, verified
from .serializers.hashing import sha256_of
from .stored import check_folder, check_sha256, read_manifest, read_payload, read_record

_ANYTHING = Acceptance()


def load_result(
    folder: str,
    path: list[Union[int, str]],
    name: str,
    acceptance: Acceptance = _ANYTHING,
) -> Any:
    """Return an upstream result, or the element of it that a path leads to.

    Args:
        folder: The channel: a whole result, with its manifest, or one part, with its payload.
        path: Indices to apply; of a whole, only the part that the first one names is read.
        name: The argument, for failures.
        acceptance: What may be loaded.

    Raises:
        StepFailure: The result is not there, was changed, must not be loaded, or has no such
            element.
    """
    try:
        if os.path.lexists(os.path.join(folder, MANIFEST_FILE)):
            value, path = _load_whole(folder, path, acceptance)
        elif os.path.lexists(os.path.join(folder, PAYLOAD_FILE)):
            value = _load_part(folder, acceptance)
        else:
            raise StepFailure(f"the channel {folder} holds no step's result")
        for index in path:
            value = _element(value, index)
    except StepFailure as failure:
        raise StepFailure(f"argument {name!r}: {failure}") from None
    return value


def stored_in(folder: str, path: list[Union[int, str]], name: str) -> str:
    """Return the folder that an upstream result, or the part that a path leads to, is stored in.

    What is in it is verified, and not loaded.

    Args:
        folder: The channel.
        path: Indices to apply.
        name: The argument, for failures.

    Raises:
        StepFailure: It is not there, was changed, or is not stored by itself.
    """
    try:
        if os.path.lexists(os.path.join(folder, MANIFEST_FILE)):
            manifest = _manifest(folder)
            parts, found = manifest["parts"], folder
            if manifest["structure"] == "value":
                found = os.path.join(folder, parts[0]["folder"])
            elif path:
                parts, path = [_part(manifest, path[0])], path[1:]
                found = os.path.join(folder, parts[0]["folder"])
            for part in parts:
                place = os.path.join(folder, part["folder"])
                verified(place, read_payload(place, part["sha256"]))
            folder = found
        elif os.path.lexists(os.path.join(folder, PAYLOAD_FILE)):
            verified(folder, read_payload(folder))
        if path or not os.path.isdir(folder):
            raise StepFailure(
                f"the upstream result has no part {path!r} that is stored by itself; return it "
                f"alone, or as an element of a tuple"
            )
    except StepFailure as failure:
        raise StepFailure(f"argument {name!r}: {failure}") from None
    return folder


def _manifest(folder: str) -> Manifest:
    """Return the manifest of a whole result whose JSON view and lists are as they were written."""
    manifest = read_manifest(os.path.join(folder, MANIFEST_FILE))
    for name in (RESULTS_FILE, LISTS_FILE):
        path = os.path.join(folder, name)
        expected = manifest["views"].get(name)
        if expected is not None:
            read_record(path, f"the stored result's {name}", str(expected))
        elif os.path.lexists(path):
            raise StepFailure(f"the stored result's {name} was added after it was written")
    return manifest


def _load_whole(
    folder: str, path: list[Union[int, str]], acceptance: Acceptance
) -> tuple[Any, list[Any]]:
    manifest = _manifest(folder)
    parts, structure = manifest["parts"], manifest["structure"]

    def load(part: Part) -> Any:
        accepted = acceptance.of_part(parts.index(part))
        return _load_part(os.path.join(folder, part["folder"]), accepted, part["sha256"])

    if structure == "value":
        return load(parts[0]), path
    if path:
        return load(_part(manifest, path[0])), path[1:]
    if structure == "dict":
        return {part["key"]: load(part) for part in parts}, path
    values = [load(part) for part in parts]
    return (tuple(values) if structure == "tuple" else values), path


def _part(manifest: Manifest, index: Union[int, str]) -> Part:
    """Return the part that an index names."""
    parts: Any = manifest["parts"]
    if manifest["structure"] == "dict":
        parts = {part["key"]: part for part in parts}
    found: Part = _element(parts, index)
    return found


def _load_part(folder: str, acceptance: Acceptance, sha256: str = "") -> Any:
    source = os.path.join(folder, SOURCE_FOLDER)

    def complete() -> None:
        if os.path.isdir(source) and not acceptance.data_only:
            what = f"the stored result's {SOURCE_FOLDER}"
            check_folder(source, SOURCE_FOLDER)
            payload = read_payload(folder, sha256)
            expected = payload.get("source", "none")
            check_sha256(what, sha256_of(source), expected, PAYLOAD_FILE)
            complete_modules(source)

    def find_class(module: str, qualname: str) -> Any:
        try:
            return find(module, qualname)
        except (ImportError, AttributeError):
            if not os.path.isdir(source):
                raise
            complete()
            return find(module, qualname)

    return read_part(folder, find_class, complete, acceptance, sha256)


def _element(value: Any, index: Union[int, str]) -> Any:
    try:
        return value[index]
    except (LookupError, TypeError) as error:
        kind = type(value).__qualname__
        keys = f" with {sorted(map(str, value))[:10]}" if isinstance(value, dict) else ""
        raise StepFailure(
            f"the upstream result has no element {index!r}: it is a {kind}{keys} "
            f"({type(error).__name__})"
        ) from None
