"""What a notebook job gets from its surroundings."""

from __future__ import annotations

from dataclasses import dataclass

from constructs_lib.definition.expressions import JSON
from constructs_lib.definition.requests import RequestDeployment
from constructs_lib.model.notebook_job_step import CHANNEL
from constructs_lib.service.step_types import StepType


@dataclass(frozen=True, kw_only=True)
class NotebookDeployment(RequestDeployment):
    """What a notebook job gets from its surroundings. May hold CDK tokens.

    Attributes:
        input_uri: S3 URI of the folder that holds the notebook.
        output_path: S3 URI below which the output is stored, if the step names none.
        region: Where it runs.
    """

    input_uri: str
    output_path: str
    region: str

    def complete(self, request: JSON, step_type: StepType) -> JSON:
        """Return a request with role, name, files, output and Region."""
        source = {
            "S3DataType": "S3Prefix",
            "S3Uri": self.input_uri,
            "S3DataDistributionType": "FullyReplicated",
        }
        channel = {"ChannelName": CHANNEL, "DataSource": {"S3DataSource": source}}
        return {
            **super().complete(request, step_type),
            "InputDataConfig": [channel],
            "OutputDataConfig": {"S3OutputPath": self.output_path, **request["OutputDataConfig"]},
            "Environment": {**request["Environment"], "AWS_DEFAULT_REGION": self.region},
        }
