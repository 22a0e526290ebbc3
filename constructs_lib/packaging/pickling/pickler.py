"""A pickler whose bytes depend on the value alone."""

from __future__ import annotations

import hashlib
import io
import pickle
import sys
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from constructs_lib.exceptions import BundleError, Fault
from constructs_lib.packaging.pickling.by_value import (
    DISPATCH_TABLE,
    SUBIMPORT,
    GlobalsOfFunctions,
    reduce_class,
    reduce_code,
    reduce_function,
    reduce_type_variable,
)
from constructs_lib.packaging.pickling.path import path_to
from constructs_lib.packaging.pickling.refusals import Refusal, refusal_of
from constructs_lib.packaging.project import SourceReference, is_project_module, shipped_name

_PROTOCOL = 5


@dataclass(frozen=True)
class Pickled:
    """A pickle.

    Attributes:
        data: The bytes.
        by_value: Whether code is in it, which ties it to this Python's minor version.
        references: Definitions of the project that it refers to by name.
        modules: Modules of the project that it refers to as a whole.
    """

    data: bytes
    by_value: bool
    references: frozenset[SourceReference]
    modules: frozenset[str]


class _RefusedError(Exception):
    """An object cannot be pickled; raised once, where the stack is known."""

    def __init__(self, path: str, refusal: Refusal) -> None:
        super().__init__(path)
        self.path = path
        self.refusal = refusal


def pickle_value(value: object, *, name: str, step: str, location: str | None) -> Pickled:
    """Pickle a value.

    Args:
        value: What to pickle.
        name: What to call it in errors.
        step: The step's name, for errors.
        location: The user's ``file:line``, for errors.

    Raises:
        BundleError: Something in it cannot be pickled.
    """
    buffer = io.BytesIO()
    pickler = _CanonicalPickler(buffer)
    try:
        pickler.dump(value)
    except _RefusedError as error:
        raise BundleError(
            Fault(
                what=f"step {step!r} cannot be shipped",
                found=f"{name}{error.path} ({error.refusal.what})",
                allowed="data, and functions and classes that can be found by name",
                mend=error.refusal.mend,
                location=location,
            )
        ) from None
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

    def __init__(
        self, file: io.BytesIO, *, identify: bool = True, inside: Sequence[object] = ()
    ) -> None:
        super().__init__(file, _PROTOCOL)
        self.by_value = False
        self.references: set[SourceReference] = set()
        self.modules: set[str] = set()
        self._identify = identify
        self._stack = list(inside)
        self._canonical: dict[object, object] = {}
        self._kept_alive: list[object] = []
        self._globals = GlobalsOfFunctions()

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        obj = self._same_for_equal(obj)
        self._stack.append(obj)
        refusal = refusal_of(obj)
        if refusal is not None:
            self._refuse(refusal)
        try:
            if not self._save_reference(obj):
                super().save(obj, save_persistent_id)
        except _RefusedError:
            raise
        except RecursionError:
            self._refuse(Refusal("too deeply nested", "Pass it as a file, through an S3Input."))
        except Exception as error:  # noqa: BLE001 - a user's __reduce__ may raise anything
            kind = f"{type(obj).__module__}.{type(obj).__qualname__}"
            what = f"{kind} cannot be pickled: {error}"
            self._refuse(Refusal(what, "Make it inside the step, or pass plain data instead."))
        self._stack.pop()

    def reducer_override(self, obj: Any) -> Any:
        reduced = self._reduce(obj)
        # The memo knows objects by their address: what was made just now must stay.
        self._kept_alive.append(reduced)
        return reduced

    def _reduce(self, obj: Any) -> Any:
        kind = type(obj)
        if kind is set or kind is frozenset:
            return kind, (sorted(obj, key=self._sort_key),)
        if kind is types.CodeType:
            return reduce_code(obj)
        if isinstance(obj, types.ModuleType) and is_project_module(shipped_name(obj.__name__)):
            self.modules.add(shipped_name(obj.__name__))
            return SUBIMPORT, (shipped_name(obj.__name__),)
        if isinstance(obj, TypeVar):
            return reduce_type_variable(obj)
        if isinstance(obj, type) and not _is_installed(obj):
            self.by_value = True
            return reduce_class(obj, self._class_identifier(obj)) or NotImplemented
        if isinstance(obj, types.FunctionType) and not _is_installed(obj):
            self.by_value = True
            return reduce_function(obj, self._globals)
        return NotImplemented

    def _save_reference(self, obj: Any) -> bool:
        """Write a definition of the project, or a step function, by name; False if it is none."""
        if not isinstance(obj, (type, types.FunctionType)):
            wrapped = getattr(obj, "__wrapped__", None) if _is_step_function(obj) else None
            if wrapped is None:
                return False
            self.save(wrapped)
            return True
        reference = _project_reference(obj)
        if reference is None:
            return False
        memoised = self.memo.get(id(obj))
        if memoised is not None:
            self.write(self.get(memoised[0]))
            return True
        self.references.add(reference)
        self.save(reference.module)
        self.save(reference.qualname)
        self.write(pickle.STACK_GLOBAL)
        self.memoize(obj)
        return True

    def _same_for_equal(self, obj: Any) -> Any:
        """Return one object for all equal constants: which of them are identical is chance."""
        key = _constant_key(obj)
        return obj if key is None else self._canonical.setdefault(key, obj)

    def _class_identifier(self, cls: type) -> str | None:
        if not self._identify:
            return None
        buffer = io.BytesIO()
        _CanonicalPickler(buffer, identify=False).dump(cls)
        return hashlib.sha256(buffer.getvalue()).hexdigest()[:32]

    def _sort_key(self, value: object) -> tuple[str, bytes]:
        buffer = io.BytesIO()
        _CanonicalPickler(buffer, inside=self._stack).dump(value)
        return type(value).__qualname__, buffer.getvalue()

    def _refuse(self, refusal: Refusal) -> NoReturn:
        raise _RefusedError(path_to(self._stack), refusal) from None


def _constant_key(obj: object) -> object:
    """Return what equal constants have in common, 1 and 1.0 apart; None for other objects."""
    kind = type(obj)
    if kind is tuple and obj:
        keys = tuple(_constant_key(item) for item in obj)  # type: ignore[attr-defined]  # a tuple
        return None if None in keys else (kind, keys)
    if kind is str or kind is bytes:
        return kind, obj
    return (kind, repr(obj)) if kind in _CONSTANTS else None


_CONSTANTS = (int, float, complex, bool, type(None), type(...))


def _is_step_function(obj: object) -> bool:
    return type(obj).__module__.startswith("constructs_lib.") and hasattr(obj, "__wrapped__")


def _project_reference(obj: Any) -> SourceReference | None:
    module, qualname = getattr(obj, "__module__", None), obj.__qualname__
    if not isinstance(module, str) or not is_project_module(shipped_name(module)):
        return None
    found = _find(module, qualname)
    if found is obj or (_is_step_function(found) and getattr(found, "__wrapped__", None) is obj):
        return SourceReference(shipped_name(module), qualname)
    return None


def _is_installed(obj: Any) -> bool:
    """Tell whether something can be imported by name wherever its package is installed."""
    module = getattr(obj, "__module__", None)
    if not isinstance(module, str) or module == "__main__":
        return False
    return _find(module, obj.__qualname__) is obj


def _find(module: str, qualname: str) -> object:
    value: object = sys.modules.get(module)
    for name in qualname.split("."):
        value = getattr(value, name, None)
    return value
