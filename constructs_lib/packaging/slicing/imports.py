"""Import statements, name by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


@dataclass(frozen=True)
class Imported:
    """One name that an import statement binds.

    Attributes:
        bound: The name; ``*`` for a star import.
        module: Dotted module as written, without leading dots.
        level: How many leading dots.
        name: What is taken from the module; None for ``import module``.
        renamed: Whether there is an ``as``.
        guarded: Whether the statement stands in a ``try`` that survives its failure.
        line: Line of the statement.
    """

    bound: str
    module: str
    level: int
    name: str | None
    renamed: bool
    guarded: bool
    line: int

    @property
    def is_star(self) -> bool:
        """Whether this is ``from module import *``."""
        return self.name == "*"

    @property
    def path(self) -> tuple[str, ...]:
        """Sub-modules that ``import a.b.c`` makes reachable below the bound name."""
        if self.name is not None or self.renamed:
            return ()
        return tuple(self.module.split(".")[1:])

    def target(self, module: str, is_package: bool) -> str:
        """Return the absolute name of the module it imports from.

        Args:
            module: The module that the statement is in.
            is_package: Whether that is a package's ``__init__.py``.
        """
        if not self.level:
            return self.module
        parts = module.split(".")
        keep = len(parts) - self.level + (1 if is_package else 0)
        return ".".join([*parts[: max(keep, 0)], *([self.module] if self.module else [])])


def imported_names(statement: ast.stmt, guarded: bool = False) -> tuple[Imported, ...]:
    """Return the names that an import statement binds; none for any other statement."""
    if isinstance(statement, ast.Import):
        return tuple(
            Imported(
                bound=alias.asname or alias.name.partition(".")[0],
                module=alias.name,
                level=0,
                name=None,
                renamed=alias.asname is not None,
                guarded=guarded,
                line=statement.lineno,
            )
            for alias in statement.names
        )
    if isinstance(statement, ast.ImportFrom):
        return tuple(
            Imported(
                bound=alias.asname or alias.name,
                module=statement.module or "",
                level=statement.level,
                name=alias.name,
                renamed=alias.asname is not None,
                guarded=guarded,
                line=statement.lineno,
            )
            for alias in statement.names
        )
    return ()


def nested_imports(statement: ast.stmt) -> Iterator[tuple[Imported, bool]]:
    """Yield the names imported anywhere below a statement.

    Yields:
        The name, and whether it is bound in the module rather than in a function or class.
    """
    yield from _nested(statement, in_module=True, guarded=False)


def _nested(node: ast.AST, in_module: bool, guarded: bool) -> Iterator[tuple[Imported, bool]]:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        for name in imported_names(node, guarded):
            yield name, in_module
        return
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        in_module = False
    if isinstance(node, ast.Try) and any(_catches_import_error(h) for h in node.handlers):
        for tried in node.body:
            yield from _nested(tried, in_module, guarded=True)
        for other in (*node.handlers, *node.orelse, *node.finalbody):
            yield from _nested(other, in_module, guarded)
        return
    for child in ast.iter_child_nodes(node):
        yield from _nested(child, in_module, guarded)


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    return bool(names & _CAUGHT)
