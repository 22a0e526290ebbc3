"""What files of arrays say of themselves: their headers, with no package to read them."""

from __future__ import annotations

import ast
import json

from constructs_lib.report.files import File
from constructs_lib.report.limits import Limits
from constructs_lib.report.record import Preview, Table

_MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 1 << 16  # bytes
_LARGEST_ARRAY = 1 << 20  # bytes; of a larger one, no values are shown


def show_npy(file: File, limits: Limits) -> Preview:
    """Return shape and type of an array, and its first values where numpy is installed.

    https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
    """
    start = file.read(0, 12)
    if not start.startswith(_MAGIC):
        return Preview("no preview: it is no npy file")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(start[8 : 8 + width], "little")
    if length > _LONGEST_HEADER:
        return Preview("no preview: its header is too long")
    header = ast.literal_eval(file.read(8 + width, length).decode("latin-1").strip())
    shape, kind = tuple(header["shape"]), str(header["descr"])
    note = f"array of shape {shape}, type {kind}"
    if "O" in kind or file.size > _LARGEST_ARRAY:
        return Preview(note)
    try:
        import numpy as np
    except ModuleNotFoundError:
        return Preview(f"{note}; its values are shown where the package numpy is installed")
    content = np.frombuffer(file.read(8 + width + length, file.size), dtype=header["descr"])
    values = content.reshape(shape, order="F" if header["fortran_order"] else "C")
    shown = np.array2string(values, threshold=60, edgeitems=3, max_line_width=100)
    return Preview(note, text=shown[: limits.text])


def show_safetensors(file: File, limits: Limits) -> Preview:
    """Return names, types and shapes of tensors.

    https://github.com/huggingface/safetensors#format
    """
    length = int.from_bytes(file.read(0, 8), "little")
    if length > _LONGEST_HEADER * 16:
        return Preview("no preview: its header is too long")
    header = json.loads(file.read(8, length))
    tensors = [(name, entry) for name, entry in header.items() if name != "__metadata__"]
    rows = [
        (str(name)[:60], str(entry["dtype"]), " x ".join(map(str, entry["shape"])) or "scalar")
        for name, entry in tensors[: limits.rows]
    ]
    note = f"{len(tensors):,} tensor{'' if len(tensors) == 1 else 's'}"
    return Preview(note, Table(("tensor", "type", "shape"), tuple(rows)))
