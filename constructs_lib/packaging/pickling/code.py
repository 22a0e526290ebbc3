"""Code objects, without what says where on this machine they stood."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator

FILE_NAME = "<step>"

# Kinds of location entry, see CPython's Objects/locations.md.
_LINE_ONLY = 13
_NO_LOCATION = 15
_MAX_UNITS = 8


def placed_at_one(code: types.CodeType) -> types.CodeType:
    """Return a code object, and all inside it, with lines counted from its own first one.

    Lines stay, so that tracebacks tell how far into the function an error is. Columns go: they
    would only mark text of a file that the container does not have.
    """
    return _placed(code, code.co_firstlineno)


def codes_in(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield a code object and all inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes_in(constant)


def _placed(code: types.CodeType, first: int) -> types.CodeType:
    constants = tuple(
        _placed(constant, first) if isinstance(constant, types.CodeType) else constant
        for constant in code.co_consts
    )
    # Class bodies and comprehensions of generated code may stand before their own function.
    line = max(1, code.co_firstlineno - first + 1)
    changed = code.replace(co_filename=FILE_NAME, co_firstlineno=line, co_consts=constants)
    if sys.version_info < (3, 11):
        return changed  # its line table is relative, and has no columns
    return changed.replace(co_linetable=_lines_only(code))


def _lines_only(code: types.CodeType) -> bytes:
    table = bytearray()
    previous = code.co_firstlineno
    for start, end, line in code.co_lines():
        units = (end - start) // 2
        while units > 0:
            length = min(units, _MAX_UNITS)
            units -= length
            kind = _NO_LOCATION if line is None else _LINE_ONLY
            table.append(0x80 | kind << 3 | length - 1)
            if line is not None:
                table += _signed(line - previous)
                previous = line
    return bytes(table)


def _signed(number: int) -> bytes:
    """Encode in groups of six bits, the lowest first, the sign in the lowest bit."""
    rest = -number << 1 | 1 if number < 0 else number << 1
    encoded = bytearray()
    while rest >= 64:
        encoded.append(0x40 | rest & 0x3F)
        rest >>= 6
    encoded.append(rest)
    return bytes(encoded)
