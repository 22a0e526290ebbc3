"""Change sets by stack, with parameters as they were given and the details of each change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.cloudformation import models
from moto.cloudformation.exceptions import CloudFormationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult, EmptyResult

from constructs_lib.sandbox.cloudformation.template_urls import read_template

# Properties whose change replaces the resource: createOnlyProperties of the registry's schemas.
_CREATE_ONLY = {
    "AWS::DynamoDB::GlobalTable": {"TableName", "KeySchema"},
    "AWS::DynamoDB::Table": {"TableName", "KeySchema"},
    "AWS::Events::Rule": {"Name", "EventBusName"},
    "AWS::IAM::Role": {"RoleName", "Path"},
    "AWS::S3::Bucket": {"BucketName"},
    "AWS::SageMaker::Pipeline": {"PipelineName"},
    "AWS::Scheduler::Schedule": {"Name", "GroupName"},
    "AWS::Scheduler::ScheduleGroup": {"Name"},
    "AWS::SQS::Queue": {"QueueName", "FifoQueue"},
}
_ATTRIBUTES = ("Metadata", "DeletionPolicy", "UpdateReplacePolicy")


class ChangeSetNotFoundError(CloudFormationError):  # type: ignore[misc]
    """The service's answer for a change set that does not exist."""

    code = "ChangeSetNotFound"

    def __init__(self, name: str) -> None:
        super().__init__(f"ChangeSet [{name}] does not exist")


class Change(models.Change):  # type: ignore[misc]
    """A change with the details that the CDK shows: it hides a change of tokens without them."""

    def __init__(
        self,
        action: str,
        logical_id: str,
        resource_type: str,
        physical_id: str | None = None,
        details: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(action, logical_id, resource_type)
        self.physical_resource_id = physical_id
        self.details = details or []
        self.scope = sorted({detail["Target"]["Attribute"] for detail in self.details})
        always = [d for d in self.details if d["Target"]["RequiresRecreation"] == "Always"]
        self.replacement = ("True" if always else "False") if action == "Modify" else None


def find_change_set(backend: Any, name: str, stack: str | None) -> Any:
    """Return a change set of an existing stack.

    Raises:
        ChangeSetNotFoundError: There is none.
    """
    if name in backend.change_sets:
        return backend.change_sets[name]
    for found in backend.change_sets.values():
        of_stack = not stack or stack in {found.stack_name, found.stack_id}
        if found.stack_id in backend.stacks and found.change_set_name == name and of_stack:
            return found
    raise ChangeSetNotFoundError(name)


def _changes(change_set: Any) -> list[Change]:
    resources = change_set.stack.resource_map
    old, new = resources._resource_json_map, change_set.template_dict["Resources"]

    def physical_id(logical_id: str) -> Any:
        return getattr(resources._parsed_resources.get(logical_id), "physical_resource_id", None)

    changes = []
    for logical_id, resource in new.items():
        kind = resource["Type"]
        if logical_id not in old:
            changes.append(Change("Add", logical_id, kind))
        elif details := list(_details(kind, old[logical_id], resource)):
            changes.append(Change("Modify", logical_id, kind, physical_id(logical_id), details))
    for logical_id, resource in old.items():
        if logical_id not in new:
            changes.append(Change("Remove", logical_id, resource["Type"], physical_id(logical_id)))
    return changes


def _details(kind: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[dict[str, Any]]:
    before, after = old.get("Properties", {}), new.get("Properties", {})
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            recreated = "Always" if name in _CREATE_ONLY.get(kind, ()) else "Never"
            target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": recreated}
            yield _detail(target)
    for name in _ATTRIBUTES:
        if old.get(name) != new.get(name):
            yield _detail({"Attribute": name, "RequiresRecreation": "Never"})


def _detail(target: dict[str, str]) -> dict[str, Any]:
    return {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}


def _create(self: Any) -> ActionResult:
    backend, get = self.cloudformation_backend, self._get_param
    url = get("TemplateURL")
    body = get("TemplateBody") or (
        read_template(url, self.current_account, self.partition) if url else None
    )
    previous: dict[str, str] = {}
    if get("ChangeSetType", "CREATE") == "UPDATE":
        stack = backend.get_stack(get("StackName"))
        previous = stack.resource_map.input_parameters or {}
        body = body or stack.template
    change_set_id, stack_id = backend.create_change_set(
        stack_name=get("StackName"),
        change_set_name=get("ChangeSetName"),
        template=body,
        parameters=given_parameters(get("Parameters", []), previous),
        description=get("Description"),
        notification_arns=get("NotificationARNs", []),
        tags={tag["Key"]: tag["Value"] for tag in get("Tags", [])},
        role_arn=get("RoleARN"),
        change_set_type=get("ChangeSetType", "CREATE"),
    )
    return ActionResult({"Id": change_set_id, "StackId": stack_id})


def given_parameters(entries: list[dict[str, Any]], previous: dict[str, str]) -> dict[str, str]:
    """Return a stack's parameters, the previous ones as given and not as resolved from SSM."""
    values = {e["ParameterKey"]: e["ParameterValue"] for e in entries if "ParameterValue" in e}
    kept = [e["ParameterKey"] for e in entries if "ParameterValue" not in e]
    return {**values, **{key: previous[key] for key in kept if key in previous}}


def _describe(self: Any) -> ActionResult:
    name, stack = self._get_param("ChangeSetName"), self._get_param("StackName")
    return ActionResult(find_change_set(self.cloudformation_backend, name, stack))


def _delete(self: Any) -> EmptyResult:
    backend = self.cloudformation_backend
    name, stack = self._get_param("ChangeSetName"), self._get_param("StackName")
    try:
        found = find_change_set(backend, name, stack)
    except ChangeSetNotFoundError:
        return EmptyResult()  # the service is content
    del backend.change_sets[found.change_set_id]
    return EmptyResult()


def apply() -> None:
    """Replace moto's answers about change sets."""
    models.ChangeSet.diff = _changes
    CloudFormationResponse.create_change_set = _create
    CloudFormationResponse.describe_change_set = _describe
    CloudFormationResponse.delete_change_set = _delete
