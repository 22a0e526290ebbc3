"""The project's modules, found by name and parsed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from constructs_lib.exceptions import BundleError, Fault
from constructs_lib.model.location import format_location
from constructs_lib.packaging.project import package_folders, source_file
from constructs_lib.packaging.slicing.imports import Imported
from constructs_lib.packaging.slicing.units import ParsedFile, Unit, parse_file

_NO_FILE = ParsedFile(Path(), (), (), {})


@dataclass(frozen=True, eq=False)
class Module:
    """A module of the project.

    Attributes:
        name: The name it is shipped under.
        path: Its file; None for a package without ``__init__.py``.
        is_package: Whether it has sub-modules.
        parsed: Its statements.
    """

    name: str
    path: Path | None
    is_package: bool
    parsed: ParsedFile

    @property
    def package(self) -> str:
        """The package that relative imports and package data refer to."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def shipped_path(self) -> str:
        """Its file below the source folder of the bundle."""
        path = self.name.replace(".", "/")
        return f"{path}/__init__.py" if self.is_package else f"{path}.py"

    def binders(self, name: str) -> tuple[Unit, ...]:
        """Return the units that bind a name."""
        return self.parsed.binders.get(name, ())

    def stars(self) -> Iterator[tuple[Unit, Imported]]:
        """Yield the star imports."""
        for unit in self.parsed.units:
            for imported in unit.imports:
                if imported.is_star:
                    yield unit, imported

    def target(self, imported: Imported) -> str:
        """Return the absolute name of the module that an import refers to."""
        return imported.target(self.name, self.is_package)

    def place(self, line: int) -> str:
        """Return ``file:line`` for messages."""
        return format_location(str(self.path), line) if self.path else self.name


class Sources:
    """The project's modules as seen by one slice."""

    def __init__(self, step: str, location: str | None) -> None:
        self._step = step
        self._location = location
        self._known: dict[str, Module | None] = {}

    def find(self, name: str) -> Module | None:
        """Return a module of the project; None if it is not the project's or does not exist.

        Raises:
            BundleError: Its file cannot be read as Python.
        """
        if name not in self._known:
            self._known[name] = self._load(name) if name else None
        return self._known[name]

    def exports(self, module: Module, name: str) -> bool:
        """Tell whether a module binds a name, itself or by a star import from the project."""
        if module.binders(name):
            return True
        return self.star_source(module, name) is not None

    def star_source(self, module: Module, name: str) -> tuple[Unit, Imported, Module] | None:
        """Find the star import from a project module that binds a name."""
        return self._star_source(module, name, frozenset())

    def _star_source(
        self, module: Module, name: str, visited: frozenset[str]
    ) -> tuple[Unit, Imported, Module] | None:
        visited |= {module.name}
        for unit, imported in reversed(list(module.stars())):
            source = self.find(module.target(imported))
            if source is None or source.name in visited:
                continue
            public = not name.startswith("_") or bool(source.binders("__all__"))
            bound = source.binders(name) or self._star_source(source, name, visited)
            if public and bound:
                return unit, imported, source
        return None

    def folders(self, module: Module) -> tuple[Path, ...]:
        """Return the folders of a package."""
        return package_folders(module.name)

    def _load(self, name: str) -> Module | None:
        path = source_file(name)
        if path is None:
            folders = package_folders(name)
            return Module(name, None, True, _NO_FILE) if folders else None
        try:
            parsed = parse_file(path)
        except (SyntaxError, ValueError) as error:
            line = error.lineno if isinstance(error, SyntaxError) else None
            raise BundleError(
                Fault(
                    what=f"step {self._step!r}: module {name} cannot be parsed",
                    found=f"{format_location(str(path), line or 1)}: {error}",
                    allowed="Python source",
                    mend="Correct the file.",
                    location=self._location,
                )
            ) from error
        return Module(name, path, path.name == "__init__.py", parsed)
