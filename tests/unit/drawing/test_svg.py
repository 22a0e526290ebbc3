"""Graphs as SVG."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from constructs_lib.drawing.colours import css
from constructs_lib.drawing.graph import Edge, Graph, Node
from constructs_lib.drawing.svg import svg
from tests.unit.drawing.graphs import HOSTILE, fan, hostile, mapped, tumour

SVG = "{http://www.w3.org/2000/svg}"


def parsed(graph: Graph, **options: bool) -> ET.Element:
    return ET.fromstring(svg(graph, **options))


def of_class(root: ET.Element, name: str) -> list[ET.Element]:
    return [one for one in root.iter() if name in one.get("class", "").split()]


def test_it_says_what_it_is() -> None:
    """To those who cannot see it: a role, a label and a title, with the states counted."""
    graph = tumour()
    graph = replace(graph, nodes=(replace(graph.nodes[0], state="not-run"), *graph.nodes[1:]))
    root = parsed(graph)
    assert root.get("role") == "img"
    assert root.get("aria-label") == "tumour: 6 steps, 1 not run"
    assert root.findtext(f"{SVG}title") == "tumour: 6 steps, 1 not run"
    assert root.get("viewBox")


def test_each_step_has_its_whole_name_as_title() -> None:
    """Also where the name itself is shortened."""
    name = "a" * 64
    root = parsed(Graph("long", (Node(name, "Training", "note", "failed"),), ()))
    (node,) = of_class(root, "node")
    assert node.findtext(f"{SVG}title") == f"{name}\nTraining · note\nfailed"
    (text,) = of_class(root, "name")
    assert text.text is not None
    assert len(text.text) < 64


@pytest.mark.parametrize("state", ["", "failed"])
@pytest.mark.parametrize("note", [f"{length} ms" for length in range(1, 2000, 37)])
def test_texts_that_have_room_are_whole(state: str, note: str) -> None:
    """Boxes are as wide as the widest of them, not a rounding less."""
    root = parsed(Graph("short", (Node("train", "Training", note, state),), ()))
    assert [text.text for text in of_class(root, "second")] == [f"Training · {note}"]


def test_states_and_kinds_are_classes() -> None:
    """For the style, and for the scripts of a page."""
    graph = Graph(
        "states",
        (Node("a", "Training", state="Not Run"), Node("b", "Training")),
        (Edge("a", "b", "order", "added"),),
    )
    root = parsed(graph)
    assert [node.get("class") for node in of_class(root, "node")] == ["node not-run", "node"]
    (edge,) = of_class(root, "edge")
    assert edge.get("class") == "edge order added"
    assert (edge.get("data-source"), edge.get("data-target")) == ("a", "b")


def test_a_state_is_more_than_a_colour() -> None:
    """A sign at the step, a word in the legend and in the title, a text at the edge."""
    root = parsed(
        Graph(
            "change",
            (Node("a", "Training", state="added"), Node("b", "Training", state="removed")),
            (Edge("a", "b", state="removed"),),
        )
    )
    assert len(of_class(root, "sign")) == 4  # two at steps, two in the legend
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert "1 added" in texts
    assert "\N{MINUS SIGN} removed" in texts


def test_branches_are_labelled() -> None:
    """With if and else."""
    texts = [text.text for text in parsed(tumour()).iter(f"{SVG}text")]
    assert texts.count("if") == 1
    assert texts.count("else") == 1


def test_a_body_is_inside_and_needs_no_edge() -> None:
    """The edges that lead into a ForEach step's body are not drawn."""
    root = parsed(mapped())
    assert len(of_class(root, "holds-body")) == 1
    assert len(of_class(root, "edge")) == 5


def test_a_frame_says_how_many_and_how_they_are() -> None:
    """That is read before any of them."""
    graph = fan(9)
    nodes = (*graph.nodes[:-2], replace(graph.nodes[-2], state="failed"), graph.nodes[-1])
    (frame,) = of_class(parsed(replace(graph, nodes=nodes)), "frame")
    assert frame.findtext(f"{SVG}text") == "parallel: 9 steps, 1 failed"


def test_alone_it_has_its_style() -> None:
    """In a page, the page has it once."""
    assert f"<style>{css()}</style>" in svg(tumour(), alone=True)
    assert "<style>" not in svg(tumour())
    assert "prefers-color-scheme: dark" in css()


@pytest.mark.parametrize(
    ("href", "link"),
    [
        ("#train", "#train"),
        ('log.html?a=1&b="', 'log.html?a=1&b="'),
        ("https://a.b/c", "https://a.b/c"),
        ("javascript:alert(1)", None),
        (" JavaScript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("http://[", None),
    ],
)
def test_links(href: str, link: str | None) -> None:
    """A step may lead to a page, and to nothing that runs."""
    root = parsed(Graph("link", (Node("a", "Training", href=href),), ()))
    found = root.find(f"{SVG}a")
    assert (None if found is None else found.get("href")) == link


def test_hostile_texts_stay_texts() -> None:
    """Whatever a name holds, the XML is well-formed and has no element of it."""
    root = parsed(hostile(), alone=True)
    nodes = of_class(root, "node")
    assert len(nodes) == len(HOSTILE)
    tags = {one.tag.removeprefix(SVG) for one in root.iter()}
    assert tags <= {"svg", "title", "style", "rect", "g", "path", "text", "circle", "a"}
    assert {one.get("data-step") for one in nodes} >= {HOSTILE[0], HOSTILE[1], HOSTILE[2]}


def test_nothing_has_a_drawing_too() -> None:
    """A pipeline without steps is an empty picture, not an error."""
    assert parsed(Graph("", (), ())).get("aria-label") == ": 0 steps"
