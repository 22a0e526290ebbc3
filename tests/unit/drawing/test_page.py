"""Graphs as a page; what it does is tested in a browser."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

from constructs_lib.drawing.page import page
from tests.unit.drawing.graphs import HOSTILE, hostile, tumour

_VOID = {"meta", "input", "rect", "path", "circle"}


class Elements(HTMLParser):
    """Collects the elements, and what is open at the end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag


def test_it_needs_nothing_else() -> None:
    """No address of anything; and the browser is told to load nothing."""
    text = page(tumour())
    assert "default-src 'none'" in text
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(src|@import|url\()", re.sub(r"\w+-src", "", text))


def test_hostile_texts_end_no_element() -> None:
    """All elements are those of the template and of the drawing, and the data is whole."""
    text = page(hostile())
    elements = Elements(text)
    assert elements.open == []
    tags = [tag for tag, _ in elements.found]
    assert tags.count("script") == 2
    assert tags.count("style") == 1
    assert not {"i", "b", "iframe", "img"} & {*tags} - {"b"}
    assert tags.count("b") == len(HOSTILE)
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert found is not None
    assert len(json.loads(found[1])) == len(HOSTILE)


def test_each_step_is_in_the_list() -> None:
    """Which can be searched, and reached with the keyboard."""
    buttons = [attributes for tag, attributes in Elements(page(tumour())).found if tag == "button"]
    assert [b["data-step"] for b in buttons if "data-step" in b] == [n.name for n in tumour().nodes]
