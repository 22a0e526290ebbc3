"""Requests, with the variables in them, as definition JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.model import ListShape, MapShape, Shape

from constructs_lib.definition.expressions import JSON, render_expression, render_text
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.steps import Step
from constructs_lib.model.variables import as_expression
from constructs_lib.service.step_types import StepType


@dataclass(frozen=True)
class RequestDeployment:
    """What a request gets from its surroundings, if the user has not said it. May hold CDK tokens.

    Attributes:
        role_arn: Role of the job.
        job_name: Prefix of the job's name.
    """

    role_arn: str | None = None
    job_name: str | None = None

    def complete(self, request: JSON, step_type: StepType) -> JSON:
        """Return a request with role and name."""
        result = dict(request)
        if step_type.job_name is not None and self.job_name is not None:
            result = {step_type.job_name: self.job_name, **result}
        if self.role_arn is not None and step_type.role:
            *outer, member = step_type.role
            place = result
            for name in outer:
                place[name] = dict(place.get(name, {}))
                place = place[name]
            place.setdefault(member, self.role_arn)
        return result


def render_request(value: Any, shape: Shape | None, graph: PipelineGraph) -> JSON:
    """Return the JSON of a request or a part of it.

    Where the service wants text, variables of other types are joined to text. A step stands for its
    name.

    Args:
        value: What the user gave.
        shape: What the service's model says of it; None if there is no model.
        graph: The pipeline.
    """
    if isinstance(value, dict):
        members = getattr(shape, "members", {})
        of_map = shape.value if isinstance(shape, MapShape) else None
        return {
            key: render_request(entry, members.get(key, of_map), graph)
            for key, entry in value.items()
            if entry is not None
        }
    if isinstance(value, list):
        member = shape.member if isinstance(shape, ListShape) else None
        return [render_request(entry, member, graph) for entry in value]
    if isinstance(value, Step):
        return graph.names[value]
    expression = as_expression(value, "a value of the request")
    if shape is not None and shape.type_name == "string" and not isinstance(value, (int, float)):
        return render_text(expression, graph)
    return render_expression(expression, graph)
