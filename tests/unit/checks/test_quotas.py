"""Which quotas one execution needs: the most instances of each type and use at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from constructs_lib.checks.quotas import quotas
from tests.functional.local.assemblies import condition, equals
from tests.unit.checks.subjects import for_each, sized, subject_of

LARGE = "ml.m5.large for training job usage"


def found(folder: Path, steps: list[dict[str, Any]], **properties: Any) -> dict[str, int | None]:
    return {one.name: one.instances for one in quotas(subject_of(folder, steps, **properties))}


def test_steps_that_wait_for_each_other_use_the_same_instances(tmp_path: Path) -> None:
    """Also through a step that has none of them."""
    steps = [
        sized("a", count=3),
        sized("b", "ml.c5.large", depends_on=["a"]),
        sized("c", count=2, depends_on=["b"]),
    ]
    assert found(tmp_path, steps) == {LARGE: 3, "ml.c5.large for training job usage": 1}


def test_the_widest_set_is_found_among_many(tmp_path: Path) -> None:
    """Neither the first, nor the heaviest step alone: three chains, each at its heaviest."""
    steps = [
        sized(f"{chain}{number}", count=count, depends_on=[f"{chain}{number - 1}"] * (number > 0))
        for chain, counts in {"a": (1, 5, 2), "b": (4, 1, 1), "c": (2, 2, 3)}.items()
        for number, count in enumerate(counts)
    ]
    assert found(tmp_path, steps) == {LARGE: 5 + 4 + 3}


def test_only_one_branch_of_a_condition_runs(tmp_path: Path) -> None:
    """With what runs beside it."""
    gate = condition("gate", [equals(1, 1)], [sized("x", count=2), sized("y")], [sized("z")])
    assert found(tmp_path, [gate, sized("beside", count=4)]) == {LARGE: 2 + 1 + 4}


def test_the_pipeline_limits_the_steps_at_once(tmp_path: Path) -> None:
    """The heaviest of them count."""
    steps = [sized(name, count=count) for name, count in {"a": 1, "b": 5, "c": 4}.items()]
    limit = {"ParallelismConfiguration": {"MaxParallelExecutionSteps": 2}}
    assert found(tmp_path, steps, **limit) == {LARGE: 9}


@pytest.mark.parametrize(
    ("items", "at_once", "most"),
    [
        ([1, 2, 3, 4], 3, 3),
        ([1, 2], 10, 2),
        ({"Get": "Parameters.Items"}, 10, 10),
    ],
)
def test_iterations_run_beside_each_other(
    tmp_path: Path, items: Any, at_once: int, most: int
) -> None:
    """As many as there are items, and as the step allows."""
    body = [sized("fit", count=2), sized("score", depends_on=["fit"])]
    steps = [for_each("each", items, body, at_once), sized("last", depends_on=["each"])]
    assert found(tmp_path, steps) == {LARGE: 2 * most}


def test_each_use_has_a_quota_of_its_own(tmp_path: Path) -> None:
    """Training, spot, warm pools, tuning, processing, transforms and endpoints."""
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 2}
    request = {
        "ResourceConfig": cluster,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    limits = {"MaxParallelTrainingJobs": 3, "MaxNumberOfTrainingJobs": 9}
    others = {
        "Processing": {"ProcessingResources": {"ClusterConfig": cluster}},
        "Transform": {"TransformResources": cluster},
        "Tuning": {
            "HyperParameterTuningJobConfig": {"ResourceLimits": limits},
            "TrainingJobDefinition": request,
        },
        "EndpointConfig": {
            "ProductionVariants": [{"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}]
        },
    }
    steps = [
        sized("spot", EnableManagedSpotTraining=True),
        sized("warm", resources={"KeepAlivePeriodInSeconds": 600}),
        sized("warmer", depends_on=["warm"], resources={"KeepAlivePeriodInSeconds": 600}),
        *({"Name": kind, "Type": kind, "Arguments": value} for kind, value in others.items()),
    ]
    assert found(tmp_path, steps) == {
        "ml.m5.large for endpoint usage": 1,
        "ml.m5.large for processing job usage": 2,
        "ml.m5.large for spot training job usage": 1,
        "ml.m5.large for training job usage": 3 * 2 + 1,
        "ml.m5.large for training warm pool usage": 2,
        "ml.m5.large for transform job usage": 2,
    }


def test_what_only_a_run_knows_is_said(tmp_path: Path) -> None:
    """A parameter counts with its default, if it has one."""
    parameters = [
        {"Name": "Type", "Type": "String"},
        {"Name": "Count", "Type": "Integer", "DefaultValue": 4},
        {"Name": "Open", "Type": "Integer"},
    ]
    steps = [
        sized("a", {"Get": "Parameters.Type"}),
        sized("b", count={"Get": "Parameters.Count"}),
        sized("c", "ml.c5.large", count={"Get": "Parameters.Open"}),
    ]
    assert found(tmp_path, steps, parameters=parameters) == {
        "an instance type chosen at run time for training job usage": 1,
        LARGE: 4,
        "ml.c5.large for training job usage": None,
    }
