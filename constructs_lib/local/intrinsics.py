"""CloudFormation's intrinsic functions, resolved as far as a pipeline needs them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from constructs_lib.exceptions import LocalRunError

ACCOUNT = "000000000000"
REGION = "us-east-1"

_PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NotificationARNs": [],
}
# The property with which a resource of each type can be given its name, which Ref returns.
_NAME_PROPERTIES = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::SageMaker::Pipeline": "PipelineName",
    "AWS::IAM::Role": "RoleName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::SSM::Parameter": "Name",
}
_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")


class Template:
    """A synthesized template whose values can be asked for.

    Args:
        body: The template's JSON.
        stack_name: What ``AWS::StackName`` is.
    """

    def __init__(self, body: dict[str, Any], stack_name: str) -> None:
        self._body = body
        self._stack_name = stack_name
        self.resources: dict[str, dict[str, Any]] = body.get("Resources", {})

    def resolve(self, value: Any) -> Any:
        """Return a value with every intrinsic function in it replaced by its result.

        Raises:
            LocalRunError: A function or a reference is unknown.
        """
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref":
                return self._ref(argument)
            if name.startswith("Fn::"):
                return self._call(name.removeprefix("Fn::"), argument)
        return {key: self.resolve(item) for key, item in value.items()}

    def physical_name(self, logical_id: str) -> str:
        """Return a resource's own name if the template sets one, else its logical ID's."""
        resource = self.resources[logical_id]
        name = _NAME_PROPERTIES.get(resource["Type"])
        given = resource.get("Properties", {}).get(name) if name else None
        return str(self.resolve(given)) if given is not None else logical_id.lower()

    def _ref(self, name: str) -> Any:
        if name in _PSEUDO_PARAMETERS:
            return _PSEUDO_PARAMETERS[name]
        if name in {"AWS::StackName", "AWS::StackId"}:
            return self._stack_name
        if name in self.resources:
            return self.physical_name(name)
        parameter = self._body.get("Parameters", {}).get(name)
        if parameter is not None and "Default" in parameter:
            return parameter["Default"]
        raise LocalRunError(
            f"stack {self._stack_name}: the template refers to {name!r}, which has no value before "
            f"it is deployed; give the parameter a default"
        )

    def _call(self, function: str, argument: Any) -> Any:
        functions: dict[str, Callable[[Any], Any]] = {
            "Join": lambda a: a[0].join(str(item) for item in self.resolve(a[1])),
            "Sub": self._sub,
            "GetAtt": self._get_att,
            "Select": lambda a: self.resolve(a[1])[int(self.resolve(a[0]))],
            "Split": lambda a: str(self.resolve(a[1])).split(a[0]),
            "FindInMap": self._find_in_map,
            "If": lambda a: self.resolve(a[1] if self._condition(a[0]) else a[2]),
            "Equals": lambda a: self.resolve(a[0]) == self.resolve(a[1]),
            "And": lambda a: all(self.resolve(a)),
            "Or": lambda a: any(self.resolve(a)),
            "Not": lambda a: not self.resolve(a[0]),
            "GetAZs": lambda _: [f"{REGION}{zone}" for zone in "abc"],
        }
        if function not in functions:
            raise LocalRunError(
                f"stack {self._stack_name}: the template uses Fn::{function}, which cannot be "
                f"resolved on this machine; known are {', '.join(functions)}"
            )
        return functions[function](argument)

    def _sub(self, argument: Any) -> str:
        text, values = argument if isinstance(argument, list) else (argument, {})

        def replace(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in values:
                return str(self.resolve(values[name]))
            resource, dot, attribute = name.partition(".")
            return str(self._get_att([resource, attribute]) if dot else self._ref(name))

        return _VARIABLE.sub(replace, text)

    def _get_att(self, argument: Any) -> str:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        logical_id, attribute = parts
        if logical_id not in self.resources:
            raise LocalRunError(f"stack {self._stack_name}: there is no resource {logical_id!r}")
        name = self.physical_name(logical_id)
        if attribute != "Arn":
            return f"{name}.{attribute.lower()}"
        service = self.resources[logical_id]["Type"].split("::")[1].lower()
        if service == "s3":
            return f"arn:aws:s3:::{name}"
        return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, first, second = (self.resolve(item) for item in argument[:3])
        try:
            return self._body["Mappings"][name][first][second]
        except KeyError:
            raise LocalRunError(
                f"stack {self._stack_name}: mapping {name} has no {first}.{second}"
            ) from None

    def _condition(self, name: str) -> bool:
        return bool(self.resolve(self._body["Conditions"][name]))
