"""Two versions as one graph."""

from __future__ import annotations

from dataclasses import replace

from constructs_lib.drawing.change import changed
from constructs_lib.drawing.graph import Edge, Graph, Node
from tests.unit.drawing.graphs import tumour


def states(graph: Graph) -> dict[str, str]:
    return {node.name: node.state for node in graph.nodes if node.state}


def without(graph: Graph, name: str) -> Graph:
    return replace(
        graph,
        nodes=tuple(node for node in graph.nodes if node.name != name),
        edges=tuple(edge for edge in graph.edges if name not in {edge.source, edge.target}),
    )


def with_details(graph: Graph, name: str, text: str) -> Graph:
    nodes = [
        replace(node, details=(("Arguments", text),)) if node.name == name else node
        for node in graph.nodes
    ]
    return replace(graph, nodes=tuple(nodes))


def test_the_same_has_no_state() -> None:
    """Nothing is marked where nothing differs."""
    assert changed(tumour(), tumour()) == tumour()


def test_added_and_removed() -> None:
    """With their edges; a step that is gone stands where it was."""
    smaller = without(tumour(), "TooWeak")
    assert states(changed(smaller, tumour())) == {"TooWeak": "added"}
    graph = changed(tumour(), smaller)
    assert states(graph) == {"TooWeak": "removed"}
    assert [node.name for node in graph.nodes] == [node.name for node in tumour().nodes]
    assert [edge for edge in graph.edges if edge.state] == [
        Edge("GoodEnough", "TooWeak", "else", "removed")
    ]


def test_rewired() -> None:
    """A step to which other edges lead than before."""
    new = replace(tumour(), edges=(*tumour().edges[1:], Edge("split", "train", "order")))
    graph = changed(tumour(), new)
    assert states(graph) == {"train": "rewired"}
    assert {(edge.kind, edge.state) for edge in graph.edges if edge.target == "train"} == {
        ("order", "added"),
        ("result", "removed"),
    }


def test_changed() -> None:
    """A step of which anything else differs; its note says what, its details how."""
    old = with_details(tumour(), "train", '{\n  "depth": "6"\n}')
    new = with_details(tumour(), "train", '{\n  "depth": "8"\n}')
    graph = changed(old, new)
    assert states(graph) == {"train": "changed"}
    (node,) = (node for node in graph.nodes if node.name == "train")
    assert node.note == "depth"
    title, text = node.details[0]
    assert title == "What changes"
    assert '-  "depth": "6"\n+  "depth": "8"' in text


def test_another_bundle_is_called_code() -> None:
    """Its hash tells a reader nothing."""
    old = with_details(tumour(), "train", f'[\n  "{"0" * 64}"\n]')
    new = with_details(tumour(), "train", f'[\n  "{"1" * 64}"\n]')
    assert {node.note for node in changed(old, new).nodes if node.state} == {"code"}


def test_many_differences_are_counted() -> None:
    """A note is short."""
    old = with_details(tumour(), "train", "")
    new = with_details(tumour(), "train", "\n".join(f'"k{number}": 1' for number in range(9)))
    assert {node.note for node in changed(old, new).nodes if node.state} == {"k0, k1, k2, 6 more"}


def test_renamed() -> None:
    """One step with its old name as note, not one gone and one come; its edges are the same."""
    old = tumour()
    nodes = [replace(n, name="fit") if n.name == "train" else n for n in old.nodes]
    edges = [
        replace(e, source=e.source.replace("train", "fit"), target=e.target.replace("train", "fit"))
        for e in old.edges
    ]
    graph = changed(old, Graph("new", tuple(nodes), tuple(edges)), renamed={"fit": "train"})
    assert states(graph) == {"fit": "changed"}
    assert {node.note for node in graph.nodes if node.state} == {"was train"}


def test_given_notes_come_first() -> None:
    """Whoever knows the user's words has them shown."""
    old, new = (with_details(tumour(), "train", f'"InstanceType": "{n}"') for n in (1, 2))
    graph = changed(old, new, notes={"train": "instance_type", "split": "nothing"})
    assert {node.note for node in graph.nodes if node.state} == {"instance_type"}


def test_another_type_is_a_change() -> None:
    """Even if all else is the same."""
    old, new = (Graph("", (Node("a", kind),), ()) for kind in ("Model", "RegisterModel"))
    assert states(changed(old, new)) == {"a": "changed"}
