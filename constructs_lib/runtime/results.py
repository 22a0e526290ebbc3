"""From what the function returned to the files that SageMaker uploads."""

from __future__ import annotations

import hashlib
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
    PAYLOAD_FILE,
    PROTOCOL_VERSION,
    RESULTS_FILE,
    SOURCE_FOLDER,
    Manifest,
    Part,
    Payload,
    Plan,
    Producer,
)
from .serializers import write_part
from .serializers.hashing import sha256_of

# A container with more entries than this is one part: a file for each would cost more than it
# saves.
_MOST_PARTS = 64
# Characters; the keys stand in the manifest, which consumers read only if it is small.
_MOST_KEY_TEXT = 1 << 16


def store(result: Any, plan: Plan, bundle: str, folder: str, item: Any = None) -> None:
    """Store a result: its parts, the JSON view if there is one, and last the manifest.

    Args:
        result: What the function returned.
        plan: The step's. What has a serializer chosen is stored whole.
        bundle: Path of the step's bundle; goes along with pickles of its classes.
        folder: The model folder.
        item: The item of the iteration; None if the step does not iterate.

    Raises:
        StepFailure: The result cannot be stored, or is not the declared tuple.
    """
    elements, serializer, data_only = plan["elements"], plan["serializer"], plan["data_only"]
    if serializer is not None and elements is None:
        structure, entries = "value", [(None, result)]
    else:
        structure, entries = _parts(result, elements)
    os.makedirs(folder, exist_ok=True)
    producer = _producer(bundle)
    parts = []
    for number, (key, value) in enumerate(entries):
        name = "value" if structure == "value" else str(number)
        place = os.path.join(folder, name)

        def describe(payload: Payload, modules: set[str], place: str = place) -> None:
            payload["producer"] = producer
            if not data_only and any(_from_bundle(module, bundle) for module in modules):
                _copy_source(bundle, place)
                payload["source"] = sha256_of(os.path.join(place, SOURCE_FOLDER))

        choice = serializer[number] if isinstance(serializer, list) else serializer
        try:
            write_part(value, place, choice, data_only, describe)
        except StepFailure as failure:
            if key is None:
                raise
            raise StepFailure(f"part {key!r}: {failure}") from None
        digest = sha256_of(os.path.join(place, PAYLOAD_FILE))
        parts.append(Part(key=key, folder=name, sha256=digest))
    views = {}
    has_view, view = json_view(result)
    if has_view:
        views[RESULTS_FILE] = _write_json(folder, RESULTS_FILE, {"Result": view})
    texts = list_texts(result)
    if texts is not None:
        views[LISTS_FILE] = _write_json(folder, LISTS_FILE, {"Lists": texts})
    manifest = Manifest(
        protocol=PROTOCOL_VERSION,
        producer=producer,
        structure=structure,
        parts=parts,
        item=item,
        views=views,
    )
    _write_json(folder, MANIFEST_FILE, manifest)


def _producer(bundle: str) -> Producer:
    # https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
    job = os.environ.get("TRAINING_JOB_NAME", "")
    return Producer(job=job, code=os.path.basename(bundle)[: -len(".zip")])


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
        if sum(map(len, result)) > _MOST_KEY_TEXT:
            return "value", [(None, result)]
        return "dict", list(result.items())
    return type(result).__name__, list(enumerate(result))


def _write_json(folder: str, name: str, value: Any) -> str:
    """Write a file, and return its sha256 in hex."""
    content = json.dumps(value, allow_nan=False).encode()
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content)
    return hashlib.sha256(content).hexdigest()


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
