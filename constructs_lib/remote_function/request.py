"""The bundle of a call, and the request for its job."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from constructs_lib.definition.training import Deployment, training_job
from constructs_lib.exceptions import Fault, RemoteError, StepError
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.image_rules import given_image, image_faults
from constructs_lib.model.placement import place
from constructs_lib.model.settings import BUILT_IN, StepSettings
from constructs_lib.model.steps import FunctionStep
from constructs_lib.model.validation import validate
from constructs_lib.packaging.bundle import Bundle, build_bundle
from constructs_lib.remote_function.deployed_step import DeployedWheels
from constructs_lib.remote_function.surroundings import Surroundings
from constructs_lib.service.requests import check_request

_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class PreparedJob:
    """A job that can be started.

    Attributes:
        bundle: Its code.
        code_uri: S3 URI that the bundle has to be at.
        request: For CreateTrainingJob.
    """

    bundle: Bundle
    code_uri: str
    request: dict[str, Any]


def prepare(
    step: FunctionStep,
    name: str,
    settings: StepSettings,
    surroundings: Surroundings,
    wheels: DeployedWheels | None = None,
) -> PreparedJob:
    """Pack a step and write the request for its job.

    Args:
        step: The call.
        name: Its name.
        settings: What the job needs.
        surroundings: Role, image and places.
        wheels: What the pipeline's step installs, which the job does too if it needs the same.

    Raises:
        StepError: A setting is wrong, or something cannot be shipped.
        RemoteError: There are several faults; all of them are listed.
    """
    step.settings = settings.over(BUILT_IN)
    graph = PipelineGraph((), (step,), {step: name}, {step: None})
    placement = place(step)
    bundle = build_bundle(step, name, placement)
    wheels = _wanted(wheels, bundle, name)
    code_uri = f"{surroundings.code_folder}/{bundle.sha256}.zip"
    deployment = Deployment(
        placement=placement,
        code_uri=code_uri,
        code_sha256=bundle.sha256,
        image_uri=surroundings.image_uri,
        role_arn=surroundings.role_arn,
        job_name=_job_name(surroundings.job_name_prefix),
        output_path=surroundings.output_path,
        interpreter=surroundings.interpreter,
        wheels_uri=None if wheels is None else wheels.uri,
        wheels_sha256=None if wheels is None else wheels.sha256,
    )
    request = training_job(step, deployment, graph)
    faults = validate(graph, {step: placement})
    image = given_image(step.settings)
    if image is not None:
        exact = bundle.exact_python
        faults += image_faults(
            image, step.settings, step=name, exact_python=exact, location=step.location
        )
    faults += check_request("CreateTrainingJob", request, step=name, location=step.location)
    _require_none(faults)
    return PreparedJob(bundle, code_uri, request)


def _wanted(wheels: DeployedWheels | None, bundle: Bundle, name: str) -> DeployedWheels | None:
    """Return the wheels if the bundle needs them; without, pip sees to what it needs."""
    dependencies = bundle.dependencies
    if dependencies is None:
        return None
    if wheels is not None and dependencies.text == wheels.requirements:
        return wheels
    if dependencies.packages is not None:
        raise RemoteError(
            f"step {name!r} needs the wheels of a lock file, which no pipeline has deployed: "
            f"deploy it first, or give dependencies= as requirements"
        )
    return None


def _require_none(faults: list[Fault]) -> None:
    if len(faults) == 1:
        raise StepError(faults[0])
    if faults:
        raise RemoteError("the job has faults:" + "".join(f"\n  - {fault}" for fault in faults))


def _job_name(prefix: str) -> str:
    """Return a name of at most 63 characters; a prefix has at most 38."""
    time = datetime.now(timezone.utc).strftime("%Y%m%d%H%M%S")
    return f"{prefix}-{time}-{''.join(secrets.choice(_LETTERS) for _ in range(8))}"
