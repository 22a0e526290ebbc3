"""From what the function returned to the files that SageMaker uploads."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Optional

from .failure import StepFailure
from .json_view import is_exact, json_view
from .lists import list_texts
from .protocol import (
    LISTS_FILE,
    MANIFEST_FILE,
    PROTOCOL_VERSION,
    RESULTS_FILE,
    SOURCE_FOLDER,
    Manifest,
    Part,
)
from .serializers import write_part

# A container with more entries than this is one part: a file for each would cost more than it
# saves.
_MOST_PARTS = 64


def store(
    result: Any,
    elements: Optional[int],
    bundle: str,
    folder: str,
    item: Any = None,
    serializer: Any = None,
) -> None:
    """Store a result: its parts, the JSON view if there is one, and last the manifest.

    Args:
        result: What the function returned.
        elements: Length of the tuple that it declares to return, if it declares one.
        bundle: Path of the step's bundle; goes along with pickles of its classes.
        folder: The model folder.
        item: The item of the iteration; None if the step does not iterate.
        serializer: As in the plan. What has one chosen is stored whole.

    Raises:
        StepFailure: The result cannot be stored, or is not the declared tuple.
    """
    if serializer is not None and elements is None:
        structure, entries = "value", [(None, result)]
    else:
        structure, entries = _parts(result, elements)
    os.makedirs(folder, exist_ok=True)
    parts = []
    for number, (key, value) in enumerate(entries):
        name = "value" if structure == "value" else str(number)
        choice = serializer[number] if isinstance(serializer, list) else serializer
        modules = write_part(value, os.path.join(folder, name), choice)
        if any(_from_bundle(module, bundle) for module in modules):
            _copy_source(bundle, os.path.join(folder, name))
        parts.append(Part(key=key, folder=name))
    has_view, view = json_view(result)
    if has_view:
        _write_json(os.path.join(folder, RESULTS_FILE), {"Result": view})
    texts = list_texts(result)
    if texts is not None:
        _write_json(os.path.join(folder, LISTS_FILE), {"Lists": texts})
    manifest = Manifest(protocol=PROTOCOL_VERSION, structure=structure, parts=parts, item=item)
    _write_json(os.path.join(folder, MANIFEST_FILE), manifest)


def _parts(result: Any, elements: Optional[int]) -> tuple[str, list[tuple[Any, Any]]]:
    if elements is not None:
        if not isinstance(result, (tuple, list)) or len(result) != elements:
            found = f"{len(result)} values" if isinstance(result, (tuple, list)) else "one value"
            raise StepFailure(
                f"the step is annotated to return {elements} values but returned {found} "
                f"({type(result).__qualname__}); return a tuple of {elements}, or correct the "
                f"annotation"
            )
        return "tuple", list(enumerate(result))
    small = type(result) in (tuple, list, dict) and 0 < len(result) <= _MOST_PARTS
    if not small or is_exact(result):
        return "value", [(None, result)]
    if isinstance(result, dict):
        if not all(type(key) is str and is_exact(key) for key in result):
            return "value", [(None, result)]
        return "dict", list(result.items())
    return type(result).__name__, list(enumerate(result))


def _write_json(path: str, value: Any) -> None:
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, allow_nan=False)


def _from_bundle(module: str, bundle: str) -> bool:
    file = getattr(sys.modules.get(module), "__file__", None)
    return isinstance(file, str) and file.startswith(f"{bundle}/{SOURCE_FOLDER}/")


def _copy_source(bundle: str, folder: str) -> None:
    """Put the step's project source beside a pickle that needs classes of it.

    A consumer that never mentions such a class has no source of it in its own bundle.
    """
    import zipfile  # slow, and seldom needed

    with zipfile.ZipFile(bundle) as archive:
        names = [n for n in archive.namelist() if n.startswith(f"{SOURCE_FOLDER}/")]
        archive.extractall(folder, names)
