"""Drawings in a real browser."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.drawing.graph import Graph
from constructs_lib.drawing.page import page
from constructs_lib.drawing.svg import svg
from tests.browser import chromium, dump_dom, screenshot
from tests.unit.drawing.graphs import HOSTILE, fan, hostile, tangle, tumour

pytestmark = pytest.mark.skipif(chromium() is None, reason="needs Chromium")

# Names of steps whose texts are not inside of their box, or overlap their sign.
_OVERFLOWING = """
[...document.querySelectorAll(".node")].filter((node) => {
  const box = node.querySelector(".box").getBBox();
  const sign = node.querySelector(".sign");
  const right = box.width - (sign ? 26 : 0);
  return [...node.querySelectorAll("text")].some((text) => {
    const at = text.getBBox();
    return at.x < 0 || at.x + at.width > right || at.y < 0 || at.y + at.height > box.height;
  });
}).map((node) => node.dataset.step)
"""
_TELL = """
  document.body.innerHTML = "<pre id=found></pre>";
  document.getElementById("found").textContent = JSON.stringify(value);
"""
_STATES = ("succeeded", "failed", "executing", "cached", "not-run", "stopped", "waiting", "")


def evaluated(folder: Path, drawn: str, script: str, **options: Any) -> Any:
    """Return what an expression is worth in a page, once the page's own scripts have run."""
    file = folder / "page.html"
    file.write_text(f"{drawn}<script>{{ const value = {script}; {_TELL} }}</script>", "utf-8")
    found = re.search(r'<pre id="found">(.*?)</pre>', dump_dom(file, **options), re.S)
    assert found is not None
    return json.loads(unescape(found[1]))


def with_states(graph: Graph) -> Graph:
    nodes = [
        replace(node, state=_STATES[number % len(_STATES)])
        for number, node in enumerate(graph.nodes)
    ]
    return replace(graph, nodes=tuple(nodes))


def test_no_text_leaves_its_box(tmp_path: Path) -> None:
    """With the fonts of this machine, from one step to five hundred, whatever their names."""
    one = replace(tumour(), nodes=tumour().nodes[:1], edges=())
    graphs = [one, with_states(tumour()), fan(40), with_states(tangle(500)), hostile()]
    drawn = "".join(svg(graph, alone=True) for graph in graphs)
    assert evaluated(tmp_path, f"<!DOCTYPE html><meta charset=utf-8>{drawn}", _OVERFLOWING) == []


def test_hostile_names_run_nothing(tmp_path: Path) -> None:
    """They are shown as they are; each can be chosen and says its name."""
    script = """(() => {
      const names = [...document.querySelectorAll("#steps button")].map((entry) => {
        entry.click();
        return document.querySelector("#told h2").textContent;
      });
      return { names, elements: document.querySelectorAll("#view i, #told i, #steps i").length };
    })()"""
    found = evaluated(tmp_path, page(hostile()), script)
    assert found["elements"] == 0
    assert len(set(found["names"])) == len(HOSTILE)
    assert found["names"][:3] == list(HOSTILE[:3])


def test_search_choose_and_zoom(tmp_path: Path) -> None:
    """Words find steps; a chosen step shows its details and lights its edges."""
    script = """(() => {
      const input = document.getElementById("search");
      input.value = "te model";
      input.dispatchEvent(new Event("input"));
      const shown = [...document.querySelectorAll("#steps li:not([hidden]) button")];
      input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
      const width = () => document.querySelector("#view svg").getBoundingClientRect().width;
      const before = width();
      document.getElementById("larger").click();
      return {
        shown: shown.map((entry) => entry.dataset.step),
        chosen: document.querySelector("#told h2").textContent,
        after: [...document.querySelectorAll("#told .link")].map((link) => link.textContent),
        lit: document.querySelectorAll(".edge.lit").length,
        hash: location.hash,
        larger: width() / before,
      };
    })()"""
    found = evaluated(tmp_path, page(tumour()), script)
    assert found["larger"] == pytest.approx(1.25, rel=0.001)
    del found["larger"]
    assert found == {
        "shown": ["register"],
        "chosen": "register",
        "after": ["train", "GoodEnough"],
        "lit": 2,
        "hash": "#register",
    }


def test_a_click_on_a_step_in_the_drawing(tmp_path: Path) -> None:
    """Chooses it; one beside it chooses nothing. A step of a frame lights the frame's edges."""
    script = """(() => {
      const node = document.querySelector('#view .node[data-step="train-7"]');
      node.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      const lit = document.querySelectorAll(".edge.lit").length;
      const told = document.querySelector("#told h2").textContent;
      document.querySelector("#view svg").dispatchEvent(new MouseEvent("click", { bubbles: true }));
      return [told, lit, document.getElementById("details").hidden];
    })()"""
    assert evaluated(tmp_path, page(fan(40)), script) == ["train-7", 2, True]


@pytest.mark.parametrize("dark", [False, True])
def test_light_and_dark(tmp_path: Path, dark: bool) -> None:
    """The colours are those that the reader's system asks for, with contrast enough to read."""
    script = """(() => {
      const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      const light = (colour) => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
          const part = value / 255;
          return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const nodes = [...document.querySelectorAll("#view .node")];
      return {
        ground: light(getComputedStyle(document.body).backgroundColor),
        least: Math.min(...nodes.flatMap((node) => {
          const fill = light(getComputedStyle(node.querySelector(".box")).fill);
          return [...node.querySelectorAll("text")].map(
            (text) => contrast(light(getComputedStyle(text).fill), fill));
        })),
      };
    })()"""
    found = evaluated(tmp_path, page(with_states(fan(12))), script, dark=dark)
    assert (found["ground"] < 0.1) == dark
    assert found["least"] >= 4.5  # WCAG 2.2, 1.4.3


def test_a_picture_can_be_taken(tmp_path: Path) -> None:
    """The SVG file shows by itself."""
    file = tmp_path / "graph.svg"
    file.write_text(svg(tumour(), alone=True), encoding="utf-8")
    screenshot(file, tmp_path / "graph.png", width=500, height=500)
    assert (tmp_path / "graph.png").stat().st_size > 5000
