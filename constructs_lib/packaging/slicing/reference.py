"""Whether a function or class can be cut from its source, and what it is called there."""

from __future__ import annotations

import functools
import inspect
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from constructs_lib.packaging.project import SourceReference, shipped_name, source_file
from constructs_lib.packaging.slicing.live import without_ours
from constructs_lib.packaging.slicing.units import ParsedFile, parse_file


def source_reference(function: Callable[..., Any] | type) -> SourceReference | str:
    """Return where in the project's source a function or class is defined.

    Args:
        function: The function or class, without what ``step`` adds.

    Returns:
        A reference when it can be cut from its source, else the reason why not, as the end of a
        sentence: "it is a lambda".
    """
    module = getattr(function, "__module__", None)
    qualname = getattr(function, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(qualname, str):
        return f"it is a {type(function).__name__} object"
    if "<lambda>" in qualname:
        return "it is a lambda"
    if "<locals>" in qualname:
        outer = qualname.partition(".<locals>")[0]
        return f"it is defined inside {outer}()"
    if inspect.ismethod(function):
        return f"it is bound to {'a class' if inspect.isclass(function.__self__) else 'an object'}"
    return _in_module(function, module, qualname)


def _in_module(function: object, module: str, qualname: str) -> SourceReference | str:
    name = shipped_name(module)
    path = source_file(name)
    if path is None:
        return _without_source(module)
    main = getattr(sys.modules["__main__"], "__file__", None)
    if module == "__main__" and (not main or path.resolve() != Path(main).resolve()):
        return f"the script has the name of the module {name!r}"
    values = sys.modules.get(module)
    found: object = values
    for part in qualname.split("."):
        found = without_ours(getattr(found, part, None))
    if values is None or found is not function:
        return f"the name {qualname!r} in module {name} is not this {_kind(function)}"
    try:
        parsed = parse_file(path)
    except (SyntaxError, ValueError, OSError):
        return "its source file can no longer be read as it was imported"
    return _in_source(function, SourceReference(name, qualname), parsed, values)


def _in_source(
    function: object, reference: SourceReference, parsed: ParsedFile, values: types.ModuleType
) -> SourceReference | str:
    first = reference.qualname.partition(".")[0]
    if first not in parsed.binders:
        starred = any(imported.is_star for unit in parsed.units for imported in unit.imports)
        if not starred:
            return f"nothing at the top level of module {reference.module} defines {first!r}"
    plain = inspect.unwrap(function) if callable(function) else function
    code = getattr(plain, "__code__", None)
    same_module = getattr(plain, "__module__", None) == values.__name__
    if isinstance(code, types.CodeType) and same_module and not _is_current(code, parsed, values):
        return "its source file has changed since it was imported"
    return reference


def _is_current(code: types.CodeType, parsed: ParsedFile, values: types.ModuleType) -> bool:
    """Tell whether compiling the file now gives the code that was imported."""
    # An import hook, such as pytest's, compiles the same lines to other instructions.
    exact = type(getattr(values, "__loader__", None)) is SourceFileLoader
    for other in _codes(parsed):
        if other.co_name == code.co_name and other.co_firstlineno == code.co_firstlineno:
            return other == code if exact else other.co_varnames[:1] == code.co_varnames[:1]
    return False


@functools.lru_cache(maxsize=256)
def _codes(parsed: ParsedFile) -> tuple[types.CodeType, ...]:
    source = parsed.path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # importing the file has told them
        code = compile(source, str(parsed.path), "exec", dont_inherit=True)
    return tuple(_nested(code))


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _nested(constant)


def _without_source(module: str) -> str:
    loaded = sys.modules.get(module)
    if getattr(loaded, "__file__", None) is None:
        return f"module {module!r} has no source file"
    return f"module {module!r} is not part of the project"


def _kind(function: object) -> str:
    return "class" if isinstance(function, type) else "function"
