"""AWS::Scheduler::Schedule.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html
"""

from __future__ import annotations

from typing import Any

from moto.scheduler.models import scheduler_backends

from constructs_lib.sandbox.cloudformation.resources.base import Resource

# API shape Name.
_LONGEST_NAME = 64


class Schedule(Resource):
    """A schedule in moto's EventBridge Scheduler."""

    type_name = "AWS::Scheduler::Schedule"
    name_property = "Name"
    attributes = ("Arn",)

    @classmethod
    def create(
        cls, name: str, properties: dict[str, Any], account: str, region: str
    ) -> dict[str, Any]:
        """Make it."""
        made = scheduler_backends[account][region].create_schedule(
            name=name[:_LONGEST_NAME], action_after_completion=None, **_settings(properties)
        )
        return {"Arn": made.arn, "GroupName": made.group_name}

    @classmethod
    def change(cls, resource: Any, properties: dict[str, Any], account: str, region: str) -> None:
        """Change when it fires, and what."""
        scheduler_backends[account][region].update_schedule(
            name=resource.physical_resource_id, **_settings(properties)
        )

    @property
    def physical_resource_id(self) -> str:
        """The name, as long as one may be."""
        return self.name[:_LONGEST_NAME]

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete it."""
        backend = scheduler_backends[account_id][region_name]
        backend.delete_schedule(self.values["GroupName"], self.physical_resource_id)


def _settings(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": properties.get("Description"),
        "end_date": properties.get("EndDate"),
        "flexible_time_window": properties.get("FlexibleTimeWindow"),
        "group_name": properties.get("GroupName"),
        "kms_key_arn": properties.get("KmsKeyArn"),
        "schedule_expression": properties.get("ScheduleExpression"),
        "schedule_expression_timezone": properties.get("ScheduleExpressionTimezone"),
        "start_date": properties.get("StartDate"),
        "state": properties.get("State"),
        "target": properties.get("Target"),
    }
