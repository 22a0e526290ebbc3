"""AWS::Scheduler::ScheduleGroup."""

from __future__ import annotations

from typing import Any

from moto.scheduler.models import scheduler_backends

from constructs_lib.sandbox.cloudformation.resources.base import Resource


class ScheduleGroup(Resource):
    """A group of schedules in moto's EventBridge Scheduler."""

    type_name = "AWS::Scheduler::ScheduleGroup"
    name_property = "Name"
    attributes = ("Arn",)

    @classmethod
    def create(
        cls, name: str, properties: dict[str, Any], account: str, region: str
    ) -> dict[str, Any]:
        """Make it."""
        backend = scheduler_backends[account][region]
        return {"Arn": backend.create_schedule_group(name, properties.get("Tags") or []).arn}

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete it with its schedules."""
        scheduler_backends[account_id][region_name].delete_schedule_group(self.name)
