"""Graphs as text, Mermaid and DOT."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from constructs_lib.drawing.change import changed
from constructs_lib.drawing.dot import dot
from constructs_lib.drawing.graph import Edge, Graph, Node
from constructs_lib.drawing.mermaid import mermaid
from constructs_lib.drawing.text import text
from tests.unit.drawing.graphs import HOSTILE, hostile, mapped, tumour

DOT = shutil.which("dot")


def change() -> Graph:
    new = replace(
        tumour(),
        nodes=(*tumour().nodes[:-1], Node("notify", "Lambda", branch=("GoodEnough", "else"))),
        edges=(*tumour().edges[:-1], Edge("GoodEnough", "notify", "else")),
    )
    return changed(tumour(), new)


def test_text_of_a_change() -> None:
    """Each line begins with a mark; also what a step waits for no more is marked."""
    assert text(change()).splitlines() == [
        "  split",
        "  train  ← split",
        "  evaluate  ← split, train",
        "  GoodEnough [Condition]  ← evaluate",
        "    if",
        "      register [RegisterModel]  ← train",
        "    else",
        "\N{MINUS SIGN}     TooWeak [Fail]",
        "+     notify [Lambda]",
    ]
    new = replace(tumour(), edges=(Edge("split", "train", "order"), *tumour().edges[1:]))
    lines = text(changed(tumour(), new)).splitlines()
    assert lines[1] == "⇄ train  ← +split, \N{MINUS SIGN}split"


def test_text_of_hostile_names_has_a_line_each() -> None:
    """And nothing that a terminal would obey."""
    lines = text(hostile()).splitlines()
    assert len(lines) == len(HOSTILE)
    assert all(line.isprintable() for line in lines)


def test_mermaid_of_a_change() -> None:
    """Marks and words, thick and dotted edges, borders of a colour."""
    lines = mermaid(change()).splitlines()
    assert '  s5(["\N{MINUS SIGN} TooWeak"])' in lines
    assert '  s6["+ notify"]' in lines
    assert "  s3 ==>|+ else| s6" in lines
    assert "  s3 -.->|\N{MINUS SIGN} else| s5" in lines
    assert "  class s6 added" in lines


def test_mermaid_of_hostile_names() -> None:
    """Between quotes there is nothing that means something to Mermaid or to HTML."""
    for line in mermaid(hostile()).splitlines():
        node = re.fullmatch(r'  s\d+\["(.*)"\]', line)
        is_edge = re.fullmatch(r"  s\d+ --> s\d+", line)
        assert node or is_edge or line == "flowchart TD"
        if node:
            assert not set('"<>&`[]{}\\%') & set(node[1])
            assert "#" not in re.sub(r"#\d+;", "", node[1])


def test_dot_of_a_body_is_a_cluster() -> None:
    """With the ForEach step in it."""
    assert "subgraph cluster_s1 {" in dot(mapped())
    assert dot(mapped()).count("  s2 [") == 1


@pytest.mark.skipif(DOT is None, reason="needs Graphviz")
@pytest.mark.parametrize("graph", [tumour(), mapped(), change(), hostile()], ids=range(4))
def test_graphviz_draws_it(graph: Graph) -> None:
    """With every name as it is."""
    assert DOT is not None
    drawn = subprocess.run(
        [DOT, "-Tplain-ext"], input=dot(graph), capture_output=True, text=True, check=False
    )
    assert drawn.returncode == 0, drawn.stderr
    assert "rror" not in drawn.stderr
    found = [line for line in drawn.stdout.splitlines() if line.startswith("node ")]
    assert len(found) == len(graph.nodes)


@pytest.mark.skipif(DOT is None, reason="needs Graphviz")
def test_graphviz_shows_hostile_names_as_they_are() -> None:
    """Backslashes, quotes and entities among them."""
    assert DOT is not None
    names = ('a\\nb"c', "&lt;i&gt;", "<b>x</b>")
    graph = Graph("x", tuple(Node(name, "Training") for name in names), ())
    drawn = subprocess.run(
        [DOT, "-Tsvg"], input=dot(graph), capture_output=True, text=True, check=True
    ).stdout
    for shown in ("a\\nb&quot;c", "&amp;lt;i&amp;gt;", "&lt;b&gt;x&lt;/b&gt;"):
        assert f">{shown}</text>" in drawn
