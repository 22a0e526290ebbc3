"""From a channel with the results of all iterations to a list in the order of the items."""

from __future__ import annotations

import json
import os
from typing import Any, Optional

from .acceptance import Acceptance
from .failure import StepFailure
from .loading import load_result
from .protocol import MANIFEST_FILE, UPLOADED_MODEL_PREFIX
from .stored import read_manifest


def load_collection(
    folder: str,
    order: Optional[list[Any]],
    position: Optional[int],
    name: str,
    acceptance: Acceptance,
) -> Any:
    """Return the results of all iterations, or of one of them.

    Args:
        folder: The channel: a folder for each job, with its uploaded model.
        order: The items that were iterated over; None if they are positions.
        position: Index of the result that is wanted; None for the list of all.
        name: The argument, for failures.
        acceptance: What may be loaded.

    Raises:
        StepFailure: The results are not those of the items, or one is not that of its job.
    """
    try:
        stored = _stored(folder)
    except StepFailure as failure:
        raise StepFailure(f"argument {name!r}: {failure}") from None
    if order is None:
        if not all(type(item) is int for item, _ in stored):
            raise StepFailure(f"argument {name!r}: there are results without a position")
        folders = [path for _, path in sorted(stored, key=lambda entry: entry[0])]
    else:
        folders = _arranged(stored, order, name)
    if position is None:
        return [load_result(path, [], name, acceptance) for path in folders]
    if not 0 <= position < len(folders):
        raise StepFailure(f"argument {name!r}: there is no result {position} of {len(folders)}")
    return load_result(folders[position], [], name, acceptance)


def _stored(folder: str) -> list[tuple[Any, str]]:
    """Return item and folder of each result.

    Raises:
        StepFailure: One was stored by another job than that whose folder it is in.
    """
    found = []
    for job in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
        path = os.path.join(folder, job, *UPLOADED_MODEL_PREFIX.split("/"))
        manifest = os.path.join(path, MANIFEST_FILE)
        if os.path.lexists(manifest):
            content = read_manifest(manifest)
            producer = content["producer"]["job"]
            if producer not in {"", job}:
                raise StepFailure(f"the result of the job {job} was stored by another: {producer}")
            found.append((content.get("item"), path))
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
    except (ValueError, RecursionError):
        return 0
