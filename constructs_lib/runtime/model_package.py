"""Packs a model as ``model.tar.gz``: the step of ``package_model``."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import posixpath
import tarfile
import zipfile
from collections.abc import Iterator
from typing import IO, Any, Optional

from .archives import ArchiveFault, open_tar
from .failure import StepFailure
from .protocol import (
    BASE_FOLDER,
    BASE_FOLDER_VARIABLE,
    MANIFEST_FILE,
    PAYLOAD_FILE,
    SHIPPED_PACKAGE,
)
from .stored import read_payload, records_without_producer

_MODEL_FILE = "model.tar.gz"
_CODE = "code"
_MOST_NAMES = 1000
# Where the model of a Python object is in the archive; see ``serving``.
RESULT_FOLDER = "result"


def package_model(model: Any, program: Optional[str], entry_point: Optional[str]) -> dict[str, Any]:
    """Write the archive into the model folder.

    Args:
        model: Path of the stored result, or of the files of a model.
        program: File of the archive that completes the entry point; None if nothing is loaded by
            our code.
        entry_point: The user's file in ``code/``.

    Returns:
        Name, size, sha256 and content of the archive.
    """
    source = str(model)
    is_object = os.path.isdir(source) and not _is_path(source) and _is_stored(source)
    _check(is_object, program, entry_point)
    base = os.environ.get(BASE_FOLDER_VARIABLE, BASE_FOLDER)
    path = os.path.join(base, "model", _MODEL_FILE)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with (
        open(path, "wb") as file,
        gzip.GzipFile("", "wb", 6, file, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w|") as tar,
    ):
        archive = _Archive(tar)
        if is_object:
            archive.add_folder(source, RESULT_FOLDER, records=records_without_producer(source))
        else:
            _add_files(archive, _files_of(source), replaces_code=entry_point is not None)
        if program is not None and (is_object or entry_point is not None):
            for name, data in _code(program, entry_point):
                archive.add(name, len(data), io.BytesIO(data))
    return {
        "file": _MODEL_FILE,
        "bytes": os.path.getsize(path),
        "sha256": _sha256(path),
        "content": archive.names[:_MOST_NAMES],
    }


def _check(is_object: bool, program: Optional[str], entry_point: Optional[str]) -> None:
    if is_object and program is None:
        raise StepFailure(
            "the model is a Python object although its step is annotated to return a Path; "
            "correct the annotation"
        )
    if not is_object and program is not None and entry_point is None:
        raise StepFailure(
            "the model is made of files, and nothing says how to load them: give an entry_point "
            "with model_fn, or annotate the step as -> Path if the image knows them"
        )


def _is_stored(folder: str) -> bool:
    return any(os.path.exists(os.path.join(folder, name)) for name in (MANIFEST_FILE, PAYLOAD_FILE))


def _is_path(folder: str) -> bool:
    return os.path.isdir(os.path.join(folder, "value")) and not os.path.exists(
        os.path.join(folder, MANIFEST_FILE)
    )


def _files_of(source: str) -> str:
    """Return the file or folder that a stored Path is; any other path as it is."""
    if os.path.isdir(source) and _is_stored(source):
        return os.path.join(source, read_payload(source)["file"])
    entries = os.listdir(source) if os.path.isdir(source) else []
    # A channel of one object.
    return os.path.join(source, entries[0]) if len(entries) == 1 else source


def _add_files(archive: _Archive, source: str, *, replaces_code: bool) -> None:
    if os.path.isdir(source):
        archive.add_folder(source, "", without=_CODE if replaces_code else None)
    elif source.endswith((".tar.gz", ".tgz")):
        archive.add_archive(source, without=_CODE if replaces_code else None)
    else:
        archive.add_file(source, os.path.basename(source))


def _code(program: str, entry_point: Optional[str]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the code that goes into the archive."""
    text = f"from {SHIPPED_PACKAGE}.serving import model_fn\n"
    if entry_point is not None:
        text += f"from {os.path.splitext(entry_point)[0]} import *\n"
    yield f"{_CODE}/{program}", text.encode()
    with zipfile.ZipFile(os.path.dirname(os.path.dirname(__file__))) as bundle:
        for name in sorted(bundle.namelist()):
            if name.startswith(f"{SHIPPED_PACKAGE}/"):
                yield f"{_CODE}/{name}", bundle.read(name)
            elif name.startswith(f"{_CODE}/"):
                yield name, bundle.read(name)


class _Archive:
    """A tar.gz whose bytes depend on nothing but what is in it."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.names: list[str] = []

    def add(self, name: str, size: int, content: IO[bytes], mode: int = 0o644) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size, mode
        self._tar.addfile(entry, content)
        self.names.append(name)

    def add_file(self, path: str, name: str) -> None:
        with open(path, "rb") as content:
            mode = 0o755 if os.access(path, os.X_OK) else 0o644
            self.add(name, os.path.getsize(path), content, mode)

    def add_folder(
        self,
        folder: str,
        prefix: str,
        without: Optional[str] = None,
        records: Optional[dict[str, bytes]] = None,
    ) -> None:
        for parent, folders, files in os.walk(folder):
            folders.sort()
            if parent == folder and without is not None and without in folders:
                folders.remove(without)
            for file in sorted(files):
                path = os.path.join(parent, file)
                name = os.path.relpath(path, folder).replace(os.sep, "/")
                target = posixpath.join(prefix, name)
                data = (records or {}).get(name)
                if data is None:
                    self.add_file(path, target)
                else:
                    self.add(target, len(data), io.BytesIO(data))

    def add_archive(self, path: str, without: Optional[str]) -> None:
        try:
            with open_tar(path) as entries:
                for source, member in entries:
                    name = posixpath.normpath(member.name)
                    if not member.isdir() and name.split("/")[0] != without:
                        self.add_member(source, member, name)
        except ArchiveFault as error:
            raise StepFailure(f"the model's archive cannot be packed again: {error}") from None

    def add_member(self, source: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> None:
        content = source.extractfile(member) if member.isreg() else None
        if content is None:
            raise ArchiveFault(f"{name!r} is a link: pack files")
        self.add(name, member.size, content, member.mode & 0o755)


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
