"""The files of a stored result, read with suspicion: anyone may have written them.

Whatever is wrong with a file is told by its name, before anything of it is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from typing import Any

from .failure import StepFailure
from .protocol import MANIFEST_FILE, PAYLOAD_FILE, PROTOCOL_VERSION, Manifest, Payload, Producer

# Bytes of a manifest or payload file: far more than the shim writes.
LARGEST_RECORD = 1 << 24

_SHAPES: dict[str, dict[str, Any]] = {
    "manifest": {"producer": dict, "structure": str, "parts": list, "views": dict},
    "payload": {"producer": dict, "serializer": str, "file": str, "sha256": str},
    "part": {"folder": str, "sha256": str},
    "producer": {"job": str, "code": str},
    "reader": {"module": str, "qualname": str},
}
_STRUCTURES = ("value", "tuple", "list", "dict")


def read_manifest(path: str) -> Manifest:
    """Return a manifest.

    Raises:
        StepFailure: It is none.
    """
    content: Any = _record(path, "manifest")
    for part in content["parts"]:
        _check(part, "part", path)
        if part["folder"] in {"", ".", ".."} or "/" in part["folder"] or "\0" in part["folder"]:
            raise StepFailure(
                f"the stored result's {_name(path)} names a folder outside its own: "
                f"{part['folder']!r}"
            )
        if content["structure"] == "dict" and not isinstance(part.get("key"), str):
            raise _malformed(path, f"the key {part.get('key')!r} is no text")
    known = content["structure"] in _STRUCTURES
    if not known or (content["structure"] == "value" and len(content["parts"]) != 1):
        raise _malformed(path, f"its structure is {content['structure']!r}")
    manifest: Manifest = content
    return manifest


def read_payload(folder: str, sha256: str = "") -> Payload:
    """Return the payload of a part.

    Args:
        folder: The part's.
        sha256: What the manifest says of the payload file; empty if there is no manifest.

    Raises:
        StepFailure: It is none, or was changed.
    """
    path = os.path.join(folder, PAYLOAD_FILE)
    payload: Payload = _record(path, "payload", sha256)
    if payload["serializer"] == "custom":
        _check(payload.get("reader"), "reader", path)
    return payload


def records_without_producer(folder: str) -> dict[str, bytes]:
    """Return manifest and payload files of a verified result as any producer would write them.

    Args:
        folder: Of a whole result or of one part.

    Returns:
        Path below the folder, with ``/``, to the file's content.
    """
    nobody = Producer(job="", code="")
    path = os.path.join(folder, MANIFEST_FILE)
    if not os.path.exists(path):
        return {PAYLOAD_FILE: json.dumps({**read_payload(folder), "producer": nobody}).encode()}
    manifest = read_manifest(path)
    records = {}
    for part in manifest["parts"]:
        payload = read_payload(os.path.join(folder, part["folder"]), part["sha256"])
        text = json.dumps({**payload, "producer": nobody}).encode()
        records[f"{part['folder']}/{PAYLOAD_FILE}"] = text
        part["sha256"] = hashlib.sha256(text).hexdigest()
    records[MANIFEST_FILE] = json.dumps({**manifest, "producer": nobody}).encode()
    return records


def read_record(path: str, what: str, sha256: str = "") -> bytes:
    """Return a small file that is part of what was stored.

    Args:
        path: Of the file.
        what: What it is, for failures.
        sha256: In hex; empty if it is not known.

    Raises:
        StepFailure: It is no such file, too large, or was changed.
    """
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            raise StepFailure(f"{what} is no plain file")
        if status.st_size > LARGEST_RECORD:
            raise StepFailure(
                f"{what} is too large: {status.st_size} bytes, of {LARGEST_RECORD} at most"
            )
        with open(path, "rb") as file:
            content = file.read()
    except (OSError, ValueError) as error:
        raise StepFailure(f"{what} cannot be read: {error}") from None
    if sha256:
        check_sha256(what, hashlib.sha256(content).hexdigest(), sha256, MANIFEST_FILE)
    return content


def check_sha256(what: str, found: str, expected: str, witness: str) -> None:
    """Refuse what is not as it was written.

    Args:
        what: What it is.
        found: Its sha256.
        expected: The sha256 that it should have.
        witness: The file that says so.

    Raises:
        StepFailure: The sha256 is another one.
    """
    if found != expected:
        raise StepFailure(
            f"{what} was changed after it was written, or {witness} was: its sha256 is {found}, "
            f"not {expected}"
        )


def path_inside(folder: str, name: str) -> str:
    """Return the path of a stored file or folder, given below its own folder with ``/``.

    Raises:
        StepFailure: The name leads out of the folder, or there is a link, a pipe or a device.
    """
    parts = name.split("/")
    if not all(part not in {"", ".", ".."} and "\0" not in part for part in parts):
        raise StepFailure(f"the stored result names a file outside its folder: {name}")
    path = folder
    for part in parts:
        path = os.path.join(path, part)
        _check_plain(path, name)
    check_folder(path, name)
    return path


def check_folder(path: str, name: str) -> None:
    """Refuse a folder with anything in it that is neither a file nor a folder."""
    for parent, folders, files in os.walk(path):
        for entry in (*folders, *files):
            _check_plain(os.path.join(parent, entry), name)


def _check_plain(path: str, name: str) -> None:
    """Refuse what S3 cannot hold: it was not written by a job's upload."""
    try:
        mode = os.lstat(path).st_mode
    except (OSError, ValueError) as error:
        raise StepFailure(f"the stored result {name} cannot be read: {error}") from None
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise StepFailure(
            f"the stored result {name} has {os.path.basename(path)!r} in it, which is a link, a "
            f"pipe or a device"
        )


def _record(path: str, kind: str, sha256: str = "") -> Any:
    content = read_record(path, f"the stored result's {_name(path)}", sha256)
    try:
        record = json.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise _malformed(path, str(error)) from None
    _check(record, kind, path)
    _check(record["producer"], "producer", path)
    if record.get("protocol") != PROTOCOL_VERSION:
        raise StepFailure(
            f"the upstream result was stored with protocol {record.get('protocol')!r}, this step "
            f"reads {PROTOCOL_VERSION}; run the step that returned it again"
        )
    return record


def _check(record: Any, kind: str, path: str) -> None:
    for key, wanted in _SHAPES[kind].items():
        if not isinstance(record, dict) or not isinstance(record.get(key), wanted):
            raise _malformed(path, f"there is no {key!r} in a {kind}")


def _malformed(path: str, reason: str) -> StepFailure:
    return StepFailure(f"the stored result's {_name(path)} is malformed: {reason}")


def _name(path: str) -> str:
    """Return the name of a file and that of its folder: a part's, or the channel."""
    return "/".join(path.split(os.sep)[-2:])
