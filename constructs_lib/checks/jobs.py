"""The instances that steps start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from constructs_lib.checks.subject import Subject
from constructs_lib.local.definition import StepDefinition

# Names of uses, as Service Quotas has them behind the instance type.
TRAINING = "training job usage"
SPOT = "spot training job usage"
PROCESSING = "processing job usage"
TRANSFORM = "transform job usage"
ENDPOINT = "endpoint usage"
WARM_POOL = "training warm pool usage"

# Their instances are the service's choice, or none of SageMaker's.
_UNKNOWN = {
    "AutoML": "the service chooses its instances",
    "EMR": "its cluster is not SageMaker's",
    "EMRServerless": "its capacity is not SageMaker's",
    "InferenceComponent": "it runs on an endpoint's instances",
}


@dataclass(frozen=True)
class Job:
    """What a step starts of one type of instance.

    Attributes:
        use: As Service Quotas calls it.
        instance_type: Such as ``ml.m5.large``; None if only a run knows it.
        count: Instances of one job; None if only a run knows it.
        seconds: For which a job may run; None without a limit.
        at_once: Jobs at the same time.
        total: Jobs in all; None if only a run knows it.
        keep_alive: Seconds for which instances are kept behind it.
    """

    use: str
    instance_type: str | None
    count: int | None
    seconds: int | None
    at_once: int = 1
    total: int | None = 1
    keep_alive: int = 0


def jobs_of(subject: Subject, step: StepDefinition) -> list[Job]:
    """Return what a step starts; nothing if it has no instances, or none that are known."""
    arguments = step.arguments
    if step.type == "Training":
        return list(_training(subject, arguments, 1, 1))
    if step.type == "Tuning":
        return list(_tuning(subject, arguments))
    if step.type in {"Processing", "QualityCheck", "ClarifyCheck"}:
        cluster = _part(_part(arguments, "ProcessingResources"), "ClusterConfig")
        seconds = _part(arguments, "StoppingCondition").get("MaxRuntimeInSeconds")
        return [_job(subject, PROCESSING, cluster, seconds)]
    if step.type == "Transform":
        return [_job(subject, TRANSFORM, _part(arguments, "TransformResources"), None)]
    if step.type == "EndpointConfig":
        variants = arguments.get("ProductionVariants") or []
        return [
            _job(subject, ENDPOINT, variant, None, count="InitialInstanceCount")
            for variant in variants
            if "InstanceType" in variant
        ]
    return []


def why_unknown(step: StepDefinition) -> str | None:
    """Return why nothing is known of a step's instances, though it has some; else None."""
    return _UNKNOWN.get(step.type)


def _training(
    subject: Subject, request: dict[str, Any], at_once: int, total: int | None
) -> Iterator[Job]:
    resources = _part(request, "ResourceConfig") or _part(
        request, "HyperParameterTuningResourceConfig"
    )
    stopping = _part(request, "StoppingCondition")
    use = SPOT if subject.known(request.get("EnableManagedSpotTraining")) is True else TRAINING
    groups = resources.get("InstanceGroups") or [resources]
    for group in groups:
        yield _job(
            subject,
            use,
            group,
            stopping.get("MaxRuntimeInSeconds"),
            at_once=at_once,
            total=total,
            keep_alive=_number(subject, resources.get("KeepAlivePeriodInSeconds")) or 0,
        )


def _tuning(subject: Subject, arguments: dict[str, Any]) -> Iterator[Job]:
    limits = _part(_part(arguments, "HyperParameterTuningJobConfig"), "ResourceLimits")
    at_once = _number(subject, limits.get("MaxParallelTrainingJobs")) or 1
    total = _number(subject, limits.get("MaxNumberOfTrainingJobs"))
    one = _part(arguments, "TrainingJobDefinition")
    for request in [one] if one else arguments.get("TrainingJobDefinitions") or []:
        yield from _training(subject, request, at_once, total)


def _job(
    subject: Subject,
    use: str,
    resources: dict[str, Any],
    seconds: Any,
    *,
    count: str = "InstanceCount",
    **more: Any,
) -> Job:
    kind = subject.known(resources.get("InstanceType"))
    return Job(
        use,
        kind if isinstance(kind, str) else None,
        _number(subject, resources.get(count)),
        _number(subject, seconds),
        **more,
    )


def _number(subject: Subject, value: Any) -> int | None:
    known = subject.known(value)
    return known if type(known) is int else None


def _part(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}
