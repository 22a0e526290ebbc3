"""Steps that compare data or a model with a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from constructs_lib.model.properties import NamedProperty
from constructs_lib.model.requests import RequestStep


class _CheckStep(RequestStep):
    """A processing job whose violations end the step.

    Args:
        name: Unique in the pipeline.
        arguments: ``CreateProcessingJob`` request of the check's container.
        check_type: What is checked.
        model_package_group_name: Group whose latest approved package has the baselines.
        skip_check: Whether only the baseline is calculated; a pipeline variable too.
        fail_on_violation: Whether a violation fails the step.
        register_new_baseline: Whether the calculated baseline is offered to the next steps.
        supplied_baseline_statistics: S3 URI of statistics to compare with.
        supplied_baseline_constraints: S3 URI of constraints to compare with.
        model_name: Name of the model that is explained.
        **settings: As for any :class:`~constructs_lib.model.requests.RequestStep`.
    """

    _properties: tuple[str, ...] = ()

    def __init__(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        check_type: str,
        model_package_group_name: Any = None,
        skip_check: Any = False,
        fail_on_violation: Any = True,
        register_new_baseline: Any = False,
        supplied_baseline_statistics: Any = None,
        supplied_baseline_constraints: Any = None,
        model_name: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(name, arguments, **settings)
        given = {
            "CheckType": check_type,
            "ModelPackageGroupName": model_package_group_name,
            "SkipCheck": skip_check,
            "FailOnViolation": fail_on_violation,
            "RegisterNewBaseline": register_new_baseline,
            "SuppliedBaselineStatistics": supplied_baseline_statistics,
            "SuppliedBaselineConstraints": supplied_baseline_constraints,
            "ModelName": model_name,
        }
        self._check = {key: value for key, value in given.items() if value is not None}

    @property
    def properties(self) -> Any:
        """The baselines, such as ``properties.CalculatedBaselineConstraints``."""
        return _Baselines(self, self._properties)

    def members(self) -> dict[str, Any]:
        """Return the check and the request."""
        return {**self._check, **super().members()}


class QualityCheckStep(_CheckStep):
    """Checks the quality of data or of a model with Model Monitor.

    https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html#step-type-quality-check
    """

    step_type = "QualityCheck"
    _properties = (
        "CalculatedBaselineConstraints",
        "CalculatedBaselineStatistics",
        "BaselineUsedForDriftCheckStatistics",
        "BaselineUsedForDriftCheckConstraints",
    )


class ClarifyCheckStep(_CheckStep):
    """Checks bias or explainability with Clarify.

    https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html#step-type-clarify-check
    """

    step_type = "ClarifyCheck"
    _properties = ("CalculatedBaselineConstraints", "BaselineUsedForDriftCheckConstraints")


class _Baselines:
    def __init__(self, step: RequestStep, names: tuple[str, ...]) -> None:
        self.__dict__.update({name: NamedProperty(step, name, "string") for name in names})
