"""With which role a job runs, how it is called, and where its code and result are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib.cdk.names import job_prefix
from constructs_lib.exceptions import RemoteError
from constructs_lib.model.images import DEFAULT_INTERPRETER, Image
from constructs_lib.remote_function.deployed_step import DeployedStep
from constructs_lib.remote_function.image import uri_in


@dataclass(frozen=True)
class Surroundings:
    """What a job gets from its surroundings.

    Attributes:
        role_arn: Role of the job.
        image_uri: The container image.
        job_name_prefix: What the job's name begins with; the role's trust may depend on it.
        code_folder: S3 URI of the folder for its bundle.
        output_path: S3 URI below which the service stores its output.
        interpreter: The image's Python.
    """

    role_arn: str
    image_uri: str
    job_name_prefix: str
    code_folder: str
    output_path: str
    interpreter: str = DEFAULT_INTERPRETER


def surroundings_of(
    name: str,
    own: Mapping[str, Any],
    defaults: Mapping[str, Any],
    step: DeployedStep | None,
    s3_root_uri: str | None,
    region: str,
) -> Surroundings:
    """Return the surroundings of a job.

    Args:
        name: The step's name.
        own: What the function itself sets.
        defaults: What the pipeline's step sets.
        step: That step, if there is one.
        s3_root_uri: Folder for code and result; None for where the step has them.
        region: Where the job runs.

    Raises:
        RemoteError: Something is neither given nor known from a pipeline.
    """
    given = {**defaults, **own}
    missing = [entry for entry in ("role", "image_uri") if entry not in given]
    if s3_root_uri is not None and not s3_root_uri.startswith("s3://"):
        raise RemoteError(f"s3_root_uri is {s3_root_uri!r}, which does not begin with s3://")
    if missing or (step is None and s3_root_uri is None):
        missing += ["s3_root_uri"] if s3_root_uri is None else []
        raise RemoteError(
            f"step {name!r} cannot run without a pipeline: give {'=, '.join(missing)}= as well, or "
            f"pipeline="
        )
    root = None if s3_root_uri is None else s3_root_uri.rstrip("/")
    image = given["image_uri"]
    if isinstance(image, Image):
        uri, interpreter = uri_in(image, region), image.interpreter
    else:
        uri, interpreter = image, DEFAULT_INTERPRETER
        if step is not None and "image_uri" not in own:
            interpreter = step.interpreter
    return Surroundings(
        role_arn=given["role"],
        image_uri=uri,
        job_name_prefix=given.get("job_name_prefix") or job_prefix("remote", name),
        code_folder=_code_folder(step, root),
        output_path=_output_path(step, root, name),
        interpreter=interpreter,
    )


def _code_folder(step: DeployedStep | None, root: str | None) -> str:
    if root is not None or step is None:
        return f"{root}/code"
    folder: str = step.resolve(step.code_uri.rpartition("/")[0], "code", "s3_root_uri")
    return folder


def _output_path(step: DeployedStep | None, root: str | None, name: str) -> str:
    if root is not None or step is None:
        return f"{root}/{name}"
    place = "OutputDataConfig.S3OutputPath"
    path: str = step.resolve(
        step.arguments["OutputDataConfig"]["S3OutputPath"], place, "s3_root_uri"
    )
    return path
