"""Resource types that moto's CloudFormation does not know, one a file."""

from __future__ import annotations

from typing import Any

from moto.cloudformation import parsing

from constructs_lib.sandbox.cloudformation.resources.bucket_policy import BucketPolicy
from constructs_lib.sandbox.cloudformation.resources.global_table import GlobalTable
from constructs_lib.sandbox.cloudformation.resources.metadata import Metadata
from constructs_lib.sandbox.cloudformation.resources.pipeline import Pipeline
from constructs_lib.sandbox.cloudformation.resources.pipeline_definition import PipelineDefinition
from constructs_lib.sandbox.cloudformation.resources.queue_policy import QueuePolicy
from constructs_lib.sandbox.cloudformation.resources.schedule import Schedule
from constructs_lib.sandbox.cloudformation.resources.schedule_group import ScheduleGroup

RESOURCES = (
    BucketPolicy,
    GlobalTable,
    Metadata,
    Pipeline,
    PipelineDefinition,
    QueuePolicy,
    Schedule,
    ScheduleGroup,
)


_moto_types = parsing.get_model_list
_moto_class = parsing.resource_class_from_type


def _types() -> list[Any]:
    return [*_moto_types(), *RESOURCES]


def _class(resource_type: str) -> Any:
    # moto would call the function of a custom resource, in a container.
    if resource_type == PipelineDefinition.type_name:
        return PipelineDefinition
    return _moto_class(resource_type)


def apply() -> None:
    """Add the classes to moto's list, and let it forget what it made of the list before."""
    parsing.get_model_list = _types
    parsing.resource_class_from_type = _class
    parsing.get_model_map.cache_clear()
    parsing.get_name_type_map.cache_clear()
