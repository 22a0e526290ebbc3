"""A module's source as top-level statements, the smallest pieces that are shipped."""

from __future__ import annotations

import ast
import functools
import tokenize
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from constructs_lib.packaging.canonical import canonical_source
from constructs_lib.packaging.slicing.imports import Imported, imported_names, nested_imports
from constructs_lib.packaging.slicing.names import (
    Chain,
    ScopeNames,
    annotations_of,
    chains,
    changed_names,
)

_LABEL_LENGTH = 60
Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(eq=False)
class Unit:
    """One top-level statement.

    Attributes:
        node: The statement.
        index: Its place among the module's units.
        line: Its first line, decorators included.
        names: The compiler's view of its names.
        run: For an import statement the number of the run of adjacent imports it is in.
    """

    node: ast.stmt
    index: int
    line: int
    names: ScopeNames
    run: int | None = None
    variants: dict[object, Unit] = field(default_factory=dict)

    @functools.cached_property
    def binds(self) -> frozenset[str]:
        """Names it binds in the module; ``__doc__`` for the docstring."""
        if self.index == 0 and is_docstring(self.node):
            return frozenset({"__doc__"})
        return frozenset(self.names.binds)

    @functools.cached_property
    def reads(self) -> tuple[str, ...]:
        """Names it looks up in the module, sorted; those in string annotations included."""
        found = set(self.names.reads)
        for annotation in annotations_of(self.node):
            found.update(n.id for n in ast.walk(annotation) if isinstance(n, ast.Name))
        if isinstance(self.node, ast.AugAssign) and isinstance(self.node.target, ast.Name):
            found.add(self.node.target.id)
        return tuple(sorted(found))

    @functools.cached_property
    def chains(self) -> Mapping[str, list[Chain]]:
        """How each name is looked into; see :func:`.names.chains`."""
        found = chains([self.node, *annotations_of(self.node)])
        return {name: sorted(rests) for name, rests in found.items()}

    @functools.cached_property
    def changes(self) -> frozenset[str]:
        """Names of objects that it changes in place, registering decorators included."""
        found = changed_names(self.node)
        for decorator in getattr(self.node, "decorator_list", []):
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(called, ast.Attribute):
                found |= set(chains([called]))
        return frozenset(found)

    @functools.cached_property
    def imports(self) -> tuple[Imported, ...]:
        """What it imports into the module."""
        return tuple(name for name, in_module in nested_imports(self.node) if in_module)

    @functools.cached_property
    def inner_imports(self) -> tuple[Imported, ...]:
        """What its functions and classes import."""
        return tuple(name for name, in_module in nested_imports(self.node) if not in_module)

    @property
    def is_import(self) -> bool:
        """Whether it is an import statement that can be cut."""
        return self.run is not None

    @functools.cached_property
    def label(self) -> str:
        """What to call it in messages."""
        if isinstance(self.node, Definition):
            return self.node.name
        if self.binds:
            return min(self.binds)
        first = self.text.split("\n", 1)[0]
        return first if len(first) <= _LABEL_LENGTH else f"{first[:_LABEL_LENGTH]}..."

    @functools.cached_property
    def text(self) -> str:
        """Its canonical source."""
        return canonical_source(self.node).strip("\n")


@dataclass(frozen=True, eq=False)
class ParsedFile:
    """A parsed source file.

    Attributes:
        units: Its statements, less ``if __name__ == "__main__"`` and ``if TYPE_CHECKING``.
        futures: Names imported from ``__future__``, sorted.
        binders: The units that bind a name.
    """

    path: Path
    units: tuple[Unit, ...]
    futures: tuple[str, ...]
    binders: Mapping[str, tuple[Unit, ...]]

    @functools.cached_property
    def changers(self) -> Mapping[str, tuple[Unit, ...]]:
        """The units that change the object of a name in place."""
        found: dict[str, tuple[Unit, ...]] = {}
        for unit in self.units:
            for name in () if unit.is_import else unit.changes:
                found[name] = (*found.get(name, ()), unit)
        return found


_Stamp = tuple[int, int]
_parsed: dict[Path, tuple[_Stamp, ParsedFile]] = {}


def parse_file(path: Path) -> ParsedFile:
    """Parse a source file; once a process as long as it does not change.

    Raises:
        SyntaxError: The file is not Python.
    """
    status = path.stat()
    stamp = (status.st_mtime_ns, status.st_size)
    known = _parsed.get(path)
    if known is None or known[0] != stamp:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # importing the file has told them
            known = _parsed[path] = (stamp, _parse(path))
    return known[1]


def _parse(path: Path) -> ParsedFile:
    with tokenize.open(path) as file:
        source = file.read()
    statements = list(_live_statements(ast.parse(source, str(path)).body))
    futures = {
        name.bound
        for statement in statements
        if _is_future(statement)
        for name in imported_names(statement)
    }
    lines = source.split("\n")
    kept = [statement for statement in statements if not _is_future(statement)]
    shared = _shared_lines(kept)
    units: list[Unit] = []
    run, previous = 0, False
    for statement in kept:
        is_import = isinstance(statement, (ast.Import, ast.ImportFrom))
        run += 1 if is_import and not previous else 0
        previous = is_import
        line, end = _extent(statement)
        whole_lines = statement.col_offset == 0 and not shared & {line, end}
        text = "\n".join(lines[line - 1 : end]) if whole_lines else ast.unparse(statement)
        names = ScopeNames(text)
        units.append(Unit(statement, len(units), line, names, run if is_import else None))
    return ParsedFile(path, tuple(units), tuple(sorted(futures)), _binders(units))


def variant(unit: Unit, key: object, node: ast.stmt) -> Unit:
    """Return a unit with its statement replaced, made once a key."""
    if key not in unit.variants:
        names = ScopeNames(ast.unparse(ast.fix_missing_locations(node)))
        unit.variants[key] = Unit(node, unit.index, unit.line, names)
    return unit.variants[key]


def is_docstring(node: ast.stmt) -> bool:
    """Tell whether a statement is nothing but a string."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _binders(units: Iterable[Unit]) -> dict[str, tuple[Unit, ...]]:
    found: dict[str, tuple[Unit, ...]] = {}
    for unit in units:
        for name in unit.binds:
            found[name] = (*found.get(name, ()), unit)
    for unit in units:
        for name in unit.names.sets:
            if name not in found or all(name in other.names.sets for other in found[name]):
                found[name] = (*found.get(name, ()), unit)
    return found


def _live_statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements; of blocks that an import of the module never runs, the ``else`` only."""
    for statement in body:
        if isinstance(statement, ast.If) and _never_true(statement.test):
            yield from _live_statements(statement.orelse)
        else:
            yield statement


def _never_true(test: ast.expr) -> bool:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(_never_true(value) for value in test.values)
    if isinstance(test, (ast.Name, ast.Attribute)):
        return (test.id if isinstance(test, ast.Name) else test.attr) == "TYPE_CHECKING"
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq):
        sides = [test.left, *test.comparators]
        is_name = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
        is_main = any(isinstance(s, ast.Constant) and s.value == "__main__" for s in sides)
        return is_name and is_main
    return False


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _extent(statement: ast.stmt) -> tuple[int, int]:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return first, statement.end_lineno or statement.lineno


def _shared_lines(statements: list[ast.stmt]) -> set[int]:
    seen: set[int] = set()
    shared: set[int] = set()
    for statement in statements:
        ends = set(_extent(statement))
        shared |= ends & seen
        seen |= ends
    return shared
