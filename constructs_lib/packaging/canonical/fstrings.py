"""F-strings as source that every Python reads, where there is such source."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from constructs_lib.packaging.canonical.errors import UnprintableNodeError
from constructs_lib.packaging.canonical.literals import (
    QUOTES,
    BackslashNeededError,
    escape,
    print_plain,
)

_CONVERSIONS = {-1: "", ord("s"): "!s", ord("r"): "!r", ord("a"): "!a"}

# Prints an expression that stands in f-strings with these quotes and must avoid them.
Inner = Callable[[ast.AST, Sequence[str]], str]

_Expression = Callable[[ast.AST], str]
_Text = Callable[[str, bool], str]


def print_joined(node: ast.JoinedStr, inner: Inner, enclosing: Sequence[str]) -> str:
    """Return an f-string.

    Before Python 3.12 its expressions could hold neither its quotes nor a backslash. Only if no
    choice of quotes can avoid them do they stand there.

    Args:
        node: The f-string.
        inner: Prints its expressions.
        enclosing: The quotes of the f-strings that it stands in, if it must avoid them and
            backslashes.

    Raises:
        BackslashNeededError: It cannot avoid them.
        UnprintableNodeError: It has a part that this printer does not know.
    """
    if enclosing:
        return _nested(node, inner, enclosing)
    quotes = _preferred(node)
    for quote in quotes:
        try:
            return _outermost(node, inner, quote, (quote,))
        except BackslashNeededError:
            continue
    return _outermost(node, inner, quotes[0], ())


def _preferred(node: ast.JoinedStr) -> Sequence[str]:
    texts = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    double, single, *triple = QUOTES
    return (single, double, *triple) if double in texts and single not in texts else QUOTES


def _outermost(node: ast.JoinedStr, inner: Inner, quote: str, avoid: Sequence[str]) -> str:
    def text(value: str, in_specification: bool) -> str:
        escaped = escape(value).replace(quote[0], f"\\{quote[0]}")
        if in_specification:  # where doubled braces mean something else
            return escaped.replace("{", "\\x7b").replace("}", "\\x7d")
        return _doubled(escaped)

    return f"f{quote}{_body(node, lambda part: inner(part, avoid), text)}{quote}"


def _nested(node: ast.JoinedStr, inner: Inner, enclosing: Sequence[str]) -> str:
    def text(value: str, in_specification: bool) -> str:
        if in_specification and _doubled(value) != value:
            raise BackslashNeededError(value)
        return _doubled(value)

    def attempt(quote: str) -> str:
        body = _body(node, lambda part: inner(part, (*enclosing, quote)), text)
        return print_plain("f", body, enclosing, quotes=(quote,))

    for quote in QUOTES:
        if any(other in quote for other in enclosing):
            continue  # before what is inside is tried: the search stays small
        try:
            return attempt(quote)
        except BackslashNeededError:
            continue
    raise BackslashNeededError


def _doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _body(
    node: ast.AST, expression: _Expression, text: _Text, in_specification: bool = False
) -> str:
    """Return what stands between the quotes, or after the colon of a value in it."""
    if not isinstance(node, ast.JoinedStr):
        raise UnprintableNodeError(node)
    pieces: list[str] = []
    for part in node.values:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            pieces.append(text(part.value, in_specification))
        elif isinstance(part, ast.FormattedValue) and part.conversion in _CONVERSIONS:
            inside = expression(part.value)
            space = " " if inside.startswith("{") else ""
            pieces += ["{", space, inside, _CONVERSIONS[part.conversion]]
            if part.format_spec is not None:
                pieces += [":", _body(part.format_spec, expression, text, True)]
            pieces.append("}")
        else:
            raise UnprintableNodeError(part)
    return "".join(pieces)
