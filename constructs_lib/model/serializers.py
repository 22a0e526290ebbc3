"""Which serializer stores the result of a step, if the user chooses one."""

from __future__ import annotations

import inspect
from typing import Any

from constructs_lib.exceptions import Fault, StepError, suggestion
from constructs_lib.model.location import caller_location

#: What can be chosen by name. Files, folders and large texts are chosen by type only.
NAMES = ("arrow", "joblib", "json", "npy", "parquet", "pickle", "safetensors")

_ALLOWED = (
    f"{', '.join(map(repr, NAMES))}, or a class with write(self, value, folder) and "
    f"read(self, folder)"
)


def check_serializer(choice: Any) -> None:
    """Refuse what is neither a name, nor a class, nor a tuple of these and None.

    Raises:
        StepError: It is none of them.
    """
    for entry in choice if isinstance(choice, tuple) else (choice,):
        if entry is None and isinstance(choice, tuple):
            continue
        if isinstance(entry, str):
            if entry not in NAMES:
                _refuse(repr(entry), suggestion(entry, NAMES, "Choose one."))
        elif not inspect.isclass(entry):
            is_instance = callable(getattr(entry, "write", None))
            mend = "Give the class itself." if is_instance else "Choose one."
            _refuse(f"{entry!r} ({type(entry).__name__})", mend)
        else:
            _check_class(entry)


def check_elements(choice: Any, elements: int | None, function: str) -> None:
    """Refuse a tuple of serializers for a result that is not such a tuple.

    Args:
        choice: The setting.
        elements: Length of the tuple that the function is annotated to return, if it is.
        function: Its name.

    Raises:
        StepError: The lengths differ.
    """
    if isinstance(choice, tuple) and len(choice) != elements:
        annotated = "no tuple of fixed length" if elements is None else f"{elements} values"
        raise StepError(
            Fault(
                what=f"step {function!r} has a serializer for each of {len(choice)} values",
                found=f"it is annotated to return {annotated}",
                allowed="as many serializers as the annotation has values",
                mend="Annotate the function with tuple[...], or give one serializer.",
                location=caller_location(),
            )
        )


def _check_class(cls: type) -> None:
    missing = [name for name in ("write", "read") if not callable(getattr(cls, name, None))]
    if missing:
        _refuse(f"the class {cls.__qualname__} without {missing[0]}", f"Define {missing[0]}.")
    if "<locals>" in cls.__qualname__:
        outer = cls.__qualname__.partition(".<locals>")[0]
        _refuse(
            f"the class {cls.__name__}, which is defined inside {outer}()",
            "Move it to the top level of a module, where the step that reads the result finds it.",
        )


def _refuse(found: str, mend: str) -> None:
    raise StepError(
        Fault(
            what="the setting serializer cannot be used",
            found=found,
            allowed=_ALLOWED,
            mend=mend,
            location=caller_location(),
        )
    )
