"""Strings and numbers as source, the same on every Python."""

from __future__ import annotations

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def print_constant(value: object) -> str:
    """Return the source of a constant."""
    if value is Ellipsis:
        return "..."
    if isinstance(value, str):
        return print_string(value)
    if isinstance(value, bytes):
        # Latin-1 maps each byte to the character of the same number, all of which are escaped
        # as bytes are.
        return "b" + _quoted("".join(_byte(byte) for byte in value), value.decode("latin-1"))
    if isinstance(value, int) and value.bit_length() > _LONGEST_DECIMAL:
        return hex(value)
    # An infinite float can only be written as a number that is too large.
    return repr(value).replace("inf", "1e309")


# Python refuses to write longer numbers in decimal by default.
_LONGEST_DECIMAL = 10_000


def print_string(text: str) -> str:
    """Return a string literal on one line, in double quotes unless that needs more escapes."""
    return _quoted(escape(text), text)


def print_docstring(text: str) -> str:
    """Return a docstring over its own lines where that is exactly the same text."""
    readable = escape(text.replace("\n", "")) == text.replace("\n", "").replace("\\", "\\\\")
    if not readable or '"""' in text or text.endswith('"'):
        return print_string(text)
    return '"""' + text.replace("\\", "\\\\") + '"""'


def escape(text: str) -> str:
    """Escape what cannot stand in a literal as it is; quotes are left to the caller.

    The rule does not ask whether Python finds a character printable: that changes between
    versions.
    """
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    return "".join(_character(character) for character in text)


def _character(character: str) -> str:
    code = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    if code < 0x20 or 0x7F <= code <= 0xA0:
        return f"\\x{code:02x}"
    if 0xD800 <= code <= 0xDFFF or code in {0x2028, 0x2029, 0xFEFF}:
        return f"\\u{code:04x}"
    return character


def _byte(byte: int) -> str:
    character = chr(byte)
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if 0x20 <= byte < 0x7F else f"\\x{byte:02x}"


def _quoted(escaped: str, text: str) -> str:
    if '"' in text and "'" not in text:
        return f"'{escaped}'"
    return '"' + escaped.replace('"', '\\"') + '"'
