"""The transitive selection: which statements of which modules a definition reaches."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from constructs_lib.packaging.slicing import live
from constructs_lib.packaging.slicing.findings import (
    dynamic_uses,
    evaluated_again,
    literal_imports,
)
from constructs_lib.packaging.slicing.imports import Imported
from constructs_lib.packaging.slicing.modules import Module, Sources
from constructs_lib.packaging.slicing.names import Chain
from constructs_lib.packaging.slicing.refusal import Refusal
from constructs_lib.packaging.slicing.resources import PackageData, package_data
from constructs_lib.packaging.slicing.units import Unit

Key = tuple[str, int]
# None: the name only has to exist. (): it is used as a value. Else: what of it is used.
Rest = Chain | None


@dataclass(frozen=True)
class Use:
    """Who uses something: a statement of a module."""

    module: Module
    unit: Unit

    @property
    def key(self) -> Key:
        """Identifies the statement."""
        return self.module.name, self.unit.index


class Reach:
    """Collects what is shipped, starting from definitions and whole modules.

    Attributes:
        modules: Modules that must exist in the container; None for a package with no source.
        shipped: Module to its selected statements as shipped, by index; import statements that
            are cut are in ``aliases`` instead.
        aliases: The names selected of an import statement, and for each the names a star import
            from the project supplies.
        submodules: Package to the sub-modules that it must import itself.
        data: Package data that is read.
        third_party: Top-level names of what is imported from elsewhere.
        warnings: Module, line and sentence.
    """

    def __init__(self, sources: Sources, refusal: Refusal) -> None:
        self.modules: dict[str, Module | None] = {}
        self.shipped: dict[str, dict[int, Unit]] = {}
        self.aliases: dict[Key, dict[Imported, set[str]]] = {}
        self.submodules: dict[str, set[str]] = {}
        self.data: set[PackageData] = set()
        self.third_party: set[str] = set()
        self.warnings: set[tuple[str, int, str]] = set()
        self._sources = sources
        self._refusal = refusal
        self._seen: set[tuple[str, str, Rest]] = set()
        self._taken: set[Key] = set()
        self._whole: set[str] = set()
        self._users: dict[Key, Use | None] = {}
        self._queue: deque[Use] = deque()

    def definition(self, module: Module, name: str) -> None:
        """Select a module's definition and all that it reaches."""
        self._use(module, name, (), None)
        self._expand_all()

    def whole(self, module: Module) -> None:
        """Select every statement of a module and all that they reach."""
        self._whole_module(module, None)
        self._expand_all()

    # Statements

    def _expand_all(self) -> None:
        while self._queue:
            self._expand(self._queue.popleft())

    def _expand(self, use: Use) -> None:
        module, unit = use.module, use.unit
        self._check_values(use)
        self._warn(use)
        self.data |= package_data(module, unit)
        for imported in unit.imports:
            self._follow(module, imported, None, use)
        for imported in unit.inner_imports:
            rests = unit.chains.get(imported.bound, [])
            for rest in rests:
                self._follow(module, imported, rest, use)
            if not rests:
                self._follow(module, imported, None, use)
                self._import_for_effect(module, imported, use)
        for name in unit.reads:
            for rest in unit.chains.get(name, [()]):
                self._use(module, name, rest, use)
        for name in literal_imports(module, unit):
            imported_module = self._sources.find(name)
            if imported_module is not None:
                self._whole_module(imported_module, use, "it is imported by import_module")

    def _take(self, module: Module, unit: Unit, user: Use | None) -> None:
        key = (module.name, unit.index)
        if key in self._taken:
            return
        self._taken.add(key)
        self._users[key] = user
        self.present(module.name)
        shipped = live.effective(module, unit)
        if shipped is None:
            return
        self.shipped.setdefault(module.name, {})[unit.index] = shipped
        use = Use(module, shipped)
        self._queue.append(use)
        for name in sorted(shipped.binds):
            for other in module.parsed.changers.get(name, ()):
                kept = live.effective(module, other)
                if kept is not None and name in live.changes(module, kept):
                    self._take(module, other, use)

    def _use(self, module: Module, name: str, rest: Rest, user: Use | None) -> None:
        if (module.name, name, rest) in self._seen:
            return
        self._seen.add((module.name, name, rest))
        binders = module.binders(name)
        if not binders:
            self._use_star(module, name, rest, user)
            return
        cut = [(unit, i) for unit in binders if unit.is_import for i in unit.imports]
        cut = [(unit, imported) for unit, imported in cut if imported.bound == name]
        for unit, imported in _matching(cut, rest):
            self._select(module, unit, imported)
            self._follow(module, imported, rest, user)
        for unit in binders:
            if not unit.is_import:
                self._take(module, unit, user)
                for imported in unit.imports:
                    if imported.bound == name:
                        self._follow(module, imported, rest, user)

    def _use_star(self, module: Module, name: str, rest: Rest, user: Use | None) -> None:
        found = self._sources.star_source(module, name)
        if found is not None:
            unit, imported, source = found
            self._select(module, unit, imported, name)
            self._use(source, name, rest, user)
        elif not live.is_builtin(name):
            for unit, imported in module.stars():
                target = module.target(imported)
                # Any of them may bind it; the CDK's are blamed only when they do.
                ours = live.is_synth_package(target.partition(".")[0])
                may_bind = not ours or name in live.namespace(target)
                if unit.is_import and may_bind and self._sources.find(target) is None:
                    self._select(module, unit, imported)
                    self._follow(module, imported, None, user)

    def _select(
        self, module: Module, unit: Unit, imported: Imported, star_name: str | None = None
    ) -> None:
        self.present(module.name)
        selected = self.aliases.setdefault((module.name, unit.index), {})
        names = selected.setdefault(imported, set())
        if star_name is not None:
            names.add(star_name)

    # Imports

    def _follow(self, module: Module, imported: Imported, rest: Rest, user: Use | None) -> None:
        target = module.target(imported)
        if self._sources.find(target.partition(".")[0]) is None or not target:
            self._foreign(module, imported, target, user)
            return
        source = self._sources.find(target)
        if source is None:
            if not imported.guarded:
                text = f"module {target} has no Python source in the project and is not shipped"
                self._add_warning(module, imported.line, text)
            return
        self.present(target)
        if imported.name is None:
            top = source if imported.renamed else self._sources.find(target.partition(".")[0])
            if rest is not None and top is not None:
                self._look_into(top, rest, user, imported.path)
        elif imported.is_star:
            self._whole_module(source, user)
        else:
            self._follow_from(module, source, imported, rest, user)

    def _follow_from(
        self, module: Module, source: Module, imported: Imported, rest: Rest, user: Use | None
    ) -> None:
        name = imported.name or ""
        others = [unit for unit in source.binders(name) if not _imports_own(source, unit, name)]
        submodule = self._sources.find(f"{source.name}.{name}")
        if others or (submodule is None and self._sources.exports(source, name)):
            self._use(source, name, rest, user)
        elif submodule is not None:
            self.present(submodule.name)
            if rest is not None:
                self._look_into(submodule, rest, user)
        elif source.binders("__getattr__"):
            self._whole_module(source, user, f"its __getattr__ supplies {name!r}")
        elif not imported.guarded:
            self._unresolved(module, imported.line, source, name)

    def _look_into(
        self, module: Module, rest: Chain, user: Use | None, imported: Chain = ()
    ) -> None:
        """Use what an attribute chain on a module leads to.

        Args:
            module: The module.
            rest: The chain; none if the module is used as a value.
            user: Who does.
            imported: Sub-modules that the import statement itself loads.
        """
        self.present(module.name)
        if not rest:
            self._whole_module(module, user, "it is used as a value")
            return
        name = rest[0]
        submodule = self._sources.find(f"{module.name}.{name}")
        if self._sources.exports(module, name):
            self._use(module, name, rest[1:], user)
        elif submodule is not None:
            self.present(submodule.name)
            if imported[:1] != (name,):
                self.submodules.setdefault(module.name, set()).add(name)
            self._look_into(submodule, rest[1:], user, imported[1:])
        elif module.binders("__getattr__"):
            self._whole_module(module, user, f"its __getattr__ supplies {name!r}")
        elif name == "__dict__":
            self._whole_module(module, user, "its __dict__ is used")
        elif not name.startswith("__"):
            self._use_star(module, name, rest[1:], user)
            if user is not None and not any(module.stars()):
                self._unresolved(user.module, user.unit.line, module, name)

    def _import_for_effect(self, module: Module, imported: Imported, user: Use) -> None:
        """Ship a module whole that a function imports without using its name."""
        name = module.target(imported)
        source = self._sources.find(f"{name}.{imported.name}" if imported.name else name)
        if source is not None:
            self._whole_module(source, user, "it is imported for its effects")

    def _whole_module(self, module: Module, user: Use | None, reason: str | None = None) -> None:
        if module.name in self._whole or module.path is None:
            return
        self._whole.add(module.name)
        self.present(module.name)
        if reason is not None and user is not None:
            text = f"module {module.name} is shipped whole, since {reason}"
            self._add_warning(user.module, user.unit.line, text)
        for unit in module.parsed.units:
            if not unit.is_import:
                self._take(module, unit, user)
                continue
            for imported in unit.imports:
                top = module.target(imported).partition(".")[0]
                if not live.is_synth_package(top):
                    self._select(module, unit, imported)
                    self._follow(module, imported, None, user)

    def _foreign(self, module: Module, imported: Imported, target: str, user: Use | None) -> None:
        top = target.partition(".")[0]
        if live.is_synth_package(top):
            if not imported.guarded:
                self._refusal.synth_import(self._chain(user), module, imported, top)
        elif not live.is_standard(top):
            self.third_party.add(top)

    def present(self, name: str) -> None:
        """Have a module and its packages exist in the container, be they empty."""
        while name and name not in self.modules:
            self.modules[name] = self._sources.find(name)
            name = name.rpartition(".")[0]

    # Messages

    def _check_values(self, use: Use) -> None:
        values = live.namespace(use.module.name)
        for name in sorted(use.unit.binds):
            value = values.get(name)
            imported = any(i.bound == name for i in use.unit.imports)
            reason = None if imported else live.synth_only(value)
            if reason is not None:
                self._refusal.synth_value(self._chain(use), name, reason)

    def _warn(self, use: Use) -> None:
        for line, text in (
            *dynamic_uses(use.module, use.unit),
            *evaluated_again(use.module, use.unit),
        ):
            self._add_warning(use.module, line, text)

    def _unresolved(self, module: Module, line: int, source: Module, name: str) -> None:
        if name in live.namespace(source.name):
            text = f"nothing in the source of {source.name} defines {name!r}; it is not shipped"
            self._add_warning(module, line, text)

    def _add_warning(self, module: Module, line: int, text: str) -> None:
        self.warnings.add((module.name, line, f"{module.place(line)}: {text}"))

    def _chain(self, use: Use | None) -> list[tuple[Module, Unit]]:
        chain: list[tuple[Module, Unit]] = []
        while use is not None:
            chain.append((use.module, use.unit))
            use = self._users.get(use.key)
        return chain[::-1]


def _matching(imports: list[tuple[Unit, Imported]], rest: Rest) -> Iterable[tuple[Unit, Imported]]:
    """Keep of ``import a.b`` and ``import a.c`` those that ``a.b.f`` needs."""
    if rest is None:
        return imports
    found = [
        (unit, imported)
        for unit, imported in imports
        if all(one == other for one, other in zip(imported.path, rest, strict=False))
    ]
    return found or imports


def _imports_own(module: Module, unit: Unit, name: str) -> bool:
    """Tell whether a package binds a name only by importing its sub-module of that name."""
    own = [i for i in unit.imports if i.bound == name]
    return bool(own) and all(
        (module.target(i) == module.name and i.name == name)
        or (i.name is None and module.target(i) == f"{module.name}.{name}")
        for i in own
    )
