"""Which stored results a step loads: what was declared, and nothing but data if so demanded."""

from __future__ import annotations

from typing import Any, Optional

from .failure import StepFailure
from .protocol import Payload

# What is read without running code that it names.
DATA = ("arrow", "json", "npy", "parquet", "path", "safetensors", "text")
_BY_TYPE = ("arrow", "json", "npy", "path", "pickle", "safetensors", "text")
# A producer of which nothing is known.
ANY = "any"


class Acceptance:
    """What may be loaded.

    Args:
        declared: What the producer has chosen to store its result with, as in its plan; None if
            the format follows from the type. Default: it is not known.
        data_only: Whether only data is loaded.
    """

    def __init__(self, declared: Any = ANY, data_only: bool = False) -> None:
        self._declared = declared
        self.data_only = data_only

    def of_part(self, number: int) -> Acceptance:
        """Return what may be loaded as one part of the whole.

        Raises:
            StepFailure: There is no such part.
        """
        if not isinstance(self._declared, list):
            return self
        if number >= len(self._declared):
            raise StepFailure(
                f"the upstream result has more than the {len(self._declared)} parts of its step"
            )
        return Acceptance(self._declared[number], self.data_only)

    def refusal(self, payload: Payload) -> Optional[str]:
        """Return why a stored part must not be loaded; None if it may be."""
        found = payload["serializer"]
        declared = self._declared
        if isinstance(declared, dict):
            if found == "custom" and payload["reader"] == declared:
                return None
            name = f"{declared['module']}.{declared['qualname']}"
            return f"it is stored as {_described(payload)}, and its step stores it with {name}"
        # A path stays a file, whatever is chosen by name.
        allowed = _BY_TYPE if declared is None else (declared, "path")
        if declared != ANY and found not in allowed:
            name = "what follows from its type" if declared is None else declared
            return f"it is stored as {_described(payload)}, and its step stores it as {name}"
        if self.data_only and found not in DATA:
            return (
                f"it is stored as {_described(payload)}, and reading that can run code that it "
                f"names; the pipeline reads data only (results='data-only')"
            )
        return None


def _described(payload: Payload) -> str:
    if payload["serializer"] != "custom":
        return payload["serializer"]
    return f"files of {payload['reader']['module']}.{payload['reader']['qualname']}"
