"""Text that may hold anything, for XML and HTML."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import urlsplit

# What XML 1.0 has no way to write.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Browsers do not see these in front of a scheme.
_BLANK = re.compile(r"[\x00-\x20]")
_NOT_IN_CLASS = re.compile(r"[^a-z0-9-]+")


def cleaned(text: str) -> str:
    """Return a text as it comes out of a document again.

    Line breaks are those of HTML; what no document can hold is replaced.
    """
    return _FORBIDDEN.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def escaped(text: str) -> str:
    """Return a text for content or a quoted attribute."""
    return escape(cleaned(text))


def class_of(text: str) -> str:
    """Return a word as the name of a CSS class, such as ``not-run`` for Not Run."""
    return _NOT_IN_CLASS.sub("-", text.lower()).strip("-")


def link_of(href: str) -> str:
    """Return a link, or an empty text if it would not lead to a page."""
    try:
        scheme = urlsplit(_BLANK.sub("", href)).scheme
    except ValueError:
        return ""
    return href if scheme in {"", "http", "https"} else ""


def one_line(text: str) -> str:
    """Return a text without line breaks and what a terminal would take as a command."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))
