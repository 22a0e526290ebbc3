"""From a channel with the results of all iterations to a list in the order of the items."""

from __future__ import annotations

import json
import os
from typing import Any, Optional

from .failure import StepFailure
from .loading import load_result
from .protocol import MANIFEST_FILE, UPLOADED_MODEL_PREFIX


def load_collection(
    folder: str, order: Optional[list[Any]], position: Optional[int], name: str
) -> Any:
    """Return the results of all iterations, or of one of them.

    Args:
        folder: The channel: a folder for each job, with its uploaded model.
        order: The items that were iterated over; None if they are positions.
        position: Index of the result that is wanted; None for the list of all.
        name: The argument, for failures.

    Raises:
        StepFailure: The results are not those of the items.
    """
    stored = _stored(folder)
    if order is None:
        folders = [path for _, path in sorted(stored, key=lambda entry: entry[0])]
    else:
        folders = _arranged(stored, order, name)
    if position is None:
        return [load_result(path, [], name) for path in folders]
    if not 0 <= position < len(folders):
        raise StepFailure(f"argument {name!r}: there is no result {position} of {len(folders)}")
    return load_result(folders[position], [], name)


def _stored(folder: str) -> list[tuple[Any, str]]:
    """Return item and folder of each result."""
    found = []
    for job in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
        path = os.path.join(folder, job, *UPLOADED_MODEL_PREFIX.split("/"))
        manifest = os.path.join(path, MANIFEST_FILE)
        if os.path.exists(manifest):
            with open(manifest, encoding="utf-8") as file:
                found.append((json.load(file)["item"], path))
    return found


def _arranged(stored: list[tuple[Any, str]], order: list[Any], name: str) -> list[str]:
    """Return the folders in the order of the items; equal items have equal results."""
    remaining = list(stored)
    folders = []
    for item in order:
        likeness = [_likeness(value, item) for value, _ in remaining]
        if not any(likeness):
            raise StepFailure(
                f"argument {name!r}: there is no result for the item {item!r}; there are results "
                f"for {[value for value, _ in stored]}"
            )
        folders.append(remaining.pop(likeness.index(max(likeness)))[1])
    return folders


def _likeness(value: Any, item: Any) -> int:
    """Return 2 if a value is an item, 1 if it may be one that was written differently, else 0."""
    if isinstance(value, bool) != isinstance(item, bool):
        return 0
    if value == item:
        return 2 if type(value) is type(item) else 1
    try:
        return int(isinstance(item, str) and json.loads(item) == value)
    except ValueError:
        return 0
