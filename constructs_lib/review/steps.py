"""Steps that were added, removed, renamed, changed or rewired."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from constructs_lib.local.definition import StepDefinition
from constructs_lib.review.bundles import bundle_hash
from constructs_lib.review.changes import ADDED, CHANGED, REMOVED, Setting, StepChange
from constructs_lib.review.renamed import renamed_text, translated
from constructs_lib.review.settings import settings_of
from constructs_lib.review.snapshot import Snapshot

# Paths in a request to what the user calls them; True for what has an effect on the cost.
_NAMES = {
    "AlgorithmSpecification.TrainingImage": ("image_uri", False),
    "AlgorithmSpecification.MetricDefinitions": ("metric_definitions", False),
    "CacheConfig.Enabled": ("cache_config", True),
    "CacheConfig.ExpireAfter": ("cache_config expire_after", True),
    "CheckpointConfig.S3Uri": ("checkpoint_s3_uri", False),
    "EnableInterContainerTrafficEncryption": ("encrypt_inter_container_traffic", False),
    "EnableManagedSpotTraining": ("use_spot_instances", True),
    "EnableNetworkIsolation": ("enable_network_isolation", False),
    "OutputDataConfig.KmsKeyId": ("output_kms_key", False),
    "ResourceConfig.InstanceCount": ("instance_count", True),
    "ResourceConfig.InstanceGroups": ("instance_groups", True),
    "ResourceConfig.InstanceType": ("instance_type", True),
    "ResourceConfig.KeepAlivePeriodInSeconds": ("keep_alive_period_in_seconds", True),
    "ResourceConfig.VolumeKmsKeyId": ("volume_kms_key", False),
    "ResourceConfig.VolumeSizeInGB": ("volume_size", True),
    "RetryPolicies": ("retry_policies", True),
    "RetryStrategy.MaximumRetryAttempts": ("max_retry_attempts", True),
    "RoleArn": ("role", False),
    "StoppingCondition.MaxRuntimeInSeconds": ("max_runtime_in_seconds", True),
    "StoppingCondition.MaxWaitTimeInSeconds": ("max_wait_time_in_seconds", True),
    "TrainingJobName": ("job_name_prefix", False),
    "VpcConfig.SecurityGroupIds": ("security_group_ids", False),
    "VpcConfig.Subnets": ("subnets", False),
}
_GROUPS = {"HyperParameters": "argument", "Environment": "environment variable", "Tags": "tag"}
# Of requests that are not training jobs, in whatever member they stand.
_COSTS = re.compile(r"\b(Instance(Type|Count)|VolumeSizeInGB|MaxRuntimeInSeconds)$")
_CHANNEL = re.compile(r"InputDataConfig\[(.*?)\]\.(.*)")


def step_changes(old: Snapshot, new: Snapshot, renamed: Mapping[str, str]) -> Iterator[StepChange]:
    """Yield the steps that differ: in the order of the new definition, then those removed.

    Args:
        old: Before.
        new: Now.
        renamed: New name to old of the steps that have another name.
    """
    for name, step in new.steps.items():
        before = renamed.get(name, name)
        if before in old.steps:
            change = _compare(old.steps[before], step, renamed)
            if change is not None:
                yield change
        else:
            yield StepChange(name, ADDED, step.type, reads=step.depends_on)
    for name, step in old.steps.items():
        if name not in new.steps and name not in renamed.values():
            yield StepChange(name, REMOVED, step.type, reads_no_more=step.depends_on)


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, old and new text of what differs; None for what is not there."""
    for name in (*old, *(name for name in new if name not in old)):
        if old.get(name) != new.get(name):
            yield name, old.get(name), new.get(name)


def named(path: str) -> tuple[str, bool]:
    """Return what the user calls a path of a request, and whether it has an effect on the cost."""
    if path in _NAMES:
        return _NAMES[path]
    group, _, rest = path.partition(".")
    if group in _GROUPS and rest:
        return f"{_GROUPS[group]} {rest}", False
    channel = _CHANNEL.fullmatch(path)
    if channel:
        member = channel[2].removeprefix("DataSource.S3DataSource.")
        return f"input {channel[1]}" if member == "S3Uri" else f"input {channel[1]} {member}", False
    return path, bool(_COSTS.search(path)) or path.startswith("RetryPolicies")


def _compare(
    old: StepDefinition, new: StepDefinition, renamed: Mapping[str, str]
) -> StepChange | None:
    before = {name: after for after, name in renamed.items()}
    waited = tuple(before.get(name, name) for name in old.depends_on)
    settings = []
    known = translated(settings_of(old), renamed)
    for path, was, now in differences(known, settings_of(new)):
        if (
            old.name != new.name
            and was is not None
            and renamed_text(was, old.name, new.name) == now
        ):
            continue
        name, is_cost = named(path)
        settings.append(Setting(name, was, now, is_cost))
    change = StepChange(
        new.name,
        CHANGED,
        new.type,
        code=bundle_hash(old.arguments) != bundle_hash(new.arguments),
        settings=tuple(settings),
        reads=tuple(name for name in new.depends_on if name not in waited),
        reads_no_more=tuple(name for name in waited if name not in new.depends_on),
        old_name=old.name if old.name != new.name else None,
    )
    changed = change.code or change.settings or change.is_rewired or change.old_name
    retyped = old.type != new.type
    return change if changed or retyped else None
