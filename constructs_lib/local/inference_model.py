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
from constructs_lib.runtime.archives import HIGHEST_RATIO, LARGEST, ArchiveFault, open_tar

_PROGRAM = "inference.py"
_LEFT_FREE = 1 << 30  # of the disk, in bytes


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
        StepFailedError: The data may not be read, is no archive, leads out of the folder, or is
            larger than is allowed or than the disk has room for.
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
    own = max(LARGEST, HIGHEST_RATIO * archive.stat().st_size)
    free = max(0, shutil.disk_usage(folder).free - _LEFT_FREE)
    try:
        with open_tar(str(archive), min(own, free)) as entries:
            for tar, member in entries:
                if member.islnk() and not (folder / member.linkname).is_file():
                    raise ArchiveFault(f"{member.name!r} is a link to a file that is not there")
                # Filters came with 3.10.12 and 3.11.4. What leads out has been refused already;
                # without them, what an archive says of owners and modes is not heeded.
                if hasattr(tarfile, "data_filter"):
                    tar.extract(member, folder, filter="data")
                else:
                    tar.extract(member, folder, set_attrs=False)
    except ArchiveFault as error:
        raise StepFailedError(f"the model data cannot be extracted: {error}") from error
    archive.unlink()
