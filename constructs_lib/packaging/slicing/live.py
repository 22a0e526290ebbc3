"""What the live values of a module say about its source.

Which decorators and assignments are ours and vanish, and which values exist only at synth time.
"""

from __future__ import annotations

import ast
import builtins
import copy
import functools
import math
import sys
from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from constructs_lib.packaging.project import shipped_name
from constructs_lib.packaging.slicing.modules import Module
from constructs_lib.packaging.slicing.names import chain_of, statements_at_import
from constructs_lib.packaging.slicing.units import Definition, Unit, variant

OWN_PACKAGE = __name__.partition(".")[0]
CDK_PACKAGES = frozenset({"aws_cdk", "constructs", "jsii"})
_MISSING = object()
_ROUTINES = (FunctionType, MethodType, BuiltinFunctionType)
_MAX_ITEMS = 10_000  # of a container; more would be data, and slow to look through


def is_synth_package(top: str) -> bool:
    """Tell whether a top-level package exists only where the app is synthesized."""
    return top == OWN_PACKAGE or top in CDK_PACKAGES


def is_standard(top: str) -> bool:
    """Tell whether a top-level module is the standard library's."""
    return top in sys.stdlib_module_names


def is_builtin(name: str) -> bool:
    """Tell whether a name needs no definition."""
    return hasattr(builtins, name) or (name.startswith("__") and name.endswith("__"))


def namespace(module: str) -> Mapping[str, Any]:
    """Return the globals of a module by its shipped name; empty if it is not imported."""
    loaded = sys.modules.get(module)
    if loaded is None and shipped_name("__main__") == module:
        loaded = sys.modules["__main__"]
    return vars(loaded) if loaded is not None else {}


def is_ours(value: object) -> bool:
    """Tell whether a value is a function, class or instance of constructs_lib."""
    if isinstance(value, functools.partial):
        return is_ours(value.func)
    if isinstance(value, ModuleType):
        return _top(value.__name__) == OWN_PACKAGE
    kinds = value.__mro__ if isinstance(value, type) else type(value).__mro__
    if any(_top(kind.__module__) == OWN_PACKAGE for kind in kinds):
        return True
    return isinstance(value, _ROUTINES) and _top(value.__module__ or "") == OWN_PACKAGE


def without_ours(value: Any) -> Any:
    """Return the function inside step functions; any other value as it is."""
    while is_ours(value) and "__wrapped__" in getattr(value, "__dict__", {}):
        value = value.__dict__["__wrapped__"]
    return value


def synth_only(value: object) -> str | None:
    """Say why a value cannot exist in the container, as a phrase; None if it can."""
    return next(_synth_only(value, iter(range(_MAX_ITEMS))), None)


def _synth_only(value: object, budget: Iterator[int]) -> Iterator[str]:
    if next(budget, None) is None:
        return
    kind = value if isinstance(value, type) else type(value)
    if "__jsii_type__" in {name for base in kind.__mro__ for name in vars(base)}:
        yield f"an AWS CDK {_noun(value)} ({kind.__module__}.{kind.__qualname__})"
    elif is_ours(value) and "__wrapped__" not in getattr(value, "__dict__", {}):
        yield f"a constructs_lib {_noun(value)} ({kind.__qualname__})"
    elif isinstance(value, str) and ("${Token[" in value or "#{Token[" in value):
        yield f"an AWS CDK token ({value[:60]!r})"
    elif isinstance(value, (int, float)) and -math.inf < value < -1e200:
        yield f"an AWS CDK token (the number {value!r})"
    elif isinstance(value, (dict, list, tuple, set, frozenset)):
        items = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        for item in items:
            for reason in _synth_only(item, budget):
                yield f"a {type(value).__name__} with {reason} in it"


def effective(module: Module, unit: Unit) -> Unit | None:
    """Return a unit as it is shipped: without what constructs_lib added to it.

    Returns:
        The unit itself, a changed one, or None if nothing of it is left.
    """
    if isinstance(unit.node, (ast.Assign, ast.AnnAssign)):
        return _without_step_call(module, unit, unit.node)
    dropped = tuple(
        (number, index)
        for number, statement in enumerate(statements_at_import(unit.node))
        if isinstance(statement, Definition) and statement.decorator_list
        for index in _dropped_decorators(module, statement)
    )
    if not dropped:
        return unit
    key = ("decorators", dropped)
    if key in unit.variants:
        return unit.variants[key]
    node = copy.deepcopy(unit.node)
    for number, statement in enumerate(statements_at_import(node)):
        if isinstance(statement, Definition):
            statement.decorator_list = [
                decorator
                for index, decorator in enumerate(statement.decorator_list)
                if (number, index) not in dropped
            ]
    return variant(unit, key, node)


def changes(module: Module, unit: Unit) -> frozenset[str]:
    """Return the names whose objects a unit changes in place, objects of ours left out."""
    return frozenset(n for n in unit.changes if not is_ours(namespace(module.name).get(n)))


def evaluate(module: Module, expression: ast.expr) -> object:
    """Return the live value of a name or attribute chain; a marker if it has none.

    Attributes are taken of modules, classes and objects of ours only: those of other objects may
    be properties that do something.
    """
    chain = chain_of(expression)
    if chain is None:
        return _MISSING
    value = namespace(module.name).get(chain[0], _MISSING)
    for attribute in chain[1:]:
        if not isinstance(value, (ModuleType, type)) and not is_ours(value):
            return _MISSING
        value = getattr(value, attribute, _MISSING)
    return value


def is_own_expression(module: Module, expression: ast.expr) -> bool:
    """Tell whether an expression is of constructs_lib: by its live value, else by its import."""
    while isinstance(expression, ast.Call):
        expression = expression.func
    value = evaluate(module, expression)
    if value is not _MISSING:
        return is_ours(value)
    chain = chain_of(expression)
    return chain is not None and any(
        _top(module.target(imported)) == OWN_PACKAGE
        for unit in module.binders(chain[0])
        for imported in unit.imports
        if imported.bound == chain[0]
    )


def _dropped_decorators(
    module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
) -> list[int]:
    decorators = node.decorator_list
    ours = [i for i, decorator in enumerate(decorators) if is_own_expression(module, decorator)]
    if ours:
        return ours
    live = namespace(module.name).get(node.name)
    function = without_ours(live)
    by_decorator = all(isinstance(u.node, Definition) for u in module.binders(node.name))
    # A decorator of the user's around ours, such as one that fills in the instance type.
    if function is not live and by_decorator:
        line = min(decorator.lineno for decorator in decorators)
        code = getattr(function, "__code__", None)
        if len(decorators) > 1 or (code is not None and code.co_firstlineno == line):
            return [0]
    return []


def _without_step_call(module: Module, unit: Unit, node: ast.Assign | ast.AnnAssign) -> Unit | None:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    if len(names) != len(targets) or node.value is None:
        return unit
    values = namespace(module.name)
    live = values.get(names[0])
    function = without_ours(live)
    if names[0] in values and function is live:
        return unit
    source = _argument_of_ours(module, node.value)
    defined = any(isinstance(other.node, Definition) for other in module.binders(names[0]))
    if source is None and names[0] in values and not (defined and hasattr(function, "__wrapped__")):
        source = _expression_of(module, node.value, function)
    if source is None:
        return unit
    if isinstance(source, ast.Name) and source.id == names[0]:
        return None
    text = " = ".join([*names, ast.unparse(source)])
    return variant(unit, text, ast.parse(text).body[0])


def _argument_of_ours(module: Module, expression: ast.expr) -> ast.expr | None:
    """Return ``f`` of ``step(f, ...)`` and of ``step(...)(f)``."""
    if not isinstance(expression, ast.Call) or not is_own_expression(module, expression):
        return None
    return expression.args[0] if expression.args else None


def _expression_of(module: Module, expression: ast.expr, function: object) -> ast.expr | None:
    """Find how an expression, or else its module, names a function."""
    for node in ast.walk(expression):
        if isinstance(node, (ast.Name, ast.Attribute)):
            value = evaluate(module, node)
            if value is not _MISSING and without_ours(value) is function:
                return node
    name = getattr(function, "__name__", None)
    if isinstance(name, str) and without_ours(namespace(module.name).get(name)) is function:
        return ast.Name(name, ast.Load())
    return None


def _noun(value: object) -> str:
    return "class" if isinstance(value, type) else "object"


def _top(module: str) -> str:
    return str(module).partition(".")[0]
