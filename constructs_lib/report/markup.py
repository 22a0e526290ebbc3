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
    parts = (c if isinstance(c, Html) else html.escape(c) for c in content)
    return Html((between if isinstance(between, Html) else html.escape(between)).join(parts))


def table(
    head: Iterable[str], rows: Iterable[Iterable[str]], **attributes: str | float | bool | None
) -> Html:
    """Return a table; what is no cell yet becomes one."""
    names = join(n if _is_cell(n) else element("th", n, scope="col") for n in head)
    body = join(element("tr", *map(_cell, row)) for row in rows)
    content = (element("thead", element("tr", names)), element("tbody", body))
    # A wide table scrolls inside of the page.
    return element("div", element("table", *content, **attributes), class_="wide")


def _cell(content: str) -> str:
    return content if _is_cell(content) else element("td", content)


def _is_cell(content: str) -> bool:
    return isinstance(content, Html) and content.startswith(("<td", "<th"))


def number_head(name: str) -> Html:
    """Return the head of a column of numbers."""
    return element("th", name, scope="col", class_="number")
