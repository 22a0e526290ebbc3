"""What every added resource type has in common."""

from __future__ import annotations

from typing import Any

from moto.core.common_models import CloudFormationModel


class Resource(CloudFormationModel):  # type: ignore[misc]
    """A resource whose physical ID is its name.

    Attributes:
        type_name: Such as ``AWS::SageMaker::Pipeline``.
        name_property: Property that names it; empty if it has no name.
        attributes: What ``Fn::GetAtt`` may ask for.
    """

    type_name = ""
    name_property = ""
    attributes: tuple[str, ...] = ()

    def __init__(self, name: str, values: dict[str, Any] | None = None) -> None:
        self.name = name
        self.values = values or {}

    @classmethod
    def cloudformation_name_type(cls) -> str:
        """Return the property that names it."""
        return cls.name_property

    @classmethod
    def cloudformation_type(cls) -> str:
        """Return the type."""
        return cls.type_name

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Tell whether it has an attribute."""
        return attr in cls.attributes

    def is_created(self) -> bool:
        """Return True: nothing here takes time."""
        return True

    @property
    def physical_resource_id(self) -> str:
        """What ``Ref`` returns."""
        return self.name

    def get_cfn_attribute(self, attr: str) -> Any:
        """Return an attribute."""
        return self.values[attr]

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Any:
        """Make it."""
        properties = cloudformation_json.get("Properties", {})
        return cls(resource_name, cls.create(resource_name, properties, account_id, region_name))

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> Any:
        """Change it, or replace it if its name has changed."""
        properties = cloudformation_json.get("Properties", {})
        name = properties.get(cls.name_property, original_resource.name)
        if name != original_resource.name:
            made = cls.create_from_cloudformation_json(
                new_resource_name, cloudformation_json, account_id, region_name
            )
            original_resource.delete(account_id, region_name)
            return made
        cls.change(original_resource, properties, account_id, region_name)
        return original_resource

    @classmethod
    def create(
        cls, name: str, properties: dict[str, Any], account: str, region: str
    ) -> dict[str, Any]:
        """Make it; returns its attributes. By default it has no effect."""
        return {}

    @classmethod
    def change(cls, resource: Any, properties: dict[str, Any], account: str, region: str) -> None:
        """Give it other properties."""

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete it."""
