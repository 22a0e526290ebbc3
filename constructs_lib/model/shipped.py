"""Functions that the runtime brings along: steps that run no code of the user's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, eq=False)
class ShippedFunction:
    """A function of the runtime, by its name.

    Attributes:
        module: Inside of the runtime.
        name: In the module.
        files: Name in the bundle to a file that goes along.
    """

    module: str
    name: str
    files: Mapping[str, Path] = field(default_factory=dict)

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: it runs in a job only."""
        raise TypeError(f"{self.name} runs in the job of a step only")
