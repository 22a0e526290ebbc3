"""Where in an object something is, in the user's words."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Iterator, Sequence

from constructs_lib.packaging.pickling.code import codes_in

_FIRST, _LAST = 8, 4  # of a very long path, what is shown


def path_to(stack: Sequence[object]) -> str:
    """Return how the last of several nested objects is reached from the first.

    Args:
        stack: What the pickler is inside of, from the root; it also holds objects of pickle's
            own, which are passed over.

    Returns:
        Labels such as `` → ['client']`` or `` → closure 'lock'``; empty for the root.
    """
    current, previous = stack[0], stack[0]
    labels: list[str] = []
    for inner in stack[1:]:
        label = None if inner is current else _label(current, previous, inner)
        if label is not None:
            labels.append(label)
            current = inner
        previous = inner
    if len(labels) > _FIRST + _LAST:
        labels = [*labels[:_FIRST], "…", *labels[-_LAST:]]
    return "".join(f" → {label}" for label in labels)


def _label(current: object, previous: object, inner: object) -> str | None:
    for text, child in _children(current):
        if child is inner:
            return text
    is_code = isinstance(current, (types.FunctionType, type))
    if isinstance(previous, dict) and previous is not current and not is_code:
        # What __getstate__ returned: its names are the nearest to an attribute that there is.
        for key, item in previous.items():
            if item is inner and isinstance(key, str) and not isinstance(inner, (str, tuple)):
                return f".{key}"
    if isinstance(inner, types.FunctionType):
        return f"function {inner.__qualname__!r}"
    return f"class {inner.__qualname__!r}" if inner is type(current) else None


def _children(value: object) -> Iterator[tuple[str, object]]:
    """Yield what a value consists of; attributes are looked up without calling any code."""
    if isinstance(value, types.FunctionType):
        yield from _captured(value)
    elif isinstance(value, types.MethodType):
        yield "its instance", value.__self__
        yield from _children(value.__func__)
    elif isinstance(value, functools.partial):
        yield "its function", value.func
        yield from ((f"argument {index}", item) for index, item in enumerate(value.args))
        yield from ((f"argument {name!r}", item) for name, item in value.keywords.items())
    elif isinstance(value, (staticmethod, classmethod)):
        yield from _children(value.__func__)
    elif isinstance(value, property):
        yield from (("its code", part) for part in (value.fget, value.fset, value.fdel) if part)
    else:
        yield from _items(value)
    if isinstance(value, type):
        yield from ((f"base {base.__qualname__!r}", base) for base in value.__bases__)
    yield from _attributes(value)


def _items(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield f"[{key!r}]", item
            yield f"key {key!r}", key
    elif isinstance(value, (list, tuple)):
        yield from ((f"[{index}]", item) for index, item in enumerate(value))
    elif isinstance(value, (set, frozenset)):
        yield from (("an element", item) for item in value)


def _attributes(value: object) -> Iterator[tuple[str, object]]:
    namespace: object = None
    if isinstance(value, type):
        namespace = vars(value)
    else:
        descriptor = inspect.getattr_static(value, "__dict__", None)
        if isinstance(descriptor, types.GetSetDescriptorType):
            namespace = descriptor.__get__(value)
    if isinstance(namespace, (dict, types.MappingProxyType)):
        yield from ((f".{name}", item) for name, item in namespace.items())
    for cls in type(value).__mro__:
        for name, member in vars(cls).items():
            if "__slots__" in vars(cls) and isinstance(member, types.MemberDescriptorType):
                try:
                    yield f".{name}", member.__get__(value)
                except AttributeError:
                    continue  # a slot that has no value yet


def _captured(function: types.FunctionType) -> Iterator[tuple[str, object]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield f"closure {name!r}", cell.cell_contents
        except ValueError:
            continue  # a variable that has no value yet
    for code in codes_in(function.__code__):
        for name in code.co_names:
            if name in function.__globals__:
                yield f"global {name!r}", function.__globals__[name]
        yield from (("a constant", constant) for constant in code.co_consts)
    for name, item in _defaults(function):
        yield f"default of {name!r}", item
    for name, item in function.__annotations__.items():
        yield f"annotation of {name!r}", item


def _defaults(function: types.FunctionType) -> Iterator[tuple[str, object]]:
    defaults = function.__defaults__ or ()
    last = function.__code__.co_argcount
    names = function.__code__.co_varnames[last - len(defaults) : last]
    yield from zip(names, defaults, strict=True)
    yield from (function.__kwdefaults__ or {}).items()
