"""What of a step tells the service whether an earlier, successful one is equal to it.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PROCESSING = ("AppSpecification", "Environment", "ProcessingInputs")
# The page names the SDK's arguments, which become the job and these members of the step.
_CHECK = (
    *_PROCESSING,
    "CheckType",
    "ModelPackageGroupName",
    "RegisterNewBaseline",
    "SkipCheck",
    "SuppliedBaselineConstraints",
)
_TUNED = (
    "AlgorithmSpecification",
    "HyperParameterRanges",
    "InputDataConfig",
    "StaticHyperParameters",
    "TuningObjective",
)
_AUTO_ML = ("CandidateGenerationConfig", "CompletionCriteria", "DataSplitConfig", "Mode")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "AutoML": (
        *(f"AutoMLJobConfig.{name}" for name in _AUTO_ML),
        "AutoMLJobObjective",
        "InputDataConfig",
        "ProblemType",
    ),
    "ClarifyCheck": _CHECK,
    "EMR": ("ClusterId", "StepConfig"),
    "Processing": _PROCESSING,
    "QualityCheck": (*_CHECK, "SuppliedBaselineStatistics"),
    "Training": (
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ),
    "Transform": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
    "Tuning": (
        "HyperParameterTuningJobConfig",
        *(f"TrainingJobDefinition.{name}" for name in _TUNED),
        "TrainingJobDefinitions",
    ),
}


def has_cache_key(step_type: str) -> bool:
    """Tell whether steps of a type can take results from the cache."""
    return step_type in _KEYS


def is_in_cache_key(step_type: str, path: str) -> bool:
    """Tell whether a value decides.

    Args:
        step_type: Such as Training.
        path: Of the value in the step's arguments or members, such as ``HyperParameters.depth``.
    """
    return any(
        path == name or path.startswith((f"{name}.", f"{name}["))
        for name in _KEYS.get(step_type, ())
    )


def cache_key(step_type: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides.

    Args:
        step_type: Such as Training.
        given: The step's arguments, and its members if need be.
    """
    return {name: _at(given, name.split(".")) for name in _KEYS.get(step_type, ())}


def _at(given: Any, path: list[str]) -> Any:
    for name in path:
        given = given.get(name) if isinstance(given, Mapping) else None
    return given
