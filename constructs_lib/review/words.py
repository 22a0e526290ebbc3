"""What users call the members of a definition, and the texts of its expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from constructs_lib.local.names import ACCOUNT, arn_of
from constructs_lib.service.plain_values import text_of

# Paths in a step to what the user calls them; True for what has an effect on the cost.
_NAMES = {
    "AlgorithmSpecification.ContainerEntrypoint": ("container_entry_point", False),
    "AlgorithmSpecification.TrainingImage": ("image_uri", False),
    "CacheConfig.Enabled": ("cache_config", True),
    "CacheConfig.ExpireAfter": ("cache_config expire_after", True),
    "CheckpointConfig.LocalPath": ("checkpoint_local_path", False),
    "CheckpointConfig.S3Uri": ("checkpoint_s3_uri", False),
    "Description": ("description", False),
    "DisplayName": ("display_name", False),
    "EnableInterContainerTrafficEncryption": ("encrypt_inter_container_traffic", False),
    "EnableManagedSpotTraining": ("use_spot_instances", True),
    "EnableNetworkIsolation": ("enable_network_isolation", False),
    "ErrorMessage": ("error_message", False),
    "IterableItems": ("iterable_items", True),
    "MaxConcurrency": ("max_concurrency", True),
    "OutputDataConfig.KmsKeyId": ("output_kms_key", False),
    "ResourceConfig.InstanceCount": ("instance_count", True),
    "ResourceConfig.InstanceType": ("instance_type", True),
    "ResourceConfig.KeepAlivePeriodInSeconds": ("keep_alive_period_in_seconds", True),
    "ResourceConfig.TrainingPlanArn": ("training_plan", True),
    "ResourceConfig.VolumeKmsKeyId": ("volume_kms_key", False),
    "ResourceConfig.VolumeSizeInGB": ("volume_size", True),
    "RetryStrategy.MaximumRetryAttempts": ("max_retry_attempts", True),
    "RoleArn": ("role", False),
    "StoppingCondition.MaxRuntimeInSeconds": ("max_runtime_in_seconds", True),
    "StoppingCondition.MaxWaitTimeInSeconds": ("max_wait_time_in_seconds", True),
    "VpcConfig.SecurityGroupIds": ("security_group_ids", False),
    "VpcConfig.Subnets": ("subnets", False),
}
# What paths begin with, likewise.
_LISTS = {
    "AlgorithmSpecification.MetricDefinitions": ("metric_definitions", False),
    "Conditions": ("conditions", False),
    "ResourceConfig.InstanceGroups": ("instance_groups", True),
    "RetryPolicies": ("retry_policies", True),
}
_RETRIES = {
    "BackoffRate": "backoff_rate",
    "ExceptionType": "exception_types",
    "ExpireAfterMin": "expire_after_mins",
    "IntervalSeconds": "interval_seconds",
    "MaxAttempts": "max_attempts",
}
_GROUPS = {"HyperParameters": "argument", "Environment": "environment variable"}
_TAG = re.compile(r"Tags\[(.*)\]\.Value")
_JOB_NAME = re.compile(r"\w+JobName")
# Of requests that are not training jobs, in whatever member they stand.
_COSTS = re.compile(r"\b(Instance(Type|Count)|VolumeSizeInGB|MaxRuntimeInSeconds)$")
_CHANNEL = re.compile(r"InputDataConfig\[(.*?)\]\.(.*)")
# Where the result of a function is, or an element of it.
_RESULT = re.compile(
    r"\{Steps\.([^{}]+)\.OutputDataConfig\.S3OutputPath\}/\{Steps\.\1\.TrainingJobName\}"
    r"/output/model/(?:results\.json:Result|([\w-]+)/)?"
)
# Of a role in the stack's own account.
_ROLE = arn_of("AWS::IAM::Role", "")
_ITERATION = re.compile(r"\.IterationOutputs\[([^\]]*)\]\.[\w-]+")
_OPERATORS = {
    "Equals": "=",
    "GreaterThan": ">",
    "GreaterThanOrEqualTo": ">=",
    "LessThan": "<",
    "LessThanOrEqualTo": "<=",
}


def named(path: str) -> tuple[str, bool]:
    """Return what the user calls a path of a step, and whether it has an effect on the cost."""
    if path in _NAMES:
        return _NAMES[path]
    for start, (name, is_cost) in _LISTS.items():
        if path.startswith((f"{start}[", f"{start}.")) or path == start:
            rest, dot, member = path.removeprefix(start).rpartition(".")
            return f"{name}{rest}{dot}{_RETRIES.get(member, member)}", is_cost
    group, _, rest = path.partition(".")
    if group in _GROUPS and rest:
        return f"{_GROUPS[group]} {rest}", False
    channel = _CHANNEL.fullmatch(path)
    if channel:
        member = channel[2].removeprefix("DataSource.S3DataSource.")
        return f"input {channel[1]}" if member == "S3Uri" else f"input {channel[1]} {member}", False
    tag = _TAG.fullmatch(path)
    if tag:
        return f"tag {tag[1]}", False
    if _JOB_NAME.fullmatch(path):
        return "job_name_prefix", False
    return path, bool(_COSTS.search(path))


def readable_text(text: str) -> str:
    """Return a text with the results of functions in words, and without what is made up."""
    return _RESULT.sub(_result, text.removeprefix(_ROLE)).replace(ACCOUNT, "<account>")


def _result(found: re.Match[str]) -> str:
    step = _ITERATION.sub(r"[\1]", found[1])
    return f"result of {step}[{found[2]}]" if found[2] else f"result of {step}"


def condition_text(condition: Mapping[str, Any]) -> str:
    """Return a condition of the definition as Python would have it."""
    kind = condition["Type"]
    if kind == "Not":
        return f"not ({condition_text(condition['Condition'])})"
    if kind == "Or":
        return " or ".join(f"({condition_text(inner)})" for inner in condition["Conditions"])
    if kind == "In":
        return f"{text_of(condition['QueryValue'])} in {text_of(condition['Values'])}"
    sides = [_operand(condition[side]) for side in ("LeftValue", "RightValue")]
    return f" {_OPERATORS.get(kind, kind)} ".join(sides)


def _operand(value: Any) -> str:
    return repr(value) if isinstance(value, str) else text_of(value)
