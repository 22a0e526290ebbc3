"""A transform job, whose model is a module of functions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.inference_model import InferenceModel
from constructs_lib.local.job import Job

_PROGRAM = Path(__file__).parent / "programs" / "transform.py"
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
_PAYLOAD_MB = 6


class TransformJob(Job):
    """A CreateTransformJob request.

    Args:
        *arguments: See :class:`Job`.
        model: What the request calls its model.
        **settings: See :class:`Job`.
    """

    def __init__(self, *arguments: Any, model: InferenceModel, **settings: Any) -> None:
        self._model = model
        super().__init__(*arguments, **settings)

    def description(self) -> dict[str, Any]:
        """Return what the service would describe: the properties that other steps read."""
        return {
            **self._request,
            "TransformJobName": self.name,
            "TransformJobArn": self._arn,
            "TransformJobStatus": "Completed",
        }

    def read_output(self, name: str) -> bytes:
        """Raise: what a transform job leaves has no fixed place.

        Raises:
            FileNotFoundError: Always.
        """
        raise FileNotFoundError(name)

    @property
    def _input(self) -> Mapping[str, Any]:
        given: Mapping[str, Any] = self._request["TransformInput"]
        return given

    @property
    def _output(self) -> Mapping[str, Any]:
        given: Mapping[str, Any] = self._request["TransformOutput"]
        return given

    def _command(self) -> list[str]:
        unknown = ", ".join(self._not_run_here())
        if unknown:
            raise StepFailedError(
                f"transform jobs with {unknown} cannot be run here; give the step's outcome with "
                f"--stub"
            )
        return ["python3", str(_PROGRAM), str(self._folder / "transform.json")]

    def _not_run_here(self) -> Iterator[str]:
        data = self._input["DataSource"]["S3DataSource"].get("S3DataType", "S3Prefix")
        settings = (
            ("S3DataType", data, ("S3Prefix",)),
            ("CompressionType", self._input.get("CompressionType", "None"), ("None",)),
            ("SplitType", self._input.get("SplitType", "None"), ("None", "Line")),
        )
        for name, value, known in settings:
            if value not in known:
                yield f"{name} {value}"
        processing = self._request.get("DataProcessing", {})
        for name, default in (("InputFilter", "$"), ("OutputFilter", "$"), ("JoinSource", "None")):
            if processing.get(name, default) != default:
                yield f"{name} {processing[name]}"

    def _environment(self) -> dict[str, str]:
        variables = {**self._model.environment, **self._request.get("Environment", {})}
        return {
            **{name: self._here(text) for name, text in variables.items()},
            "SAGEMAKER_BATCH": "true",
            "SM_MODEL_DIR": str(self._base / "model"),
        }

    def _lay_out(self) -> None:
        self._base.mkdir(parents=True)
        shutil.move(self._model.folder, self._base / "model")
        (self._base / "output").mkdir()
        uri = self._input["DataSource"]["S3DataSource"]["S3Uri"]
        self._download("TransformInput", uri, self._folder / "input")
        transform = {
            "model": str(self._base / "model"),
            "program": str(self._base / "model" / self._model.program),
            "input": str(self._folder / "input"),
            "output": str(self._folder / "output"),
            "content_type": self._input.get("ContentType"),
            "accept": self._output.get("Accept"),
            "by_line": self._input.get("SplitType") == "Line",
            "single": self._request.get("BatchStrategy") == "SingleRecord",
            # 0 for no limit
            "most_bytes": int(self._request.get("MaxPayloadInMB", _PAYLOAD_MB)) << 20,
            "assemble_lines": self._output.get("AssembleWith") == "Line",
        }
        (self._folder / "transform.json").write_text(json.dumps(transform), encoding="utf-8")

    def _store_output(self) -> None:
        self._store.upload(self._folder / "output", self._output["S3OutputPath"].rstrip("/"))

    def _here(self, text: str) -> str:
        return text.replace("/opt/ml", str(self._base))
