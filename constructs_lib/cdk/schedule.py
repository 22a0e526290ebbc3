"""Schedules that start a pipeline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk.aws_scheduler_targets import SageMakerPipelineParameter
from constructs import Construct

from constructs_lib.cdk.place import place_of
from constructs_lib.cdk.roles import RoleOptions
from constructs_lib.exceptions import Fault
from constructs_lib.model.expressions import Primitive
from constructs_lib.model.location import caller_location
from constructs_lib.model.parameters import MAX_START_VALUE_LENGTH, Parameter

_ROLE = "ScheduleRole"


def schedule_role(scope: Construct, pipeline: str, options: RoleOptions) -> iam.IRole | None:
    """Return the role of a pipeline's schedules, or None if the CDK's own will do.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html

    Args:
        scope: The pipeline.
        pipeline: Its physical name.
        options: What its roles have in common.
    """
    if options == RoleOptions():
        return None
    found = scope.node.try_find_child(_ROLE)
    if isinstance(found, iam.Role):
        return found
    place = place_of(Stack.of(scope))
    group = f"arn:{place.partition}:scheduler:{place.region}:{place.account}:schedule-group/default"
    conditions = {"aws:SourceAccount": place.account, "aws:SourceArn": group}
    principal = iam.ServicePrincipal(
        "scheduler.amazonaws.com", conditions={"StringEquals": conditions}
    )
    return options.make(scope, _ROLE, name=f"{pipeline}-schedule", assumed_by=principal)


def start_parameters(values: Mapping[str, Primitive]) -> list[SageMakerPipelineParameter]:
    """Return what an execution is started with; the service takes every value as text."""
    return [
        SageMakerPipelineParameter(
            name=name, value=value if isinstance(value, str) else json.dumps(value)
        )
        for name, value in values.items()
    ]


def check_start_values(
    schedule: str, values: Mapping[str, Primitive], parameters: Sequence[Parameter]
) -> list[Fault]:
    """Return why an execution could not be started with these values.

    Args:
        schedule: The schedule's id, for errors.
        values: Parameter name to value.
        parameters: Those of the pipeline.
    """
    declared = {parameter.name: parameter for parameter in parameters}
    location = caller_location()
    faults = []
    for name, value in values.items():
        parameter = declared.get(name)
        if parameter is None:
            faults.append(
                Fault(
                    what=f"schedule {schedule!r} sets an unknown parameter",
                    found=repr(name),
                    allowed=", ".join(declared) or "none: the pipeline has no parameters",
                    mend="Correct the name, or declare the parameter in the pipeline.",
                    location=location,
                )
            )
        elif not parameter.accepts(value):
            allowed = f"a value of {type(parameter).__name__}"
            if parameter.enum_values is not None:
                allowed = f"one of {list(parameter.enum_values)!r}"
            faults.append(
                Fault(
                    what=f"schedule {schedule!r} sets parameter {name!r} to a wrong value",
                    found=f"{value!r} ({type(value).__name__})",
                    allowed=allowed,
                    mend="Correct the value.",
                    location=location,
                )
            )
        elif isinstance(value, str) and not 1 <= len(value) <= MAX_START_VALUE_LENGTH:
            faults.append(
                Fault(
                    what=f"schedule {schedule!r} sets parameter {name!r} to a text of wrong length",
                    found=f"{len(value)} characters",
                    allowed=f"1 to {MAX_START_VALUE_LENGTH}",
                    mend="Leave the parameter to its default, or shorten the text.",
                    location=location,
                )
            )
    faults += [
        Fault(
            what=f"schedule {schedule!r} leaves out a parameter without default",
            found=f"no value for {parameter.name!r}",
            allowed="a value for each parameter that has no default",
            mend=f"Pass parameters={{{parameter.name!r}: ...}}.",
            location=location,
        )
        for parameter in parameters
        if parameter.default_value is None and parameter.name not in values
    ]
    return faults
