"""A training job, with ``/opt/ml`` in a folder of its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from constructs_lib.local.channels import described, fetch_channel
from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.job import Job
from constructs_lib.local.metrics import final_metrics
from constructs_lib.runtime.protocol import DEPENDENCIES_CHANNEL

_ROOT = "/opt/ml"


class TrainingJob(Job):
    """A CreateTrainingJob request."""

    @property
    def output(self) -> str:
        """S3 URI of the uploaded model: a folder without ``/`` at its end, or an archive."""
        return f"{self._output}/model" if self._is_plain else f"{self._output}/model.tar.gz"

    def description(self) -> dict[str, Any]:
        """Return what the service would describe: the properties that other steps read."""
        definitions = self._request.get("AlgorithmSpecification", {}).get("MetricDefinitions", [])
        return {
            **self._request,
            "TrainingJobName": self.name,
            "TrainingJobArn": self._arn,
            "TrainingJobStatus": "Completed",
            "ModelArtifacts": {"S3ModelArtifacts": f"{self.output}{'/' if self._is_plain else ''}"},
            "FinalMetricDataList": final_metrics(self._log, definitions),
        }

    def read_output(self, name: str) -> bytes:
        """Return a file that the job left in its model folder.

        Raises:
            FileNotFoundError: There is none.
        """
        return (self._base / "model" / name).read_bytes()

    def run(self) -> None:
        """Run the job as others; what was unpacked for it does not stay."""
        try:
            super().run()
        finally:
            shutil.rmtree(self._base / "input" / "data" / DEPENDENCIES_CHANNEL, ignore_errors=True)

    def _store_output(self) -> None:
        if self._is_plain:
            self._store.upload(self._base / "model", self.output)
        else:
            self._upload_archive(self._base / "model", self.output)
        self._upload_archive(self._base / "output" / "data", f"{self._output}/output.tar.gz")

    @property
    def _output(self) -> str:
        path: str = self._request["OutputDataConfig"]["S3OutputPath"]
        return f"{path.rstrip('/')}/{self.name}/output"

    @property
    def _is_plain(self) -> bool:
        """Whether the model is stored file by file; the service's default is an archive."""
        return bool(self._request["OutputDataConfig"].get("CompressionType") == "NONE")

    def _upload_archive(self, folder: Path, uri: str) -> None:
        if any(folder.iterdir()):
            archive = shutil.make_archive(str(folder), "gztar", folder)
            self._store.upload(Path(archive), uri)

    def _lay_out(self) -> None:
        for name in ("input/config", "input/data", "model", "output/data"):
            (self._base / name).mkdir(parents=True)
        channels = [
            channel
            for channel in self._request.get("InputDataConfig", [])
            if self._takes_wheels or channel["ChannelName"] != DEPENDENCIES_CHANNEL
        ]
        for channel in channels:
            fetch_channel(channel, self._store, self._base / "input" / "data")
        self._fetch_checkpoints()
        resources = self._request.get("ResourceConfig", {})
        self._configure("hyperparameters", self._request.get("HyperParameters", {}))
        self._configure(
            "inputdataconfig",
            {channel["ChannelName"]: described(channel) for channel in channels},
        )
        self._configure(
            "resourceconfig",
            {
                "current_host": "algo-1",
                "current_instance_type": resources.get("InstanceType"),
                "hosts": ["algo-1"],
                "network_interface_name": "lo",
            },
        )

    def _fetch_checkpoints(self) -> None:
        """Make the folder of the checkpoints, with those of earlier jobs."""
        if "CheckpointConfig" in self._request:
            folder, uri = self._checkpoints()
            folder.mkdir(parents=True, exist_ok=True)
            self._store.download(f"{uri}/", folder)

    def _store_checkpoints(self) -> None:
        if "CheckpointConfig" in self._request:
            self._store.upload(*self._checkpoints())

    def _checkpoints(self) -> tuple[Path, str]:
        """Return folder and S3 URI of the checkpoints."""
        config = self._request["CheckpointConfig"]
        path = config.get("LocalPath", f"{_ROOT}/checkpoints")
        if not path.startswith(f"{_ROOT}/") or ".." in path.split("/"):
            raise StepFailedError(
                f"the folder of the checkpoints is {path!r}; only one below {_ROOT} can be played "
                f"here"
            )
        return self._base / path.removeprefix(f"{_ROOT}/"), config["S3Uri"].rstrip("/")

    def _configure(self, name: str, content: Any) -> None:
        path = self._base / "input" / "config" / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")

    def _command(self) -> list[str]:
        algorithm = self._request["AlgorithmSpecification"]
        entry = algorithm.get("ContainerEntrypoint")
        if not entry:
            raise StepFailedError(
                "the job has no ContainerEntrypoint, and images cannot be run here; give its "
                "outcome with --stub"
            )
        return [*entry, *algorithm.get("ContainerArguments", [])]

    def _environment(self) -> dict[str, str]:
        return {
            **self._request.get("Environment", {}),
            "TRAINING_JOB_NAME": self.name,
            "TRAINING_JOB_ARN": self._arn,
        }
