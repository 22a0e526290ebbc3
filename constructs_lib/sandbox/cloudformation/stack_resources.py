"""The stack that a resource is of."""

from __future__ import annotations

from typing import Any

from moto.cloudformation.responses import CloudFormationResponse

_describe = CloudFormationResponse.describe_stack_resources


def _describe_stack_resources(self: Any) -> Any:
    physical_id = self._get_param("PhysicalResourceId")
    if physical_id is not None and self._get_param("StackName") is None:
        for stack in self.cloudformation_backend.stacks.values():
            if physical_id in {one.physical_resource_id for one in stack.stack_resources}:
                self.params["StackName"] = stack.name
    return _describe(self)


def apply() -> None:
    """Find a stack by the physical ID of one of its resources, as ``constructs-lib diff`` does."""
    CloudFormationResponse.describe_stack_resources = _describe_stack_resources
