"""Two versions of a graph as one, with what differs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from constructs_lib.drawing.graph import Edge, Graph, Node

ADDED, REMOVED, CHANGED, REWIRED = "added", "removed", "changed", "rewired"
DIFFERENCE = "What changes"

_KEY = re.compile(r'^[+-]\s*"([^"]+)":')
_HASH = re.compile(r"[0-9a-f]{64}")
# They say how a value is made, not which.
_SYNTAX = {"Get", "On", "Values", "S3Uri", "Std:Join", "Std:JsonGet", "Path"}
_MOST = 3


def changed(
    old: Graph,
    new: Graph,
    *,
    renamed: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
) -> Graph:
    """Return both graphs in one.

    A step is added, removed, rewired if other edges than before lead to it, or changed if anything
    else of it differs. What is the same has no state.

    Args:
        old: Before.
        new: Now; gives title and order.
        renamed: New name to old of the steps that have another name.
        notes: Name to what differs, of the steps that changed; else it is found in the details.
    """
    renamed = renamed or {}
    old = _with_names(old, {before: now for now, before in renamed.items()})
    before = {node.name: node for node in old.nodes}
    now = {node.name: node for node in new.nodes}
    edges = tuple(_edges(old, new))
    touched = {edge.target for edge in edges if edge.state}
    nodes = []
    for node in _merged(old, new):
        if node.name not in before:
            nodes.append(replace(node, state=ADDED))
        elif node.name not in now:
            nodes.append(replace(node, state=REMOVED))
        else:
            found = _compared(before[node.name], node, node.name in touched)
            note = (notes or {}).get(node.name)
            if node.name in renamed:
                note = note or f"was {renamed[node.name]}"
                found = replace(found, state=found.state or CHANGED)
            nodes.append(replace(found, note=note) if note and found.state else found)
    return Graph(new.title, tuple(nodes), edges)


def _with_names(graph: Graph, names: Mapping[str, str]) -> Graph:
    """Return a graph with other names."""

    def name(old: str) -> str:
        return names.get(old, old)

    nodes = tuple(
        replace(
            node,
            name=name(node.name),
            parent=name(node.parent),
            branch=node.branch and (name(node.branch[0]), node.branch[1]),
        )
        for node in graph.nodes
    )
    edges = tuple(replace(e, source=name(e.source), target=name(e.target)) for e in graph.edges)
    return Graph(graph.title, nodes, edges)


def _merged(old: Graph, new: Graph) -> Iterator[Node]:
    """Yield the nodes of the new graph, and after each those that followed it and are gone."""
    names = {node.name for node in new.nodes}
    gone: dict[str, list[Node]] = {}
    last = ""
    for node in old.nodes:
        if node.name in names:
            last = node.name
        else:
            gone.setdefault(last, []).append(node)
    yield from gone.get("", [])
    for node in new.nodes:
        yield node
        yield from gone.get(node.name, [])


def _edges(old: Graph, new: Graph) -> Iterator[Edge]:
    before = {(edge.source, edge.target, edge.kind) for edge in old.edges}
    now = {(edge.source, edge.target, edge.kind) for edge in new.edges}
    for edge in new.edges:
        known = (edge.source, edge.target, edge.kind) in before
        yield edge if known else replace(edge, state=ADDED)
    for edge in old.edges:
        if (edge.source, edge.target, edge.kind) not in now:
            yield replace(edge, state=REMOVED)


def _compared(old: Node, new: Node, is_rewired: bool) -> Node:
    lines = list(_difference(old, new))
    is_same = (old.kind, old.parent, old.branch, old.details) == (
        *(new.kind, new.parent, new.branch, new.details),
    )
    if is_same and not is_rewired:
        return new
    note = ", ".join(_shown(_subjects(lines)))
    details = new.details
    if lines:
        details = ((DIFFERENCE, "\n".join(lines)), *details)
    return replace(new, state=REWIRED if is_rewired else CHANGED, note=note, details=details)


def _difference(old: Node, new: Node) -> Iterator[str]:
    """Yield the lines that differ, with what stands round them."""
    before, now = (
        "\n".join(f"{title}\n{text}" for title, text in node.details).splitlines()
        for node in (old, new)
    )
    for line in difflib.unified_diff(before, now, lineterm="", n=2):
        if not line.startswith(("---", "+++")):
            yield "…" if line.startswith("@@") else line


def _subjects(lines: list[str]) -> Iterator[str]:
    """Yield what the lines of a difference are about, such as ``depth`` or ``InstanceType``."""
    for line in lines:
        if line.startswith(("+", "-")):
            key = _KEY.match(line)
            if _HASH.search(line):
                yield "code"
            elif key and key[1] not in _SYNTAX:
                yield key[1]


def _shown(subjects: Iterator[str]) -> list[str]:
    found = list(dict.fromkeys(subjects))
    more = len(found) - _MOST
    return found if more <= 0 else [*found[:_MOST], f"{more} more"]
