"""The text of a sliced module: canonical, and the same however its imports were ordered."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from constructs_lib.packaging.slicing.cycles import ImportGraph
from constructs_lib.packaging.slicing.modules import Module
from constructs_lib.packaging.slicing.reach import Reach
from constructs_lib.packaging.slicing.units import is_docstring


@dataclass(frozen=True)
class _Line:
    """One imported name, as shipped.

    Attributes:
        target: Absolute module.
        name: What is taken from it; None for ``import target``.
        bound: The name that it binds.
        renamed: Whether it needs an ``as``.
    """

    target: str
    name: str | None
    bound: str
    renamed: bool

    @property
    def text(self) -> str:
        suffix = f" as {self.bound}" if self.renamed else ""
        if self.name is None:
            return f"import {self.target}{suffix}"
        return f"from {self.target} import {self.name}{suffix}"

    @property
    def alias(self) -> str:
        return f"{self.name} as {self.bound}" if self.renamed else str(self.name)


def module_text(module: Module, reach: Reach, graph: ImportGraph) -> str:
    """Return what is shipped of a module; empty if nothing in it is needed."""
    shipped = reach.shipped.get(module.name, {})
    blocks: list[str] = []
    if any(is_docstring(unit.node) and unit.index == 0 for unit in shipped.values()):
        blocks.append(shipped[0].text)
    units = module.parsed.units
    for run, group in itertools.groupby(units, key=lambda unit: unit.run):
        members = list(group)
        if run is not None:
            lines = [line for unit in members for line in _lines(module, unit.index, reach)]
            blocks += _import_block(lines, graph)
        else:
            blocks += [
                shipped[unit.index].text
                for unit in members
                if unit.index in shipped and not (unit.index == 0 and is_docstring(unit.node))
            ]
    blocks += [
        f"from {module.name} import {name}"
        for name in sorted(reach.submodules.get(module.name, ()))
    ]
    if not blocks:
        return ""
    if module.parsed.futures:
        position = 1 if 0 in shipped and is_docstring(shipped[0].node) else 0
        blocks.insert(position, f"from __future__ import {', '.join(module.parsed.futures)}")
    return "\n".join(blocks) + "\n"


def _lines(module: Module, index: int, reach: Reach) -> Iterator[_Line]:
    selected = reach.aliases.get((module.name, index), {})
    for imported in module.parsed.units[index].imports:
        if imported not in selected:
            continue
        target = module.target(imported)
        if imported.is_star and target in reach.modules:
            for name in sorted(selected[imported]) or ["*"]:
                yield _Line(target, name, name, renamed=False)
        else:
            yield _Line(target, imported.name, imported.bound, imported.renamed)


def _import_block(lines: list[_Line], graph: ImportGraph) -> list[str]:
    """Write a run of imports: sorted, but those that enter an import cycle in their own order."""
    last = {(line.bound, line.name is None and not line.renamed): line for line in lines}
    kept = [
        line
        for line in dict.fromkeys(lines)
        if (line.name is None and not line.renamed)
        or last[line.bound, False] is line
        or line.name == "*"
    ]
    ordered = [line for line in kept if graph.enters_cycle(line.target, line.name)]
    if len(ordered) < 2:
        ordered = []
    free = [line for line in kept if line not in ordered]
    stars = [line.text for line in free if line.name == "*"]
    plain = sorted({line.text for line in free if line.name is None})
    froms: dict[str, set[str]] = {}
    for line in free:
        if line.name not in {None, "*"}:
            froms.setdefault(line.target, set()).add(line.alias)
    taken = [f"from {target} import {', '.join(sorted(froms[target]))}" for target in sorted(froms)]
    return [*dict.fromkeys(stars), *plain, *taken, *(line.text for line in ordered)]
