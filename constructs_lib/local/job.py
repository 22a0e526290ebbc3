"""One training job as a process on this machine, with ``/opt/ml`` in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.metrics import final_metrics
from constructs_lib.local.platform import ObjectStore, split_uri
from constructs_lib.local.process import Process

PID_FILE = "pid"

# How long a job has after SIGTERM, as on SageMaker.
_GRACE_SECONDS = 120.0

# All that a job gets of the environment that the engine runs in.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")

# The shim must not change the environment that a developer works in.
_NEVER_INSTALL = {"CONSTRUCTS_LIB_INSTALL": "never"}

# As much of the failure file as the service keeps.
_REASON_LENGTH = 1024
_LAST_LINES = 10


class TrainingJob:
    """A CreateTrainingJob request, with no expressions left in it.

    Args:
        name: The job's name.
        arn: Its ARN.
        request: The request.
        folder: For ``opt/ml``.
        log: File for what the job prints.
        store: Where its data comes from and its output goes.
        environment: What the platform adds to the request's.
        python: Interpreter that stands for the image's ``python3``.
        grace_seconds: Time between SIGTERM and SIGKILL when the job is stopped.
    """

    def __init__(
        self,
        name: str,
        arn: str,
        request: Mapping[str, Any],
        *,
        folder: Path,
        log: Path,
        store: ObjectStore,
        environment: Mapping[str, str],
        python: str = sys.executable,
        grace_seconds: float = _GRACE_SECONDS,
    ) -> None:
        self.name = name
        self._arn = arn
        self._request = request
        self._base = folder / "opt" / "ml"
        self._folder = folder
        self._log = log
        self._store = store
        self._python = python
        variables = self._environment(environment)
        self._process = Process(
            self._command(), folder, variables, log, folder / PID_FILE, grace_seconds
        )
        self._stopped = False

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
        """Lay out the inputs, run the entry point, store the output.

        Raises:
            StepFailedError: An input is not there, or the job failed; with its failure reason.
        """
        self._lay_out()
        limit = self._request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
        try:
            code, timed_out = self._process.run(limit)
        except OSError as error:
            raise StepFailedError(f"the entry point cannot be started: {error}") from error
        if self._stopped:
            raise StepFailedError("the job was stopped")
        if timed_out:
            raise StepFailedError(f"the job ran longer than MaxRuntimeInSeconds, {limit}")
        if code != 0:
            raise StepFailedError(self._failure(code))
        if self._is_plain:
            self._store.upload(self._base / "model", self.output)
        else:
            self._upload_archive(self._base / "model", self.output)
        self._upload_archive(self._base / "output" / "data", f"{self._output}/output.tar.gz")

    def stop(self) -> None:
        """End the job as the service does: SIGTERM, later SIGKILL; returns at once."""
        self._stopped = True
        self._process.stop()

    def kill(self) -> None:
        """End the job at once."""
        self._stopped = True
        self._process.kill()

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
        if self._folder.exists():
            shutil.rmtree(self._folder)
        for name in ("input/config", "input/data", "model", "output/data"):
            (self._base / name).mkdir(parents=True)
        channels = self._request.get("InputDataConfig", [])
        for channel in channels:
            self._download(channel)
        resources = self._request.get("ResourceConfig", {})
        self._configure("hyperparameters", self._request.get("HyperParameters", {}))
        self._configure(
            "inputdataconfig",
            {
                channel["ChannelName"]: {
                    "TrainingInputMode": "File",
                    "S3DistributionType": "FullyReplicated",
                    "RecordWrapperType": "None",
                }
                for channel in channels
            },
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

    def _download(self, channel: Mapping[str, Any]) -> None:
        name = channel["ChannelName"]
        uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
        if self._store.download(uri, self._base / "input" / "data" / name) == 0:
            bucket, key = split_uri(uri)
            raise StepFailedError(
                f"channel {name!r}: nothing in bucket {bucket!r} begins with {key!r}; "
                f"{self._store.advise(uri)}"
            )

    def _configure(self, name: str, content: Any) -> None:
        path = self._base / "input" / "config" / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")

    def _command(self) -> list[str]:
        algorithm = self._request["AlgorithmSpecification"]
        entry = algorithm.get("ContainerEntrypoint")
        if not entry:
            raise StepFailedError("the job has no ContainerEntrypoint: images cannot be run here")
        command = [*entry, *algorithm.get("ContainerArguments", [])]
        if command[0] in {"python", "python3"}:
            command[0] = self._python
        return command

    def _environment(self, added: Mapping[str, str]) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {
            **inherited,
            "PYTHONUNBUFFERED": "1",
            **self._request.get("Environment", {}),
            **_NEVER_INSTALL,
            **added,
            "AWS_REGION": self._arn.split(":")[3],
            "SAGEMAKER_BASE_DIR": str(self._base),
            "TRAINING_JOB_NAME": self.name,
            "TRAINING_JOB_ARN": self._arn,
        }

    def _failure(self, code: int) -> str:
        path = self._base / "output" / "failure"
        if path.is_file():
            return path.read_text(encoding="utf-8", errors="replace")[:_REASON_LENGTH]
        end = f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([end, *lines[-_LAST_LINES:]])
