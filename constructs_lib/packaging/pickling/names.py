"""What can be referred to by name, and by which name the container knows it."""

from __future__ import annotations

import sys
import types
from dataclasses import dataclass
from importlib.machinery import ExtensionFileLoader

from constructs_lib.packaging.project import SourceReference, is_project_module, shipped_name
from constructs_lib.packaging.slicing import source_reference

# Types of the interpreter, such as FunctionType, say that they are in builtins and are not there.
_INTERPRETER_TYPES = {
    value: name for name, value in sorted(vars(types).items()) if isinstance(value, type)
}


@dataclass(frozen=True)
class GlobalName:
    """Where a class, function or other global is found.

    Attributes:
        module: The module, by its name in the container.
        qualname: Dotted path inside it.
        reference: The definition to ship, if the module is the project's.
    """

    module: str
    qualname: str
    reference: SourceReference | None = None


def global_name(value: object, name: str | None = None) -> GlobalName | None:
    """Return where a value is found by name in the container, or None if nowhere.

    Args:
        value: A class, a function, or what its own reducer says to be a global.
        name: The dotted path that its reducer gives, else it is what the value says of itself.
    """
    qualname = name or getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    if not isinstance(qualname, str):
        return None
    module = getattr(value, "__module__", None)
    if not isinstance(module, str):
        module = _module_that_has(value, qualname)
    if module is None:
        return None
    if is_project_module(shipped_name(module)):
        return _in_project(value, module, qualname)
    if module != "__main__" and is_importable(module) and _find(module, qualname) is value:
        return GlobalName(module, qualname)
    if isinstance(value, type) and value in _INTERPRETER_TYPES:
        return GlobalName("types", _INTERPRETER_TYPES[value])
    return None


def is_importable(module: str) -> bool:
    """Tell whether a loaded module comes from somewhere, not from ``types.ModuleType()``."""
    top = sys.modules.get(module.partition(".")[0])
    return (
        getattr(top, "__spec__", None) is not None or getattr(top, "__file__", None) is not None
    ) and module in sys.modules


def _in_project(value: object, module: str, qualname: str) -> GlobalName | None:
    reference: SourceReference | str | None
    if isinstance(getattr(value, "__qualname__", None), str):
        reference = source_reference(value)  # type: ignore[arg-type]  # a lru_cache, say
    elif _find(module, qualname) is value:
        reference = SourceReference(shipped_name(module), qualname)
    else:
        reference = None
    if not isinstance(reference, SourceReference):
        return None
    return GlobalName(reference.module, reference.qualname, reference)


def _module_that_has(value: object, qualname: str) -> str | None:
    """Find the module of a value that does not say its own, whatever was imported first.

    Only compiled modules have such values. Of several modules the shortest name in the package of
    the compiled one is taken: ``numpy.add`` is also in each module with ``from numpy import *``.
    """
    found = {
        name: module
        for name, module in sorted(sys.modules.items())
        if isinstance(module, types.ModuleType)
        and vars(module).get(qualname.partition(".")[0]) is not None
        and _find(name, qualname) is value
    }
    homes = {
        name.partition(".")[0]
        for name, module in found.items()
        if isinstance(getattr(module, "__loader__", None), ExtensionFileLoader)
    }
    return min(
        found,
        key=lambda name: (name.partition(".")[0] not in homes, name.count("."), name),
        default=None,
    )


def _find(module: str, qualname: str) -> object:
    value: object = sys.modules.get(module)
    for name in qualname.split("."):
        value = getattr(value, name, None)
    return value
