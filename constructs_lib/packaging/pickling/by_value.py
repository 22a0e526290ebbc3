"""Functions and classes by value: cloudpickle's reducers, made independent of the process.

All use of cloudpickle's internals is here. What differs between two runs of the same code is
taken out: file names, line numbers, random class ids, the order of imports.
"""

from __future__ import annotations

import types
from typing import Any, cast

import cloudpickle.cloudpickle as internals

_FILE_NAME = "<step>"

Reduced = tuple[Any, ...]

#: cloudpickle's reducers of cells, properties, modules and the like.
DISPATCH_TABLE: dict[type, Any] = dict(internals.Pickler.dispatch_table)

SUBIMPORT = internals.subimport


class GlobalsOfFunctions:
    """Functions of one module share one dict of globals, also after they are loaded."""

    def __init__(self) -> None:
        self.globals_ref: dict[int, dict[str, Any]] = {}

    def arguments(self, function: types.FunctionType) -> list[Any]:
        """Return the arguments that an empty copy of a function is made with."""
        arguments = internals.Pickler._function_getnewargs(self, function)
        base: dict[str, Any] = arguments[1]
        base.pop("__file__", None)
        base.pop("__path__", None)
        return list(arguments)


def reduce_code(code: types.CodeType) -> Reduced:
    """Reduce a code object, with lines counted from its own first one."""
    return cast("Reduced", internals._code_reduce(_relative(code, code.co_firstlineno)))


def reduce_function(function: types.FunctionType, globals_: GlobalsOfFunctions) -> Reduced:
    """Reduce a function, with the globals and the closure that it uses."""
    arguments = globals_.arguments(function)
    state, slots = internals._function_getstate(function)
    slots["_cloudpickle_submodules"] = sorted(
        slots["_cloudpickle_submodules"], key=lambda module: str(module.__name__)
    )
    return (
        internals._make_function,
        tuple(arguments),
        (state, slots),
        None,
        None,
        internals._function_setstate,
    )


def reduce_class(cls: type, identifier: str | None) -> Reduced | None:
    """Reduce a class, or return None if it is no class that can be taken by value.

    Args:
        cls: The class.
        identifier: Loading two pickles of a class with the same identifier gives one class.
    """
    reduced = internals._class_reduce(cls)
    if not isinstance(reduced, tuple) or len(reduced) != 6:
        return None if reduced is NotImplemented else cast("Reduced", reduced)
    make, arguments, (state, slots), *rest = reduced
    arguments = (*arguments[:-2], identifier, arguments[-1])
    for name in ("__firstlineno__", "__slotnames__"):
        state.pop(name, None)
    if "__static_attributes__" in state:
        state["__static_attributes__"] = tuple(sorted(state["__static_attributes__"]))
    return (make, arguments, (state, slots), *rest)


def reduce_type_variable(variable: Any) -> Reduced:
    """Reduce a type variable, without its random id."""
    make, arguments = internals._typevar_reduce(variable)
    if make is internals._make_typevar:
        arguments = (*arguments[:-1], None)
    return make, arguments


def _relative(code: types.CodeType, first: int) -> types.CodeType:
    return code.replace(
        co_filename=_FILE_NAME,
        co_firstlineno=max(1, code.co_firstlineno - first + 1),
        co_consts=tuple(
            _relative(constant, first) if isinstance(constant, types.CodeType) else constant
            for constant in code.co_consts
        ),
    )
