"""What the pipeline's role needs for a step, by the request that the step makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.service.step_types import step_type_of


def asked_for(
    step_type: str, arn: str, request: Mapping[str, Any], members: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield action and resource of what the service does with the pipeline's role.

    https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html

    Args:
        step_type: ``Type`` of the step.
        arn: Of what it makes.
        request: Its arguments, with no expressions left in them.
        members: What the definition says of it besides, likewise.
    """
    operation = step_type_of(step_type).operation
    if operation is not None:
        for resource in _made(step_type, arn, request):
            yield f"sagemaker:{operation}", resource
            yield "sagemaker:AddTags", resource
    if step_type == "Callback":
        # https://sqs.<region>.amazonaws.com/<account>/<name>
        *_, account, queue = members["SqsQueueUrl"].split("/")
        region = arn.split(":")[3]
        yield "sqs:SendMessage", f"arn:aws:sqs:{region}:{account}:{queue}"


def passed_role(step_type: str, request: Mapping[str, Any]) -> str | None:
    """Return the ARN of the role that a request passes to the service, or None."""
    path = step_type_of(step_type).role
    found: Any = request if path else None
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None


def _made(step_type: str, arn: str, request: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ARNs that a request makes or adds to."""
    place, group = arn.rpartition(":")[0], request.get("ModelPackageGroupName")
    if step_type == "RegisterModel" and group is not None:
        yield f"{place}:model-package/{group.lower()}/1"
        yield f"{place}:model-package-group/{group.lower()}"
        return
    kind = step_type_of(step_type)
    # The service appends to the names of jobs, which the ARN has already.
    given = None if kind.job_name else request.get(f"{str(kind.operation)[len('Create') :]}Name")
    yield arn if given is None else f"{place}:{kind.resource}/{given.lower()}"
    if step_type == "Endpoint":
        yield f"{place}:endpoint-config/{request['EndpointConfigName'].lower()}"
