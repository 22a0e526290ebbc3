"""How far a pickler is, and why it stopped."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from constructs_lib.packaging.pickling.refusals import Refusal, refusal_of, refusal_of_instances

# A level of nesting takes four calls: lists a thousand deep are as fine as with pickle itself.
_CALLS = 5_000


class RefusedError(Exception):
    """An object must not be pickled."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.what)
        self.refusal = refusal


def refusal_for(error: Exception, stack: list[object]) -> Refusal:
    """Return why the last object of a stack was not pickled."""
    if isinstance(error, RefusedError):
        return error.refusal
    if isinstance(error, RecursionError):
        return Refusal("too deeply nested", "Pass it as a file, through an S3Input.")
    kind = type(stack[-1])
    what = f"{kind.__module__}.{kind.__qualname__}: {error}"
    return Refusal(what, "Make it inside the step, or pass plain data instead.")


@contextlib.contextmanager
def deep_recursion() -> Iterator[None]:
    """Allow deeper calls for a while."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _CALLS))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


class Progress:
    """What a pickler and those that it asks for sort keys and class ids have in common.

    Attributes:
        stack: The objects that are being saved, from the root; stays as it was when one fails.
    """

    def __init__(self) -> None:
        self.stack: list[object] = []
        self._refusals: dict[type, Refusal | None] = {}
        self._without_slot_names: list[type] = []

    def check(self, value: object) -> None:
        """Refuse what must not be pickled."""
        kind = type(value)
        if kind not in self._refusals:
            self._refusals[kind] = refusal_of_instances(kind)
            if "__slotnames__" not in vars(kind):
                self._without_slot_names.append(kind)
        refusal = self._refusals[kind] or refusal_of(value)
        if refusal is not None:
            raise RefusedError(refusal)

    def check_within(self, part: object) -> None:
        """Refuse what must not be pickled, ahead of its turn."""
        self.stack.append(part)
        self.check(part)
        self.stack.pop()

    @contextlib.contextmanager
    def slot_names_restored(self) -> Iterator[None]:
        """Remove what ``object.__reduce_ex__`` caches in the user's classes."""
        try:
            yield
        finally:
            for kind in self._without_slot_names:
                if "__slotnames__" in vars(kind):
                    type.__delattr__(kind, "__slotnames__")
