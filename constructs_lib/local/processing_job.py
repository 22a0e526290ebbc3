"""A processing job, with ``/opt/ml/processing`` in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.job import Job

_ROOT = "/opt/ml"


class ProcessingJob(Job):
    """A CreateProcessingJob request.

    Paths below ``/opt/ml`` in its entry point, arguments and environment are those of its folder.
    """

    def description(self) -> dict[str, Any]:
        """Return what the service would describe: the properties that other steps read."""
        return {
            **self._request,
            "ProcessingJobName": self.name,
            "ProcessingJobArn": self._arn,
            "ProcessingJobStatus": "Completed",
        }

    def read_output(self, name: str) -> bytes:
        """Raise: what a processing job leaves has no fixed place.

        Raises:
            FileNotFoundError: Always.
        """
        raise FileNotFoundError(name)

    def _command(self) -> list[str]:
        specification = self._request["AppSpecification"]
        entry = specification.get("ContainerEntrypoint")
        if not entry:
            raise StepFailedError(
                "the job has no ContainerEntrypoint, and images cannot be run here; give its "
                "outcome with --stub"
            )
        return [self._here(t) for t in [*entry, *specification.get("ContainerArguments", [])]]

    def _environment(self) -> dict[str, str]:
        variables = self._request.get("Environment", {})
        return {
            **{name: self._here(text) for name, text in variables.items()},
            "PROCESSING_JOB_NAME": self.name,
            "PROCESSING_JOB_ARN": self._arn,
        }

    def _lay_out(self) -> None:
        (self._base / "output").mkdir(parents=True)
        for entry in self._request.get("ProcessingInputs", []):
            source = entry.get("S3Input")
            if source is None:
                raise StepFailedError(
                    f"input {entry['InputName']!r} is no S3Input: only those can be read here"
                )
            path = self._path(source.get("LocalPath") or f"{_ROOT}/processing/input")
            self._download(f"input {entry['InputName']!r}", source["S3Uri"], path)
        for output in self._outputs():
            self._path(output["LocalPath"]).mkdir(parents=True, exist_ok=True)

    def _store_output(self) -> None:
        for output in self._outputs():
            folder = self._path(output["LocalPath"])
            if any(folder.iterdir()):
                self._store.upload(folder, output["S3Uri"].rstrip("/"))

    def _outputs(self) -> Iterator[Mapping[str, Any]]:
        for entry in self._request.get("ProcessingOutputConfig", {}).get("Outputs", []):
            if "S3Output" in entry:
                yield entry["S3Output"]

    def _path(self, path: str) -> Path:
        return Path(self._here(path))

    def _here(self, text: str) -> str:
        return text.replace(_ROOT, str(self._base))
