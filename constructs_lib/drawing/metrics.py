"""How wide a text is, without a font at hand."""

from __future__ import annotations

import unicodedata

# Em widths of DejaVu Sans, the widest of the fonts that stand for sans-serif: no other overflows.
_WIDTHS = {
    **dict.fromkeys("ijl'|", 0.3),
    **dict.fromkeys("I.,:;! ", 0.36),
    **dict.fromkeys('frt()[]{}/\\-`"·', 0.46),
    **dict.fromkeys("_szcxvyk*", 0.6),
    **dict.fromkeys("abdeghnopqu?^", 0.64),
    **dict.fromkeys("0123456789$LFJTXZKEPRSYBCV", 0.7),
    **dict.fromkeys("ADGHNOQU&#+<>=~≥≤→\N{MULTIPLICATION SIGN}", 0.84),
    **dict.fromkeys("mwMW%@…", 1.01),
}
_OTHER = 0.72
_WIDE = 1.05
_EMOJI = 1.4
_ELLIPSIS = "…"


def text_width(text: str, size: float) -> float:
    """Return how wide a text is at most, in the unit of the font's size."""
    return sum(map(_width, text)) * size


def shortened(text: str, size: float, width: float) -> str:
    """Return a text that fits into a width: if it does not, its middle is left out."""
    if text_width(text, size) <= width:
        return text
    room = width - text_width(_ELLIPSIS, size)
    start, end = 0, len(text)
    while start < end:
        at_start = start <= len(text) - end
        room -= _width(text[start] if at_start else text[end - 1]) * size
        if room < 0:
            break
        start, end = (start + 1, end) if at_start else (start, end - 1)
    return f"{_whole(text[:start])}{_ELLIPSIS}{_tail(text[end:])}"


def _width(character: str) -> float:
    known = _WIDTHS.get(character)
    if known is not None:
        return known
    if ord(character) >= 0x1F000 or 0x2600 <= ord(character) < 0x27C0:
        return _EMOJI
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Cf"}:
        return 0.0
    return _WIDE if unicodedata.east_asian_width(character) in "WF" else _OTHER


def _whole(text: str) -> str:
    """Return the beginning without what would join the ellipsis, such as half an emoji."""
    return text.rstrip("\u200d ")


def _tail(text: str) -> str:
    """Return the end without marks that belong to a character that was left out."""
    while text and (_width(text[0]) == 0 or text[0] == " "):
        text = text[1:]
    return text
