"""Where the things of a drawing are."""

from __future__ import annotations

import time
from itertools import combinations

import pytest

from constructs_lib.drawing.graph import Edge, Graph, Node
from constructs_lib.drawing.labels import labels
from constructs_lib.drawing.layout import layout
from constructs_lib.drawing.parts import Box, Part
from tests.unit.drawing.graphs import fan, hostile, mapped, tangle, tumour

EVERY = [tumour(), fan(3), fan(200), mapped(), tangle(60), tangle(500), hostile()]


def boxes(part: Part) -> dict[str, Box]:
    return {box.node.name: box for box in part.boxes}


def middle(box: Box) -> float:
    return box.x + box.width / 2


@pytest.mark.parametrize("graph", EVERY, ids=lambda graph: f"{graph.title[:9]} {len(graph.nodes)}")
def test_nothing_overlaps(graph: Graph) -> None:
    """Each step has a place of its own inside the drawing; a body is inside its ForEach step."""
    part = layout(graph)
    placed = boxes(part)
    assert placed.keys() == {node.name for node in graph.nodes}
    for box in part.boxes:
        assert box.x >= -0.01
        assert box.y >= -0.01
        assert box.x + box.width <= part.width + 0.01
        assert box.y + box.height <= part.height + 0.01
    for one, other in combinations(part.boxes, 2):
        apart = (
            one.x + one.width <= other.x
            or other.x + other.width <= one.x
            or one.y + one.height <= other.y
            or other.y + other.height <= one.y
        )
        assert apart or other.node.parent == one.node.name


@pytest.mark.parametrize("graph", EVERY, ids=lambda graph: f"{graph.title[:9]} {len(graph.nodes)}")
def test_a_step_is_below_all_that_it_waits_for(graph: Graph) -> None:
    """Edges lead down."""
    part = layout(graph)
    placed = boxes(part)
    for edge in graph.edges:
        assert placed[edge.source].y < placed[edge.target].y
    for line in part.lines:
        assert [y for _, y in line.points] == sorted(y for _, y in line.points)


@pytest.mark.parametrize("graph", [tumour(), mapped(), tangle(60)], ids=lambda graph: graph.title)
def test_no_edge_goes_through_a_step(graph: Graph) -> None:
    """Not even a long one: it has its place in each layer that it goes through."""
    part = layout(graph)
    for line in part.lines:
        for box in part.boxes:
            if box.holds_body:
                continue
            for (x, y), (_, next_y) in zip(line.points, line.points[1:], strict=False):
                is_beside = x <= box.x or x >= box.x + box.width
                assert is_beside or next_y <= box.y + 0.01 or y >= box.y + box.height - 0.01


def test_the_same_graph_gives_the_same_drawing() -> None:
    """No chance is in it."""
    assert layout(tangle(200)) == layout(tangle(200))


def test_what_leads_only_to_the_next_is_in_one_vertical() -> None:
    """Also where a long edge goes round it."""
    placed = boxes(layout(tumour()))
    spine = [placed[name] for name in ("split", "train", "evaluate", "GoodEnough")]
    assert max(map(middle, spine)) - min(map(middle, spine)) < 0.01


def test_five_hundred_steps_take_less_than_a_second() -> None:
    """However they are connected."""
    for graph in (tangle(500), fan(498), Graph("", tangle(500).nodes, ())):
        start = time.process_time()
        layout(graph)
        assert time.process_time() - start < 1


def test_many_parallel_steps_are_a_grid() -> None:
    """About as wide as a window, in the definition's order, with one edge to it and one from it."""
    part = layout(fan(200))
    (frame,) = part.frames
    assert len(frame.nodes) == 200
    assert part.width < 1700
    assert len(part.lines) == 2
    placed = boxes(part)
    first, second = placed["train-0"], placed["train-1"]
    assert first.y == second.y
    assert first.x < second.x


def test_many_parallel_chains_are_columns_of_a_grid() -> None:
    """With the edges of each chain."""
    nodes = [Node("split", "Training")]
    edges = []
    for number in range(10):
        nodes += [Node(f"a-{number}", "Training"), Node(f"b-{number}", "Training")]
        edges += [Edge("split", f"a-{number}"), Edge(f"a-{number}", f"b-{number}")]
    part = layout(Graph("chains", tuple(nodes), tuple(edges)))
    assert len(part.frames) == 1
    assert len(part.lines) == 11
    placed = boxes(part)
    assert middle(placed["a-3"]) == middle(placed["b-3"])


def test_few_parallel_steps_have_an_edge_each() -> None:
    """So that each can be followed."""
    part = layout(fan(6))
    assert not part.frames
    assert len(part.lines) == 12


def test_steps_that_wait_for_nothing_are_a_grid() -> None:
    """Rather than one long row."""
    nodes = tuple(Node(f"s{number}", "Training") for number in range(30))
    part = layout(Graph("apart", nodes, ()))
    assert part.height > 100
    assert part.width < 1700


def test_a_circle_is_drawn_as_well() -> None:
    """A change may hold an edge and, removed, its opposite: one of them leads up."""
    nodes = (Node("a", "Training"), Node("b", "Training"))
    part = layout(Graph("circle", nodes, (Edge("a", "b"), Edge("b", "a", state="removed"))))
    assert [line.is_upward for line in part.lines] == [False, True]


def test_labels_do_not_meet() -> None:
    """Those of edges to the same step stand at different places of their edges."""
    nodes = (Node("gate", "Condition"), Node("next", "Training"))
    edges = tuple(Edge("gate", "next", kind, "added") for kind in ("if", "else", "order"))
    found = labels(layout(Graph("labels", nodes, edges)).lines)
    assert len(found) == 3
    assert not any(one.meets(other) for one, other in combinations(found, 2))


def test_nothing_is_drawn_of_nothing() -> None:
    """A graph without steps has no size."""
    assert layout(Graph("", (), ())) == Part(0, 0)
