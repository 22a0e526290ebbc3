"""Deployments that fail as the service's do: they roll back, and say why."""

from __future__ import annotations

import logging
from typing import Any

from moto.cloudformation import models, parsing
from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import EmptyResult
from yaml import YAMLError

from constructs_lib.sandbox.cloudformation.change_sets import find_change_set, given_parameters
from constructs_lib.sandbox.cloudformation.events import ResourceFailedError, add_event

_STACK = "AWS::CloudFormation::Stack"
_log = logging.getLogger(__name__)


def _refuse_unknown_types(template: dict[str, Any]) -> None:
    known = {*parsing.NULL_MODELS, *parsing.get_model_map()}
    unknown = [
        (logical_id, resource["Type"])
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] not in known and not resource["Type"].startswith("Custom::")
    ]
    if unknown:
        logical_id, kind = unknown[0]
        kinds = ", ".join(sorted({kind for _, kind in unknown}))
        raise ResourceFailedError(
            logical_id, kind, ValueError(f"the sandbox has no resources of type {kinds}")
        )


def _parse(template: str) -> dict[str, Any]:
    try:
        parsed = models.Stack.parse_template(template)
    except (ValueError, YAMLError) as error:
        raise ValidationError(message=f"Template format error: {error}") from error
    if not isinstance(parsed, dict) or not parsed.get("Resources"):
        raise ValidationError(
            message="Template format error: At least one Resources member must be defined."
        )
    return parsed


def _change(stack: Any, verb: str, template: str, parameters: dict[str, Any] | None) -> bool:
    """Bring a stack to a template; return whether it went well."""
    old, parsed = stack.template, _parse(template)
    stack.status = f"{verb}_IN_PROGRESS"
    stack._add_stack_event(stack.status, resource_status_reason="User Initiated")
    try:
        _refuse_unknown_types(parsed)
        exports = models.cloudformation_backends[stack.account_id][stack.region_name].exports
        stack.cross_stack_resources = stack.resource_map.cross_stack_resources = exports
        stack.resource_map.update(parsed, parameters)
    except Exception as error:  # noqa: BLE001 - whatever a resource raises is its failure
        _log.exception("%s of stack %s failed", verb, stack.name)
        _roll_back(stack, verb, old, error)
        return False
    stack.template, stack.template_dict = template, parsed
    stack.parameters = {**(stack.parameters or {}), **(parameters or {})}
    stack.output_map = stack._create_output_map()
    for export in stack.exports:
        exports[export.name] = export
    stack.status = f"{verb}_COMPLETE"
    stack._add_stack_event(stack.status)
    return True


def _roll_back(stack: Any, verb: str, template: Any, error: Exception) -> None:
    failed = isinstance(error, ResourceFailedError)
    logical_id = error.logical_id if isinstance(error, ResourceFailedError) else stack.name
    kind = error.kind if isinstance(error, ResourceFailedError) else _STACK
    reason = error.text if isinstance(error, ResourceFailedError) else str(error)
    add_event(stack, logical_id, kind, f"{verb}_FAILED", reason=reason)
    prefix = "" if verb == "CREATE" else "UPDATE_"
    why = (
        f"The following resource(s) failed to {verb.lower()}: [{logical_id}]" if failed else reason
    )
    stack._add_stack_event(f"{prefix}ROLLBACK_IN_PROGRESS", resource_status_reason=why)
    resources = stack.resource_map
    try:
        if verb == "CREATE":
            resources.delete()
        else:
            resources.update(stack.parse_template(template), None)
    except Exception:  # noqa: BLE001 - the failure that led here is what counts
        _log.exception("rolling stack %s back failed", stack.name)
    if verb == "CREATE":
        # The map makes resources when they are read: the failed one would be tried again.
        resources._resource_json_map = {}
    stack.status = f"{prefix}ROLLBACK_COMPLETE"
    stack._add_stack_event(stack.status)


def _execute_change_set(self: Any) -> EmptyResult:
    backend = self.cloudformation_backend
    found = find_change_set(backend, self._get_param("ChangeSetName"), self._get_param("StackName"))
    found.execution_status = "EXECUTE_IN_PROGRESS"
    done = _change(
        backend.stacks[found.stack_id], found.change_set_type, found.template, found.parameters
    )
    found.execution_status = "EXECUTE_COMPLETE" if done else "EXECUTE_FAILED"
    return EmptyResult()


def _create_stack(
    self: Any, name: str, template: str, parameters: dict[str, Any], **settings: Any
) -> models.Stack:
    if name in {stack.name for stack in self.stacks.values()}:
        raise AlreadyExistsException(f"Stack {name} already exists")
    stack = models.Stack(
        stack_id=models.generate_stack_id(name, self.region_name, self.account_id),
        name=name,
        template={},
        parameters={},
        account_id=self.account_id,
        region_name=self.region_name,
        notification_arns=settings.get("notification_arns"),
        tags=settings.get("tags"),
        role_arn=settings.get("role_arn"),
    )
    _parse(template)  # what is no template is refused before there is a stack
    self.stacks[stack.stack_id] = stack
    _change(stack, "CREATE", template, parameters)
    return stack


def _update_stack(
    self: Any,
    template: str,
    role_arn: str | None = None,
    parameters: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
) -> None:
    if _change(self, "UPDATE", template, parameters):
        self.role_arn = role_arn
        self.tags = self.tags if tags is None else tags


def _update_parameters(self: Any, instance: Any, incoming_params: Any) -> dict[str, str]:  # noqa: ARG001 - a method
    previous = {**(instance.resource_map.input_parameters or {}), **(instance.parameters or {})}
    return given_parameters(incoming_params or [], previous)


def apply() -> None:
    """Replace how moto brings a stack to a template."""
    CloudFormationResponse.execute_change_set = _execute_change_set
    models.CloudFormationBackend.create_stack = _create_stack
    models.Stack.update = _update_stack
    models.CloudFormationBackend._resolve_update_parameters = _update_parameters
