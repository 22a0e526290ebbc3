"""A graph as text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.drawing.escaping import one_line
from constructs_lib.drawing.graph import EACH, ELSE, IF, Edge, Graph, Node
from constructs_lib.drawing.icons import MARKS


def text(graph: Graph) -> str:
    """Return a line for each step, indented by branch, with what it waits for.

    Where a state is to be told, each line begins with its mark: those of ``icons.MARKS``.
    """
    lines = _Lines(graph)
    return "".join(f"{line}\n" for line in lines.of("", None, ""))


class _Lines:
    def __init__(self, graph: Graph) -> None:
        self._inside: dict[tuple[str, tuple[str, str] | None], list[Node]] = {}
        for node in graph.nodes:
            self._inside.setdefault((node.parent, node.branch), []).append(node)
        self._waits = graph.waits()
        self._is_marked = any(node.state for node in graph.nodes)

    def of(
        self, parent: str, branch: tuple[str, str] | None, indent: str, first: str = ""
    ) -> Iterator[str]:
        """Yield the lines of what is in one branch."""
        for node in self._inside.get((parent, branch), []):
            mark = f"{MARKS.get(node.state, ' ')} " if self._is_marked else ""
            yield f"{mark}{indent}{first}{self._line(node)}"
            yield from self.of(node.name, None, f"{indent}  ", f"{EACH} ")
            for side in (IF, ELSE):
                inner = list(self.of(parent, (node.name, side), f"{indent}    "))
                if inner:
                    yield f"{'  ' if self._is_marked else ''}{indent}  {side}"
                    yield from inner

    def _line(self, node: Node) -> str:
        kind = "" if node.kind == "Training" else f" [{one_line(node.kind)}]"
        note = f" ({one_line(node.note)})" if node.state and node.note else ""
        waits = ", ".join(map(_wait, self._waits[node.name]))
        return f"{one_line(node.name)}{kind}{note}" + (f"  ← {waits}" if waits else "")


def _wait(edge: Edge) -> str:
    return f"{MARKS.get(edge.state, '')}{one_line(edge.source)}"
