"""Where a step keeps what it needs to go on after an interruption."""

from __future__ import annotations

import re
from dataclasses import dataclass

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.location import caller_location
from constructs_lib.model.variables import PipelineVariable

#: Where the service keeps checkpoints in the container, unless it is told otherwise.
CHECKPOINT_FOLDER = "/opt/ml/checkpoints"

# A bucket, or a variable of the pipeline or of CloudFormation.
_LOCATION = re.compile(r"s3://[^/]|\$\{")


@dataclass(frozen=True, eq=False)
class CheckpointLocation:
    """A place for checkpoints; the step gets their folder as a :class:`pathlib.Path`.

    The service fills the folder from S3 before the job starts, and stores what the job leaves
    there, also when it fails or is interrupted. The folder is ``checkpoint_local_path``, by
    default ``/opt/ml/checkpoints``. The step's role is granted to read and write the place.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html

    Attributes:
        s3_uri: The place; may hold pipeline variables.

    Raises:
        StepError: It is no S3 URI.
    """

    s3_uri: str | PipelineVariable

    def __post_init__(self) -> None:
        uri = self.s3_uri
        if isinstance(uri, PipelineVariable) or (isinstance(uri, str) and _LOCATION.match(uri)):
            return
        raise StepError(
            Fault(
                what="CheckpointLocation has an unusable s3_uri",
                found=repr(uri),
                allowed="text like s3://bucket/prefix, or a pipeline variable",
                mend="Correct the argument.",
                location=caller_location(),
            )
        )
