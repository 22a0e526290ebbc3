"""What an input or output holds: the parts of a stored result, or files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from constructs_lib.report.files import MOST_LISTED, File
from constructs_lib.report.limits import ImageBudget, Limits
from constructs_lib.report.previews import preview
from constructs_lib.report.record import Data, Item
from constructs_lib.runtime.protocol import (
    LISTS_FILE,
    MANIFEST_FILE,
    PAYLOAD_FILE,
    RESULTS_FILE,
)

_LARGEST_RECORD = 1 << 20  # bytes


def with_contents(data: Data, files: Iterable[File], limits: Limits, images: ImageBudget) -> Data:
    """Return an input or output with what is in it."""
    found = list(islice(files, MOST_LISTED + 1))
    listed = found[:MOST_LISTED]
    if not listed:
        return replace(data, note=data.note or "nothing is there")
    items = list(islice(_items(listed, limits, images), limits.files + 1))
    note = ""
    if len(items) > limits.files or len(found) > MOST_LISTED:
        more = "more than " if len(found) > MOST_LISTED else ""
        note = f"the first {limits.files} of {more}{len(listed)} files"
    return replace(data, items=tuple(items[: limits.files]), note=note)


def result_in(files: Iterable[File]) -> Any:
    """Return the JSON view among the files of a result; None if there is none."""
    found = (file for file in islice(files, MOST_LISTED) if file.name == RESULTS_FILE)
    return _record(next(found, None)).get("Result")


def _items(files: list[File], limits: Limits, images: ImageBudget) -> Iterator[Item]:
    by_name = {file.name: file for file in files}
    manifest = _record(by_name.get(MANIFEST_FILE))
    keys = _keys(manifest)
    payloads = {
        name.removesuffix(PAYLOAD_FILE): _record(file)
        for name, file in by_name.items()
        if name == PAYLOAD_FILE or name.endswith(f"/{PAYLOAD_FILE}")
    }
    own = {MANIFEST_FILE, LISTS_FILE, RESULTS_FILE} if manifest else set()
    for file in files:
        if file.name in own or file.name.rpartition("/")[2] == PAYLOAD_FILE:
            continue
        folder = next((f for f in payloads if file.name.startswith(f)), None)
        payload = payloads[folder] if folder is not None else {}
        serializer = str(payload.get("serializer", ""))
        label = file.name if folder is None else _label(file.name, folder, payload, keys)
        kind = ", ".join(str(payload[k]) for k in ("holds", "serializer") if payload.get(k))
        yield Item(label, file.size, kind, preview(file, limits, images, serializer))


def _label(name: str, folder: str, payload: Mapping[str, Any], keys: Mapping[str, str]) -> str:
    """Return the part of the result that a file is, or belongs to."""
    key = keys.get(folder.rstrip("/"), folder.rstrip("/"))
    rest = name.removeprefix(folder)
    if payload.get("serializer") in {"path", "custom"}:
        return f"{key}/{rest}".lstrip("/")
    return key or rest


def _keys(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return folder to key of the parts; the only part of a whole value has the value's name."""
    keys = {}
    for part in manifest.get("parts", []):
        if isinstance(part, Mapping) and isinstance(part.get("folder"), str):
            key = part.get("key")
            keys[part["folder"]] = "value" if key is None else f"[{key!r}]"
    return keys


def _record(file: File | None) -> dict[str, Any]:
    """Return a JSON object that anyone may have written; empty if it is none."""
    if file is None or file.size > _LARGEST_RECORD:
        return {}
    try:
        content = json.loads(file.read(0, file.size))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
