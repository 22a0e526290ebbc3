"""Steps that run jobs from their ``Create...`` request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from constructs_lib.model.requests import RequestStep


class TrainingStep(RequestStep):
    """A training job from a ``CreateTrainingJob`` request.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html

    ``TrainingJobName`` is a prefix, by default ``<pipeline>-<step>``; without ``RoleArn`` a role is
    made for the step.
    """

    step_type = "Training"


@dataclass(frozen=True)
class PropertyFile:
    """A JSON file among the outputs of a processing step, to be read with :class:`JsonGet`.

    Attributes:
        name: Unique among the step's property files.
        output_name: The output that it is in.
        path: Of the file inside that output.
    """

    name: str
    output_name: str
    path: str


class ProcessingStep(RequestStep):
    """A processing job from a ``CreateProcessingJob`` request.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html

    Args:
        name: Unique in the pipeline.
        arguments: The request; ``ProcessingJobName`` is a prefix, by default
            ``<pipeline>-<step>``; without ``RoleArn`` a role is made for the step.
        property_files: JSON files among its outputs whose values other steps read.
        **settings: As for any :class:`~constructs_lib.model.requests.RequestStep`.
    """

    step_type = "Processing"

    def __init__(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        property_files: Sequence[PropertyFile] = (),
        **settings: Any,
    ) -> None:
        super().__init__(name, arguments, **settings)
        self.property_files = tuple(property_files or ())

    def members(self) -> dict[str, Any]:
        """Return the request and the property files."""
        files = [
            {"PropertyFileName": f.name, "OutputName": f.output_name, "FilePath": f.path}
            for f in self.property_files
        ]
        return {**super().members(), **({"PropertyFiles": files} if files else {})}


class TransformStep(RequestStep):
    """A batch transform job from a ``CreateTransformJob`` request.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
    """

    step_type = "Transform"


class TuningStep(RequestStep):
    """A tuning job from a ``CreateHyperParameterTuningJob`` request.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html

    ``HyperParameterTuningJobName`` is a prefix of at most 6 characters.
    """

    step_type = "Tuning"


class AutoMLStep(RequestStep):
    """An Autopilot job, in ensembling mode, from a ``CreateAutoMLJob`` request.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateAutoMLJob.html
    """

    step_type = "AutoML"
