"""Schedules and rules of EventBridge that start a pipeline: what they say, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from constructs_lib.local.intrinsics import Template
from constructs_lib.review.changes import Setting
from constructs_lib.review.readable import readable
from constructs_lib.review.settings import differences
from constructs_lib.service.plain_values import flatten

# Types to the member that says what is started.
_TARGETS = {"AWS::Events::Rule": "Targets", "AWS::Scheduler::Schedule": "Target"}
_NAMES = {
    "DeadLetterConfig.Arn": "dead_letter_queue",
    "Description": "description",
    "EndDate": "end",
    "FlexibleTimeWindow.MaximumWindowInMinutes": "time_window minutes",
    "FlexibleTimeWindow.Mode": "time_window",
    "RetryPolicy.MaximumEventAgeInSeconds": "max_event_age",
    "RetryPolicy.MaximumRetryAttempts": "retry_attempts",
    "ScheduleExpression": "schedule",
    "ScheduleExpressionTimezone": "time zone",
    "StartDate": "start",
    "State": "state",
}
# What a new schedule need not say, with what goes without saying; None for any.
_USUAL = {
    "max_event_age": None,
    "retry_attempts": None,
    "state": "ENABLED",
    "time_window": "OFF",
    "time zone": "Etc/UTC",
}
_COSTS = ("schedule", "state", "time zone", "start", "end")


def schedules_of(template: Template, pipeline: str) -> dict[str, dict[str, str]]:
    """Return the schedules that start a pipeline: name to setting to text.

    Args:
        template: The pipeline's stack.
        pipeline: Physical name, in lower case.
    """
    found = {}
    for resource in template.resources.values():
        if resource["Type"] not in _TARGETS:
            continue
        member = _TARGETS[resource["Type"]]
        properties = readable(template, resource["Properties"])
        targets = properties.get(member, [])
        for target in targets if isinstance(targets, list) else [targets]:
            if not str(target["Arn"]).endswith(f":pipeline/{pipeline}"):
                continue
            settings = {k: v for k, v in properties.items() if k not in (member, "Name")}
            settings |= {k: target[k] for k in ("RetryPolicy", "DeadLetterConfig") if k in target}
            name = resource["Metadata"]["aws:cdk:path"].rpartition("/")[2]
            started = target.get("SageMakerPipelineParameters", {}).get("PipelineParameterList", [])
            found[name] = {_NAMES.get(path, path): text for path, text in flatten(settings)}
            found[name].update({f"parameter {p['Name']}": str(p["Value"]) for p in started})
    return found


def schedule_changes(
    old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]
) -> Iterator[Setting]:
    """Yield what differs; the name of a setting begins with the schedule's."""
    for schedule in (*old, *(name for name in new if name not in old)):
        before, after = old.get(schedule, {}), new.get(schedule, {})
        for name, was, now in differences(before, after):
            is_usual = name in _USUAL and _USUAL[name] in (None, was, now)
            if (before and after) or not is_usual:
                yield Setting(f"{schedule} {name}", was, now, is_cost=name in _COSTS)
