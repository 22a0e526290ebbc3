"""npy: arrays of numpy.

https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import io
import os
import sys
from typing import Any, Optional

# A smaller array is read into memory: a mapping takes a page and a system call or two.
_LEAST_MAPPED = 1 << 20
# Characters; numpy reads no header of more than 10,000.
_LONGEST_DTYPE = 8000


def refusal(value: Any) -> Optional[str]:
    """Return why npy cannot give back exactly this value; None if it can."""
    numpy = sys.modules["numpy"]
    if type(value) not in (numpy.ndarray, numpy.memmap):
        return f"it is a {type(value).__qualname__}, not a numpy.ndarray"
    dtype = value.dtype
    if dtype.hasobject:
        return f"its dtype is {dtype}"
    try:
        from numpy.lib.format import descr_to_dtype, dtype_to_descr

        again = descr_to_dtype(dtype_to_descr(dtype)) if dtype.metadata is None else None
    except (ImportError, ValueError, TypeError):
        again = None
    if len(repr(dtype)) > _LONGEST_DTYPE:
        return "its dtype has too long a description"
    if again != dtype or again.isalignedstruct != dtype.isalignedstruct:
        return f"a part of its dtype {dtype!r} would be lost"
    return None


def write(value: Any, out: Any) -> None:
    """Write an array from its own memory; what is not contiguous goes through a small buffer."""
    numpy = sys.modules["numpy"]
    array = numpy.asarray(value)
    data = array if array.flags.c_contiguous else array.T
    header = io.BytesIO()
    try:
        if not data.flags.c_contiguous or not data.nbytes:
            raise ValueError
        fields = numpy.lib.format.header_data_from_array_1_0(array)
        numpy.lib.format.write_array_header_1_0(header, fields)
        content = data.reshape(-1).view(numpy.uint8)
    except ValueError:
        numpy.save(out, array, allow_pickle=False)
        return
    out.write(header.getvalue())
    out.write(content)


def read(path: str) -> Any:
    """Return the array; a large one is mapped, and what is changed in it stays in memory."""
    import numpy

    if os.path.getsize(path) >= _LEAST_MAPPED:
        return numpy.asarray(numpy.lib.format.open_memmap(path, mode="c"))
    # Not numpy.load, which looks at the file to find out what it is, and may find a pickle.
    with open(path, "rb") as file:
        return numpy.lib.format.read_array(file, allow_pickle=False)
