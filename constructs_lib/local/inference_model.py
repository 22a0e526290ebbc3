"""Models with a module of functions that answer requests."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.platform import ObjectStore

_PROGRAM = "inference.py"


@dataclass(frozen=True)
class InferenceModel:
    """A model on this machine.

    Attributes:
        folder: Its data, as in ``/opt/ml/model``.
        program: Path of the module in that folder.
        environment: Variables of its container.
    """

    folder: Path
    program: str
    environment: Mapping[str, str]


def fetch_model(
    request: Mapping[str, Any], store: ObjectStore, folder: Path
) -> InferenceModel | None:
    """Fetch the data of a model, and return it, or None if it has no module to be run.

    The module is ``code/inference.py``, or what SAGEMAKER_PROGRAM names instead.
    https://docs.aws.amazon.com/sagemaker/latest/dg/adapt-inference-container.html

    Args:
        request: CreateModel's.
        store: Where the data is.
        folder: To put it into; what is there is removed.

    Raises:
        StepFailedError: The data may not be read, or is no archive.
    """
    containers = [request.get("PrimaryContainer"), *request.get("Containers", [])]
    given = [container for container in containers if container]
    if len(given) != 1:
        return None
    container: Mapping[str, Any] = given[0]
    uri, is_archive = _data(container)
    if uri is None or not uri.startswith("s3://"):
        return None
    shutil.rmtree(folder, ignore_errors=True)
    if store.download(uri, folder) == 0:
        return None
    if is_archive:
        _extract(folder / uri.rpartition("/")[2], folder)
    environment: Mapping[str, str] = container.get("Environment", {})
    program = f"code/{environment.get('SAGEMAKER_PROGRAM') or _PROGRAM}"
    if ".." in program.split("/") or not (folder / program).is_file():
        return None
    return InferenceModel(folder, program, environment)


def _data(container: Mapping[str, Any]) -> tuple[str | None, bool]:
    """Return where a container's data is, and whether it is an archive."""
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is None:
        return container.get("ModelDataUrl"), True
    return source.get("S3Uri"), source.get("CompressionType") != "None"


def _extract(archive: Path, folder: Path) -> None:
    try:
        with tarfile.open(archive) as file:
            file.extractall(folder, filter="data")
    except (OSError, tarfile.TarError) as error:
        raise StepFailedError(f"the model data cannot be extracted: {error}") from error
    archive.unlink()
