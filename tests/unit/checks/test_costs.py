"""The most that one execution costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from constructs_lib.checks.costs import PipelineCost, costs
from tests.functional.local.assemblies import condition, equals
from tests.unit.checks.subjects import for_each, sized, subject_of

PRICES = {"ml.m5.large": 1.0, "ml.m5.xlarge": 10.0}
INTERNAL = {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "MaxAttempts": 2}


def bound(folder: Path, *steps: dict[str, Any], **properties: Any) -> PipelineCost:
    return costs(subject_of(folder, steps, **properties), PRICES)


@pytest.mark.parametrize(
    ("policies", "dollars"),
    [
        ([], 6.0),
        ([INTERNAL], 18.0),
        ([{"ExceptionType": ["SageMaker.CAPACITY_ERROR"]}], 36.0),
        ([{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 20}], 6.0),
        ([{"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "ExpireAfterMin": 30}], 7.5),
    ],
)
def test_every_retry_may_run_to_its_limit(
    tmp_path: Path, policies: list[Any], dollars: float
) -> None:
    """2 hours on 3 instances; what fails before instances start is free."""
    step = {**sized("a", count=3, hours=2), "RetryPolicies": policies}
    assert bound(tmp_path, step).dollars == pytest.approx(dollars)


@pytest.mark.parametrize(
    ("items", "dollars"), [([1, 2, 3], 3.0), ({"Get": "Parameters.Items"}, 100.0)]
)
def test_every_item_costs(tmp_path: Path, items: Any, dollars: float) -> None:
    """As many as the service allows, if they are not known."""
    cost = bound(tmp_path, for_each("each", items, [sized("a")]))
    assert cost.dollars == dollars
    assert ("at most" in cost.steps[0].because) == (dollars == 100)


def test_the_dearer_branch_counts(tmp_path: Path) -> None:
    """Of conditions inside of branches, too."""
    inner = condition("inner", [equals(1, 1)], [sized("a", "ml.m5.xlarge")], [sized("b", hours=3)])
    outer = condition("outer", [equals(1, 1)], [sized("c", hours=4), inner], [sized("d", hours=5)])
    cost = bound(tmp_path, sized("first"), outer)
    assert cost.dollars == 1 + (4 + 10)
    assert [one.step for one in cost.steps] == ["first", "c", "a", "b", "d"]


def test_kept_instances_cost(tmp_path: Path) -> None:
    """A warm pool lasts as long as it is kept alive."""
    step = sized("a", resources={"KeepAlivePeriodInSeconds": 1800})
    assert bound(tmp_path, step).dollars == 1.5


def test_a_tuning_step_costs_all_of_its_jobs(tmp_path: Path) -> None:
    """Whatever runs at the same time."""
    limits = {"MaxParallelTrainingJobs": 3, "MaxNumberOfTrainingJobs": 9}
    arguments = {
        "HyperParameterTuningJobConfig": {"ResourceLimits": limits},
        "TrainingJobDefinition": sized("x")["Arguments"],
    }
    step = {"Name": "tune", "Type": "Tuning", "Arguments": arguments}
    assert bound(tmp_path, step).dollars == 9


def test_what_is_not_known_is_said_and_not_guessed(tmp_path: Path) -> None:
    """Steps without a price or a bound are not in the sum, and are named beside it."""
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 1}
    steps = [
        sized("priced"),
        sized("unpriced", "ml.p4d.24xlarge"),
        {
            "Name": "batch",
            "Type": "Transform",
            "Arguments": {"TransformResources": cluster},
        },
        {"Name": "auto", "Type": "AutoML", "Arguments": {}},
    ]
    cost = bound(tmp_path, *steps)
    assert (cost.dollars, cost.unknown) == (1.0, ("unpriced", "batch", "auto"))
    why = {one.step: one.because for one in cost.steps}
    assert why["unpriced"] == "1 h, no price of ml.p4d.24xlarge"
    assert why["batch"] == "no max_runtime"
    assert why["auto"] == "the service chooses its instances"


def test_without_prices_there_are_hours_and_no_sum(tmp_path: Path) -> None:
    """Which is what a quick look needs."""
    cost = costs(subject_of(tmp_path, [sized("a", count=2, hours=0.5)]), {})
    assert (cost.dollars, cost.steps[0].hours, cost.steps[0].because) == (None, 1.0, "0.5 h")
