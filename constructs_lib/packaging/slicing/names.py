"""Which names a statement binds, reads and looks into."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Iterator

Chain = tuple[str, ...]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFERRED = (*_FUNCTIONS, ast.Lambda)


class ScopeNames:
    """What the compiler says about the names in one top-level statement.

    Attributes:
        binds: Names it binds in the module.
        reads: Names it looks up in the module, at once or when its functions are called.
        sets: Names that its functions bind in the module by ``global``.
    """

    def __init__(self, text: str) -> None:
        self.binds: set[str] = set()
        self.reads: set[str] = set()
        self.sets: set[str] = set()
        table = symtable.symtable(text, "<statement>", "exec")
        for symbol in table.get_symbols():
            if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
                self.binds.add(symbol.get_name())
            if symbol.is_referenced():
                self.reads.add(symbol.get_name())
        for child in table.get_children():
            self._visit(child)

    def _visit(self, table: symtable.SymbolTable) -> None:
        # A class body reads a name that it also binds from the module first, as in `x = x`.
        is_class = str(table.get_type()) == "class"
        for symbol in table.get_symbols():
            name = symbol.get_name()
            reads_module = symbol.is_global() or (is_class and not symbol.is_free())
            if symbol.is_referenced() and reads_module:
                self.reads.add(name)
            if symbol.is_declared_global() and symbol.is_assigned():
                self.reads.add(name)
                self.sets.add(name)
        for child in table.get_children():
            self._visit(child)


def annotations_of(node: ast.AST) -> Iterator[ast.expr]:
    """Yield every annotation below a node; one written as a string is parsed."""
    for child in ast.walk(node):
        found: list[ast.expr | None] = []
        if isinstance(child, _FUNCTIONS):
            found = [child.returns]
        elif isinstance(child, (ast.AnnAssign, ast.arg)):
            found = [child.annotation]
        for annotation in found:
            if annotation is not None:
                yield annotation
                yield from _quoted(annotation)


def _quoted(annotation: ast.expr) -> Iterator[ast.expr]:
    for node in _outside_literals(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                yield ast.parse(node.value.strip(), mode="eval").body
            except SyntaxError:
                continue  # a string that is no type, as in Annotated[int, "a unit"]


def _outside_literals(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, ast.Subscript) and (chain_of(node.value) or ("",))[-1] == "Literal":
        return
    for child in ast.iter_child_nodes(node):
        yield from _outside_literals(child)


def chain_of(node: ast.AST) -> Chain | None:
    """Return ``("a", "b", "c")`` for the expression ``a.b.c``, None for any other."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else None


def chains(nodes: Iterable[ast.AST]) -> dict[str, set[Chain]]:
    """Collect how each name is looked into.

    Returns:
        For each name the attribute chains that follow it: ``{"a": {("b", "c"), ()}}`` says that
        ``a.b.c`` is used, and ``a`` itself as a value.
    """
    found: dict[str, set[Chain]] = {}
    stack = list(nodes)
    while stack:
        node = stack.pop()
        chain = chain_of(node)
        if chain is not None and not (isinstance(node, ast.Name) and _is_target(node)):
            found.setdefault(chain[0], set()).add(chain[1:])
        if chain is None:
            stack.extend(ast.iter_child_nodes(node))
    return found


def _is_target(node: ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def code_names(node: ast.AST) -> set[str]:
    """Return the names that occur below a node outside annotations."""
    skipped = {id(annotation) for annotation in annotations_of(node)}
    found: set[str] = set()
    stack = [node]
    while stack:
        current = stack.pop()
        if id(current) in skipped:
            continue
        if isinstance(current, ast.Name):
            found.add(current.id)
        stack.extend(ast.iter_child_nodes(current))
    return found


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that are evaluated when the module is imported, annotations left out."""
    yield node
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns"}:
            continue
        if isinstance(node, _DEFERRED) and field not in {"decorator_list", "args"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from at_import(child)


def changed_names(statement: ast.stmt) -> set[str]:
    """Return the names whose objects a statement changes in place when it runs.

    ``REG["a"] = f``, ``f.attribute = 1``, ``REG.update(...)`` and ``del REG["a"]`` do, also inside
    ``if``, ``for``, ``with`` and ``try``.
    """
    changed: set[str] = set()
    for node in statements_at_import(statement):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            chain = chain_of(node.value.func)
            if chain is not None and len(chain) > 1:
                changed.add(chain[0])
        for target in _targets(node):
            changed |= _changed_by(target)
    return changed


def _targets(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, (ast.Assign, ast.Delete)):
        return node.targets
    if isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.For)):
        return [node.target]
    return []


def _changed_by(target: ast.expr) -> set[str]:
    if isinstance(target, (ast.Tuple, ast.List)):
        return {name for item in target.elts for name in _changed_by(item)}
    node: ast.expr = target
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) and node is not target else set()


def statements_at_import(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yield a statement and those in its blocks; functions and classes are not entered."""
    yield statement
    if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
        return
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt):
            yield from statements_at_import(child)
        elif isinstance(child, (ast.ExceptHandler, ast.match_case)):
            for inner in child.body:
                yield from statements_at_import(inner)
