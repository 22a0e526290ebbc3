"""An event for each resource of a deployment, as the CDK shows its progress."""

from __future__ import annotations

from typing import Any

from moto.cloudformation import models, parsing

_create = parsing.parse_and_create_resource
_update = parsing.parse_and_update_resource


class ResourceFailedError(Exception):
    """A resource could not be made, changed or deleted."""

    def __init__(self, logical_id: str, kind: str, reason: BaseException) -> None:
        text = str(getattr(reason, "message", None) or reason or type(reason).__name__)
        super().__init__(f"{logical_id} ({kind}): {text}")
        self.logical_id, self.kind, self.text = logical_id, kind, text


def add_event(
    stack: Any,
    logical_id: str,
    kind: str,
    status: str,
    *,
    physical_id: str = "",
    reason: str | None = None,
) -> None:
    """Add an event of a resource to a stack's."""
    stack.events.append(
        models.Event(
            stack_id=stack.stack_id,
            stack_name=stack.name,
            logical_resource_id=logical_id,
            physical_resource_id=physical_id,
            resource_type=kind,
            resource_status=status,
            resource_status_reason=reason,
            resource_properties=None,
        )
    )


def _stack_of(resources: Any) -> Any:
    stacks = models.cloudformation_backends[resources._account_id][resources._region_name].stacks
    return stacks.get(resources.stack_id)


def _with_events(verb: str, work: Any, logical_id: str, resource: Any, resources: Any) -> Any:
    stack, kind = _stack_of(resources), resource["Type"]
    if stack is not None:
        add_event(stack, logical_id, kind, f"{verb}_IN_PROGRESS")
    try:
        made = work()
    except ResourceFailedError:
        raise  # of a resource that this one refers to
    except Exception as error:
        raise ResourceFailedError(logical_id, kind, error) from error
    if stack is not None:
        physical_id = str(getattr(made, "physical_resource_id", "") or "")
        add_event(stack, logical_id, kind, f"{verb}_COMPLETE", physical_id=physical_id)
    return made


def _create_with_events(logical_id: str, resource: Any, resources: Any, **where: Any) -> Any:
    return _with_events(
        "CREATE",
        lambda: _create(logical_id, resource, resources, **where),
        logical_id,
        resource,
        resources,
    )


def _update_with_events(logical_id: str, resource: Any, resources: Any, **where: Any) -> Any:
    def update() -> Any:
        changed = _update(logical_id, resource, resources, **where)
        # moto drops a resource that it does not know how to change.
        return resources[logical_id] if changed is None else changed

    return _with_events("UPDATE", update, logical_id, resource, resources)


def apply() -> None:
    """Wrap moto's making and changing of resources."""
    parsing.parse_and_create_resource = _create_with_events
    parsing.parse_and_update_resource = _update_with_events
