"""What is shown of a file, by how it is stored or what it is called. Nothing is unpickled."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from constructs_lib.report.arrays import show_npy, show_safetensors
from constructs_lib.report.files import File
from constructs_lib.report.limits import ImageBudget, Limits
from constructs_lib.report.record import Preview
from constructs_lib.report.tables import show_arrow, show_csv, show_parquet

_LARGEST_JSON = 1 << 18  # bytes
_LARGEST_IMAGE = 1 << 19  # bytes
_IMAGES = {
    "png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", b"\xff\xd8\xff"),
    "jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    "gif": ("image/gif", b"GIF8"),
    # Shown as an image, an SVG runs no scripts and loads nothing.
    "svg": ("image/svg+xml", b""),
}
_PICKLES = {"pkl", "pickle", "joblib", "pt", "pth", "bin"}

Show = Callable[[File, Limits], Preview]


def preview(file: File, limits: Limits, images: ImageBudget, serializer: str = "") -> Preview:
    """Return what is shown of a file.

    Args:
        file: The file.
        limits: How much of it.
        images: Room for images.
        serializer: How it is stored; empty to go by its name.
    """
    kind = serializer if serializer not in {"", "path", "custom"} else file.suffix
    try:
        if kind in {"pickle", "joblib"} or kind in _PICKLES:
            return Preview("not opened, since a pickle may run code")
        if kind in _IMAGES:
            return _show_image(file, kind, images)
        return _SHOWN.get(kind, _show_text)(file, limits)
    except ModuleNotFoundError as error:
        return Preview(f"no preview: it takes the package {error.name}, which is not installed")
    except Exception as error:  # noqa: BLE001 - a damaged file raises whatever its reader does
        return Preview(f"no preview: {type(error).__name__}: {str(error)[:200]}")


def _show_image(file: File, kind: str, images: ImageBudget) -> Preview:
    media, magic = _IMAGES[kind]
    if file.size > _LARGEST_IMAGE:
        return Preview(f"no preview: images of up to {_LARGEST_IMAGE >> 10} KB are shown")
    content = file.read(0, file.size)
    if not content.startswith(magic):
        return Preview(f"no preview: it is not what its name says, {media}")
    if not images.takes(len(content)):
        return Preview("no preview: the page has enough images")
    return Preview(image=f"data:{media};base64,{base64.b64encode(content).decode()}")


def _show_json(file: File, limits: Limits) -> Preview:
    if file.size > _LARGEST_JSON:
        return _show_text(file, limits)
    content = file.read(0, file.size).decode(errors="replace")
    try:
        text = json.dumps(json.loads(content), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = content
    return _text(text, len(text), limits)


def _show_text(file: File, limits: Limits) -> Preview:
    content = file.read(0, limits.text * 4)
    if b"\0" in content:
        return Preview("no preview: it is no text")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        if error.start < len(content) - 4:
            return Preview("no preview: it is no text in UTF-8")
        text = content[: error.start].decode()
    return _text(text, file.size, limits)


def _text(text: str, size: int, limits: Limits) -> Preview:
    if len(text) <= limits.text and size <= limits.text * 4:
        return Preview(text=text)
    return Preview(f"the first {limits.text:,} of {size:,} characters", text=text[: limits.text])


_SHOWN: dict[str, Show] = {
    "arrow": show_arrow,
    "feather": show_arrow,
    "parquet": show_parquet,
    "csv": show_csv,
    "tsv": show_csv,
    "npy": show_npy,
    "safetensors": show_safetensors,
    "json": _show_json,
}
