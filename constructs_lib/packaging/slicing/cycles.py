"""Which shipped modules import each other in a circle."""

from __future__ import annotations

import functools
from collections.abc import Iterator

from constructs_lib.packaging.slicing.imports import Imported
from constructs_lib.packaging.slicing.reach import Reach


class ImportGraph:
    """The imports that run while the shipped modules are imported.

    In a circle it matters which module is imported first, so the order must stay as written.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._edges = {name: sorted(self._targets(name)) for name in sorted(reach.modules)}

    def enters_cycle(self, target: str, name: str | None) -> bool:
        """Tell whether an import leads to modules that import each other.

        Args:
            target: The module imported.
            name: What is taken from it, if anything.
        """
        starts = self._loaded(target, name)
        return any(self._leads_to_cycle(start) for start in starts)

    @functools.cache  # noqa: B019  # lives as long as one slice
    def _leads_to_cycle(self, start: str) -> bool:
        return any(name in self._reachable(name) for name in {start} | self._reachable(start))

    @functools.cache  # noqa: B019  # lives as long as one slice
    def _reachable(self, start: str) -> frozenset[str]:
        found: set[str] = set()
        stack = [start]
        while stack:
            for name in self._edges.get(stack.pop(), ()):
                if name not in found:
                    found.add(name)
                    stack.append(name)
        return frozenset(found)

    def _targets(self, name: str) -> set[str]:
        module = self._reach.modules[name]
        if module is None:
            return set()
        found: set[str] = set()
        for imported in self._imports(name):
            found |= self._loaded(module.target(imported), imported.name)
        for child in self._reach.submodules.get(name, ()):
            found.add(f"{name}.{child}")
        return found - {name}

    def _imports(self, name: str) -> Iterator[Imported]:
        for (module, _), aliases in self._reach.aliases.items():
            if module == name:
                yield from aliases
        for unit in self._reach.shipped.get(name, {}).values():
            yield from unit.imports

    def _loaded(self, target: str, name: str | None) -> set[str]:
        """Return the modules that an import statement loads: packages on the way included."""
        parts = target.split(".")
        loaded = {".".join(parts[: end + 1]) for end in range(len(parts))}
        if name is not None:
            loaded.add(f"{target}.{name}")
        return loaded & self._reach.modules.keys()
