"""The instance types that a step's settings name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constructs_lib.model.settings import StepDefaults


def instance_types(settings: StepDefaults) -> Iterator[str]:
    """Yield the instance types of a step that are known at synthesis."""
    groups = settings.instance_groups or ()
    given = [group.get("InstanceType") for group in groups] or [settings.instance_type]
    for name in given:
        if isinstance(name, str) and name.startswith("ml."):
            yield name
