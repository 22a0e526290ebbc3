"""A cleanup step: deletes what other steps of the execution have stored.

What it records has the shape of the service's metadata.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CleanupStepMetadata.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.execution import Execution, StepRecord
from constructs_lib.local.platform import ObjectStore, split_uri


def clean(request: Mapping[str, Any], execution: Execution, store: ObjectStore) -> dict[str, Any]:
    """Delete what the sources of a cleanup step have stored.

    Skipped is what another execution has stored, because the source used its output again, and
    what nobody has stored, because the source is a stub or its job was never described.

    Args:
        request: The step's arguments, with no expressions left in them.
        execution: Where the sources have run.
        store: The objects as the pipeline's role sees them.

    Returns:
        ``CleanedSteps``, ``FailedSteps`` and ``SkippedSteps``; those that are not empty.

    Raises:
        LocalRunError: The execution has no such step.
    """
    cleaned: list[str] = []
    skipped: list[str] = []
    failed: list[dict[str, str]] = []
    for source in request["Resources"]["S3"]:
        name = source["StepName"]
        record = _record(execution, name)
        failure = {"StepName": name, "ErrorCode": "ClientError"}
        try:
            uris = _uris(record, source.get("S3Uris"))
            for uri in uris:
                store.delete(uri)
        except (StepFailedError, OSError, LocalRunError) as error:
            failed.append({**failure, "ErrorMessage": str(error)})
        else:
            (cleaned if uris else skipped).append(name)
    outcome = {"CleanedSteps": cleaned, "FailedSteps": failed, "SkippedSteps": skipped}
    return {name: entries for name, entries in outcome.items() if entries}


def _record(execution: Execution, name: str) -> StepRecord:
    for record in execution.steps:
        if record.name == name:
            return record
    raise LocalRunError(f"the cleanup's source {name!r} is no step of the execution")


def _uris(record: StepRecord, given: list[str] | None) -> list[str]:
    """Return what is deleted of a step: objects, or a folder with ``/`` at its end."""
    properties = record.properties or {}
    if record.cached_from or record.reused_from or record.is_stub or not properties:
        return []
    if given is None:
        path = properties.get("OutputDataConfig", {}).get("S3OutputPath")
        job = properties.get("TrainingJobName")
        return [f"{path.rstrip('/')}/{job}/"] if path and job else []
    folders = [
        output["S3Output"]["S3Uri"].rstrip("/")
        for output in properties.get("ProcessingOutputConfig", {}).get("Outputs", [])
        if "S3Output" in output
    ]
    for uri in given:
        if not split_uri(uri)[1] or uri.endswith("/"):
            raise StepFailedError(f"{uri!r} is not the URI of one object")
        if not any(uri.startswith(f"{folder}/") for folder in folders):
            raise StepFailedError(f"{uri} is not below an output of step {record.name}: {folders}")
    return given
