"""Strings and numbers as source, the same on every Python."""

from __future__ import annotations

import re
from collections.abc import Sequence

QUOTES = ('"', "'", '"""', "'''")

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Control characters, invisible ones, those that reorder the text around them, and surrogates,
# which no file can hold. What Python finds printable is not asked: that changes between versions.
_UNREADABLE = re.compile(
    "[\\\\\x00-\x1f\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)
# What no literal without backslashes can hold.
_UNWRITABLE = re.compile("[\\\\\x00\r\ud800-\udfff]")
# Python refuses to read longer numbers in decimal by default.
_LONGEST_DECIMAL_BITS = 10_000


class BackslashNeededError(Exception):
    """A text has no literal that the expressions of f-strings may hold before Python 3.12."""


def print_constant(value: object, enclosing: Sequence[str] = ()) -> str:
    """Return the source of a constant.

    Args:
        value: The constant.
        enclosing: The quotes of the f-strings that it stands in, if it must avoid them and
            backslashes.

    Raises:
        BackslashNeededError: It cannot avoid them.
        ValueError: There is no literal for it.
    """
    if value is Ellipsis:
        return "..."
    if isinstance(value, str):
        return print_plain("", value, enclosing) if enclosing else _quoted(escape(value), value)
    if isinstance(value, bytes):
        return _bytes(value, enclosing)
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float, complex)):
        return _number(value)
    raise ValueError(f"{type(value).__name__} has no literal")


def print_docstring(text: str) -> str:
    """Return a docstring over its own lines where that is exactly the same text."""
    readable = not _UNREADABLE.search(text.replace("\n", "").replace("\\", ""))
    if not readable or '"""' in text or text.endswith('"'):
        return print_constant(text)
    return '"""' + text.replace("\\", "\\\\") + '"""'


def print_plain(
    prefix: str, body: str, enclosing: Sequence[str], *, quotes: Sequence[str] = QUOTES
) -> str:
    """Return a literal without backslashes that avoids the quotes of its f-strings.

    Args:
        prefix: What stands before its quotes.
        body: What stands between them.
        enclosing: The quotes of the f-strings that it stands in.
        quotes: The quotes that it may have itself.

    Raises:
        BackslashNeededError: There is none.
    """
    for quote in quotes:
        if _fits(body, quote) and not any(
            other in quote or other in body or (len(other) == 1 and "\n" in body)
            for other in enclosing
        ):
            return f"{prefix}{quote}{body}{quote}"
    raise BackslashNeededError(body)


def escape(text: str) -> str:
    """Escape what cannot stand in a literal, or be read there; quotes are left to the caller."""
    return _UNREADABLE.sub(_escaped, text)


def _fits(body: str, quote: str) -> bool:
    if quote in body or body.endswith(quote[0]) or _UNWRITABLE.search(body):
        return False
    return len(quote) > 1 or "\n" not in body


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _ESCAPES.get(character) or (f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}")


def _bytes(value: bytes, enclosing: Sequence[str]) -> str:
    # Latin-1 maps each byte to the character of the same number.
    text = value.decode("latin-1")
    if not enclosing:
        ascii_only = re.sub("[^\x00-\x7f]", lambda match: f"\\x{ord(match[0]):02x}", escape(text))
        return "b" + _quoted(ascii_only, text)
    if not text.isascii():
        raise BackslashNeededError(text)
    return print_plain("b", text, enclosing)


def _number(value: complex) -> str:
    if isinstance(value, int) and value.bit_length() > _LONGEST_DECIMAL_BITS:
        return hex(value)
    text = repr(value)
    if text.startswith(("-", "(")) or "nan" in text:
        raise ValueError(f"{text} has no literal")
    # An infinite number can only be written as one that is too large.
    return text.replace("inf", "1e309") if not isinstance(value, int) else text


def _quoted(escaped: str, text: str) -> str:
    if '"' in text and "'" not in text:
        return f"'{escaped}'"
    return '"' + escaped.replace('"', '\\"') + '"'
