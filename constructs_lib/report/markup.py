"""HTML that is escaped unless it was made here."""

from __future__ import annotations

import html
from collections.abc import Iterable

_VOID = frozenset({"br", "img", "input", "meta"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, /, *content: str, **attributes: str | float | bool | None) -> Html:
    """Return an element.

    Args:
        name: Of the tag.
        *content: Elements, or texts to be escaped.
        **attributes: ``class_`` and ``aria_label`` stand for ``class`` and ``aria-label``; true
            is an attribute without a value, false and None are none.
    """
    parts = [name]
    for key, value in attributes.items():
        label = key.rstrip("_").replace("_", "-")
        if value is True:
            parts.append(label)
        elif value is not None and value is not False:
            parts.append(f'{label}="{html.escape(str(value))}"')
    opening = f"<{' '.join(parts)}>"
    return Html(opening if name in _VOID else f"{opening}{join(content)}</{name}>")


def join(content: Iterable[str], between: str = "") -> Html:
    """Return elements and texts, those escaped, as one."""
    return Html(between.join(c if isinstance(c, Html) else html.escape(c) for c in content))


def table(
    head: Iterable[str], rows: Iterable[Iterable[str]], **attributes: str | float | bool | None
) -> Html:
    """Return a table; a cell that is no ``td`` or ``th`` yet becomes one."""
    names = join(element("th", name, scope="col") for name in head)
    body = join(element("tr", *map(_cell, row)) for row in rows)
    content = (element("thead", element("tr", names)), element("tbody", body))
    # A wide table scrolls inside of the page.
    return element("div", element("table", *content, **attributes), class_="wide", tabindex=0)


def _cell(content: str) -> Html:
    if isinstance(content, Html) and content.startswith(("<td", "<th")):
        return content
    return element("td", content)
