"""CloudFormation's intrinsic functions, resolved as far as a pipeline needs them."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.names import ACCOUNT, REGION, arn_of, given_name, ref_of

_PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NotificationARNs": [],
}
_NO_VALUE = {"Ref": "AWS::NoValue"}
# Their Ref is the function's ARN with a qualifier.
_QUALIFIERS = ("AWS::Lambda::Alias", "AWS::Lambda::Version")
_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")


class Template:
    """A synthesized template whose values can be asked for.

    Args:
        body: The template's JSON.
        stack_name: What ``AWS::StackName`` is.
        path: Construct path of the stack.
        given: Values that a parent stack gives to the parameters.
        import_value: Returns what another stack exports under a name.

    Attributes:
        resources: Logical ID to resource.
        nested: Logical ID of a nested stack to its template; filled by who reads the assembly.
        shared_ids: Logical IDs that other stacks have as well, so that the ID alone is no name.
        names: Logical ID to what a resource is called if the template sets no name; without an
            entry it is the ID.
    """

    def __init__(
        self,
        body: dict[str, Any],
        stack_name: str,
        path: str = "",
        given: Mapping[str, Callable[[], Any]] | None = None,
        import_value: Callable[[str], Any] | None = None,
    ) -> None:
        self._body = body
        self.stack_name = stack_name
        self.path = path
        self._given = given or {}
        self._import_value = import_value
        self.resources: dict[str, dict[str, Any]] = body.get("Resources", {})
        self.nested: dict[str, Template] = {}
        self.shared_ids: frozenset[str] = frozenset()
        self.names: dict[str, str] = {}

    def resolve(self, value: Any) -> Any:
        """Return a value with every intrinsic function in it replaced by its result.

        Raises:
            LocalRunError: A function or a reference is unknown.
        """
        if isinstance(value, list):
            return [self.resolve(item) for item in value if item != _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref":
                return self._ref(argument)
            if name.startswith("Fn::"):
                return self._call(name.removeprefix("Fn::"), argument)
        return {key: self.resolve(item) for key, item in value.items() if item != _NO_VALUE}

    def physical_name(self, logical_id: str) -> str:
        """Return a resource's own name if the template sets one, else its logical ID's."""
        given = given_name(self.resources[logical_id])
        if given is not None:
            try:
                return str(self.resolve(given))
            except LocalRunError:
                pass  # only known when it is deployed: here any name will do
        if logical_id in self.names:
            return self.names[logical_id]
        prefix = f"{self.stack_name}-" if logical_id in self.shared_ids else ""
        return f"{prefix}{logical_id}".lower()

    def output(self, name: str) -> Any:
        """Return an output of the stack."""
        outputs = self._body.get("Outputs", {})
        if name not in outputs:
            raise self._error(f"there is no output {name!r}")
        return self.resolve(outputs[name]["Value"])

    def exports(self) -> dict[str, str]:
        """Return the names under which outputs are exported, and the outputs."""
        return {
            self.resolve(output["Export"]["Name"]): name
            for name, output in self._body.get("Outputs", {}).items()
            if "Export" in output
        }

    def _error(self, text: str) -> LocalRunError:
        return LocalRunError(f"stack {self.stack_name}: {text}")

    def _ref(self, name: str) -> Any:
        if name in _PSEUDO_PARAMETERS:
            return _PSEUDO_PARAMETERS[name]
        if name == "AWS::StackName":
            return self.stack_name
        if name == "AWS::StackId":
            return f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{self.stack_name}/local"
        if name in self.resources:
            resource = self.resources[name]
            if resource["Type"] in _QUALIFIERS:
                qualifier = resource["Properties"].get("Name", "1")
                return f"{self._function_arn(resource)}:{self.resolve(qualifier)}"
            return ref_of(resource["Type"], self.physical_name(name))
        if name in self._given:
            return self._given[name]()
        parameter = self._body.get("Parameters", {}).get(name)
        if parameter is not None and "Default" in parameter:
            return parameter["Default"]
        raise self._error(
            f"the template refers to {name!r}, which has no value before it is deployed; give the "
            f"parameter a default"
        )

    def _function_arn(self, resource: dict[str, Any]) -> str:
        name = str(self.resolve(resource["Properties"]["FunctionName"]))
        return name if name.startswith("arn:") else arn_of("AWS::Lambda::Function", name)

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
            "And": lambda a: all(map(self._holds, a)),
            "Or": lambda a: any(map(self._holds, a)),
            "Not": lambda a: not self._holds(a[0]),
            "Base64": lambda a: base64.b64encode(str(self.resolve(a)).encode()).decode(),
            "GetAZs": lambda _: [f"{REGION}{zone}" for zone in "abc"],
            "ImportValue": self._import,
        }
        if function not in functions:
            raise self._error(
                f"the template uses Fn::{function}, which cannot be resolved on this machine; "
                f"known are {', '.join(functions)}"
            )
        return functions[function](argument)

    def _import(self, argument: Any) -> Any:
        name = self.resolve(argument)
        if self._import_value is None:
            raise self._error(f"it imports {name!r}, which no stack of the assembly exports")
        return self._import_value(name)

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

    def _get_att(self, argument: Any) -> Any:
        logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        if logical_id not in self.resources:
            raise self._error(f"there is no resource {logical_id!r}")
        if logical_id in self.nested and attribute.startswith("Outputs."):
            return self.nested[logical_id].output(attribute.removeprefix("Outputs."))
        name = self.physical_name(logical_id)
        if attribute == "Arn":
            return arn_of(self.resources[logical_id]["Type"], name)
        return f"{name}.{attribute.lower()}"

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, first, second = (self.resolve(item) for item in argument[:3])
        try:
            return self._body["Mappings"][name][first][second]
        except KeyError:
            raise self._error(f"mapping {name} has no {first}.{second}") from None

    def _condition(self, name: str) -> bool:
        conditions = self._body.get("Conditions", {})
        if name not in conditions:
            raise self._error(f"there is no condition {name!r}")
        return self._holds(conditions[name])

    def _holds(self, condition: Any) -> bool:
        if isinstance(condition, dict) and "Condition" in condition:
            return self._condition(condition["Condition"])
        return bool(self.resolve(condition))
