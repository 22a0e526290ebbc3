"""A pickler whose bytes depend on the value alone."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import io
import os
import pickle
import sys
import types
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from constructs_lib.exceptions import BundleError, Fault
from constructs_lib.packaging.pickling.by_value import (
    CACHED,
    DISPATCH_TABLE,
    reduce_cached,
    reduce_class,
    reduce_code,
    reduce_function,
    reduce_type_variable,
)
from constructs_lib.packaging.pickling.code import codes_in, placed_at_one
from constructs_lib.packaging.pickling.constants import Constants
from constructs_lib.packaging.pickling.names import global_name
from constructs_lib.packaging.pickling.path import path_to
from constructs_lib.packaging.pickling.progress import (
    Progress,
    RefusedError,
    deep_recursion,
    refusal_for,
)
from constructs_lib.packaging.project import SourceReference, is_project_module, shipped_name
from constructs_lib.packaging.slicing.live import without_ours

_PROTOCOL = 5
_WITHOUT_PARTS = frozenset({int, bool, type(None), type(...), bytes, bytearray})
_DEFINITIONS = (type, types.FunctionType, CACHED, TypeVar)
_COMPARABLE = frozenset({int, bool, str, bytes})


@dataclass(frozen=True)
class Pickled:
    """A pickle.

    Attributes:
        data: The bytes.
        by_value: Whether code is in it, which ties it to this Python's minor version, and to
            cloudpickle, which loads it.
        references: Definitions of the project that it refers to by name.
        modules: Modules of the project that it refers to as a whole.
    """

    data: bytes
    by_value: bool
    references: frozenset[SourceReference]
    modules: frozenset[str]


def pickle_value(value: object, *, name: str, step: str, location: str | None) -> Pickled:
    """Pickle a value.

    Args:
        value: What to pickle; it is not changed.
        name: What to call it in errors.
        step: The step's name, for errors.
        location: The user's ``file:line``, for errors.

    Raises:
        BundleError: Something in it cannot be pickled.
    """
    buffer = io.BytesIO()
    progress = Progress()
    pickler = _CanonicalPickler(buffer, progress)
    try:
        with deep_recursion(), progress.slot_names_restored():
            pickler.dump(value)
    except Exception as error:  # noqa: BLE001 - a user's __reduce__ may raise anything
        refusal = refusal_for(error, progress.stack)
        is_ours = isinstance(error, (RefusedError, RecursionError))
        raise BundleError(
            Fault(
                what=f"step {step!r} cannot be shipped",
                found=f"{name}{path_to(progress.stack)} ({refusal.what})",
                allowed="data, and functions and classes that can be found by name",
                mend=refusal.mend,
                location=location,
            )
        ) from (None if is_ours else error)
    return Pickled(
        buffer.getvalue(),
        pickler.by_value,
        frozenset(pickler.references),
        frozenset(pickler.modules),
    )


# The pure-Python pickler: the C one never asks about sets, and memoises by identity only. It has no
# public name, and type stubs do not tell its methods.
_PurePickler: Any = vars(pickle)["_Pickler"]


class _CanonicalPickler(_PurePickler):  # type: ignore[misc]
    dispatch_table = DISPATCH_TABLE
    dispatch: ClassVar[dict[type, Any]] = dict(_PurePickler.dispatch)

    def __init__(
        self, file: io.BytesIO, progress: Progress, *, start: int = 0, identify: bool = True
    ) -> None:
        super().__init__(file, _PROTOCOL)
        self.by_value = False
        self.references: set[SourceReference] = set()
        self.modules: set[str] = set()
        self._progress = progress
        self._start = start
        self._identify = identify
        self._outer: dict[int, int] = {}
        self._constants = Constants()
        self._kept_alive: list[object] = []
        self._placed_codes: set[int] = set()
        self._globals: dict[int, dict[str, Any]] = {}

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if type(obj) in _WITHOUT_PARTS or id(obj) in self.memo:
            super().save(self._constants.one_for_equal(obj), save_persistent_id)
            return
        self._progress.stack.append(obj)
        obj = without_ours(obj) if "__wrapped__" in getattr(obj, "__dict__", ()) else obj
        self._progress.check(obj)
        if id(obj) in self._outer:
            obj = ("outer", self._outer[id(obj)])
        super().save(self._constants.one_for_equal(obj), save_persistent_id)
        self._progress.stack.pop()

    def reducer_override(self, obj: Any) -> Any:
        reduced = self._reduce(obj)
        if reduced is not NotImplemented:
            # The memo knows objects by their address: what was made just now must stay.
            self._kept_alive.append(reduced)
        return reduced

    def save_global(self, obj: Any, name: str | None = None) -> None:
        found = global_name(obj, name)
        if found is None:
            raise pickle.PicklingError("it cannot be found by its name")
        if found.reference is not None:
            self.references.add(found.reference)
        self.by_value = self.by_value or found.module.partition(".")[0] == "cloudpickle"
        self.save(found.module)
        self.save(found.qualname)
        self.write(pickle.STACK_GLOBAL)
        self.memoize(obj)

    def _save_buffer(self, obj: pickle.PickleBuffer) -> None:
        with obj.raw() as view:
            self.save(view.tobytes() if view.readonly else bytearray(view))

    dispatch[pickle.PickleBuffer] = _save_buffer
    dispatch[types.FunctionType] = save_global

    def _reduce(self, obj: Any) -> Any:
        kind = type(obj)
        if kind is set or kind is frozenset or kind is weakref.WeakSet:
            return kind, (self._in_order(obj),)
        if obj is dataclasses.MISSING:
            return "MISSING"
        if isinstance(obj, types.ModuleType):
            return importlib.import_module, (self._module_name(obj),)
        if kind is types.CodeType:
            return self._code(obj)
        if kind is types.MethodType:
            self._progress.check_within(obj.__self__)  # says more than what its function holds
        return self._definition(obj) if isinstance(obj, _DEFINITIONS) else NotImplemented

    def _definition(self, obj: Any) -> Any:
        name = obj.__name__ if isinstance(obj, TypeVar) else None
        if global_name(obj, name) is not None:
            return name or NotImplemented
        if isinstance(obj, TypeVar):
            return reduce_type_variable(obj)
        if isinstance(obj, CACHED):
            return reduce_cached(obj)
        if isinstance(obj, type):
            return reduce_class(obj, self._class_identifier(obj), self._in_order)
        base = self._globals.setdefault(id(obj.__globals__), {})
        return reduce_function(obj, base)

    def _module_name(self, module: types.ModuleType) -> str:
        if module is os.path:
            return "os.path"  # its own name is that of this system
        name = shipped_name(module.__name__)
        if is_project_module(name):
            self.modules.add(name)
        return name

    def _code(self, code: types.CodeType) -> Any:
        self.by_value = True
        if id(code) not in self._placed_codes:
            code = placed_at_one(code)
            self._kept_alive.append(code)
            self._placed_codes.update(map(id, codes_in(code)))
        return reduce_code(code)

    def _class_identifier(self, cls: type) -> str | None:
        """Hash what the class is, so that it is one class in all pickles that have it."""
        if not self._identify:
            return None
        buffer = io.BytesIO()
        start = len(self._progress.stack)
        _CanonicalPickler(buffer, self._progress, start=start, identify=False).dump(cls)
        return hashlib.sha256(buffer.getvalue()).hexdigest()[:32]

    def _in_order(self, values: Iterable[Any]) -> list[Any]:
        items = list(values)
        if all(type(item) in _COMPARABLE for item in items):
            return sorted(items, key=lambda item: (type(item).__name__, item))
        outer = {id(o): i for i, o in enumerate(self._progress.stack[self._start :])}
        return sorted(items, key=lambda item: self._sort_key(item, outer))

    def _sort_key(self, value: object, outer: dict[int, int]) -> tuple[str, int, bytes]:
        """Return the content of an element; what holds the set itself is told by its depth."""
        buffer = io.BytesIO()
        pickler = _CanonicalPickler(
            buffer, self._progress, start=self._start, identify=self._identify
        )
        pickler._outer = outer
        pickler.dump(value)
        known = self.memo.get(id(value), (sys.maxsize,))[0]
        return type(value).__qualname__, known, buffer.getvalue()
