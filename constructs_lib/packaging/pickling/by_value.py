"""Functions and classes by value: cloudpickle's reducers, made independent of the process.

All use of cloudpickle's internals is here. What differs between two runs of the same code is
taken out: file names, random class ids, the modules that happen to be imported.
"""

from __future__ import annotations

import dis
import functools
import pickle
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import cloudpickle.cloudpickle as internals

from constructs_lib.packaging.pickling.code import codes_in
from constructs_lib.packaging.project import shipped_name
from constructs_lib.packaging.slicing.live import is_synth_package

Reduced = tuple[Any, ...]
Sorter = Callable[[Iterable[Any]], list[Any]]

#: Reducers of cells, properties, loggers and the like, and those that libraries register.
DISPATCH_TABLE: Mapping[type, Any] = internals.Pickler.dispatch_table

#: The type of what ``functools.lru_cache`` returns.
CACHED = type(functools.lru_cache(len))

_OF_THIS_MACHINE = ("__file__", "__path__", "__cached__", "__spec__", "__loader__")
_LOADS_OF_NAMES = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_FROM_DICT_OR_GLOBALS"}
_LOADS_OF_ATTRIBUTES = {"LOAD_ATTR", "LOAD_METHOD"}
_BETWEEN = {"EXTENDED_ARG", "CACHE", "PUSH_NULL"}


def reduce_code(code: types.CodeType) -> Reduced:
    """Reduce a code object as it is."""
    return cast("Reduced", internals._code_reduce(code))


def reduce_function(function: types.FunctionType, base: dict[str, Any]) -> Reduced:
    """Reduce a function, with the globals and the closure that it uses.

    Args:
        function: The function.
        base: The globals it is made with; functions of one module share one dict.

    Raises:
        PicklingError: It uses a path of this machine.
    """
    state, slots = internals._function_getstate(function)
    used = slots["__globals__"]
    machine = [name for name in _OF_THIS_MACHINE if name in used]
    if machine:
        raise pickle.PicklingError(f"it uses {machine[0]}, which is of this machine")
    if isinstance(used.get("__name__"), str):
        used["__name__"] = shipped_name(used["__name__"])
    base.update(_module_of(function.__globals__))
    slots["_cloudpickle_submodules"] = _submodules(function)
    slots["__annotations__"] = _without_synth_types(slots["__annotations__"])
    if isinstance(slots["__module__"], str):
        slots["__module__"] = shipped_name(slots["__module__"])
    closure = function.__closure__
    cells = closure and tuple(internals._make_empty_cell() for _ in closure)
    arguments = (function.__code__, base, None, None, cells)
    setter = internals._function_setstate
    return internals._make_function, arguments, (state, slots), None, None, setter


def reduce_class(cls: type, identifier: str | None, in_order: Sorter) -> Reduced:
    """Reduce a class, with all that it has.

    Args:
        cls: The class.
        identifier: Loading two pickles of a class with the same identifier gives one class.
        in_order: Sorts objects, whatever they are, in an order that their content alone decides.

    Raises:
        PicklingError: Its bytes would differ from run to run.
    """
    if type(cls).__module__.partition(".")[0] == "pydantic":
        raise pickle.PicklingError("a pydantic model by value holds addresses in memory")
    if sys.version_info < (3, 12) and typing.is_typeddict(cls):
        raise pickle.PicklingError("before Python 3.12 a TypedDict cannot be loaded by value")
    make, arguments, (state, slots), *rest = internals._dynamic_class_reduce(cls)
    arguments = [*arguments[:-2], identifier, arguments[-1]]
    if make is internals._make_skeleton_enum:
        arguments[4] = shipped_name(arguments[4])
    else:
        arguments[3]["__module__"] = shipped_name(cls.__module__)
        arguments[3]["__qualname__"] = cls.__qualname__
    for name in ("__firstlineno__", "__slotnames__"):
        state.pop(name, None)
    if isinstance(state.get("__module__"), str):
        state["__module__"] = shipped_name(state["__module__"])
    if "__static_attributes__" in state:
        state["__static_attributes__"] = tuple(sorted(state["__static_attributes__"]))
    if "_abc_impl" in state:
        state["_abc_impl"] = in_order(state["_abc_impl"])
    if isinstance(state.get("__annotations__"), dict):
        state["__annotations__"] = _without_synth_types(state["__annotations__"])
    return (make, tuple(arguments), (state, slots), *rest)


def reduce_cached(function: Any) -> Reduced:
    """Reduce a function with a cache, without what is in the cache."""
    parameters = function.cache_parameters()
    counts = type(function.cache_info())
    arguments = (function.__wrapped__, parameters["maxsize"], parameters["typed"], counts)
    return CACHED, arguments, {**vars(function), "__module__": shipped_name(function.__module__)}


def reduce_type_variable(variable: Any) -> Reduced:
    """Reduce a type variable that no module has, without its random id."""
    make, (*arguments, _) = internals._make_typevar, internals._decompose_typevar(variable)
    return make, (*arguments, None)


def _module_of(namespace: Mapping[str, Any]) -> dict[str, Any]:
    name = namespace.get("__name__")
    if not isinstance(name, str):
        return {}
    shipped = shipped_name(name)
    package = shipped if "__path__" in namespace else shipped.rpartition(".")[0]
    return {"__name__": shipped, "__package__": package}


def _without_synth_types(annotations: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in annotations.items() if not _is_of_synth(value)}


def _is_of_synth(annotation: Any) -> bool:
    module = getattr(annotation, "__module__", None)
    if isinstance(module, str) and is_synth_package(module.partition(".")[0]):
        return True
    return any(_is_of_synth(part) for part in typing.get_args(annotation))


def _submodules(function: types.FunctionType) -> list[types.ModuleType]:
    """Return the submodules that a function names by a dotted path, such as ``os.path``.

    They must be imported where it runs. cloudpickle guesses them from all that is imported here.
    """
    values = dict(function.__globals__)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        values[name] = internals._get_cell_contents(cell)
    found: dict[str, types.ModuleType] = {}
    for code in codes_in(function.__code__):
        chain = None
        for instruction in dis.get_instructions(code):
            if instruction.opname in _LOADS_OF_NAMES:
                value = values.get(instruction.argval)
                chain = value.__name__ if isinstance(value, types.ModuleType) else None
            elif instruction.opname in _LOADS_OF_ATTRIBUTES and chain is not None:
                chain = f"{chain}.{instruction.argval}"
                module = sys.modules.get(chain)
                if isinstance(module, types.ModuleType):
                    found[chain] = module
                else:
                    chain = None
            elif instruction.opname not in _BETWEEN:
                chain = None
    return [found[name] for name in sorted(found)]
