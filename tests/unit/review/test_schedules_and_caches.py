"""When a pipeline runs, and which steps of it do."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.review.changes import Forecast, Setting
from constructs_lib.review.comparison import compare
from constructs_lib.review.schedules import schedule_changes
from constructs_lib.review.wording import forecast_text
from tests.unit.review.made import compared, made, training

CACHED = {"CacheConfig": {"Enabled": True, "ExpireAfter": "P7D"}}
NEW = {"schedule": "rate(1 day)", "state": "ENABLED", "time_window": "OFF", "parameter D": "8"}


def test_new_schedule_says_what_is_its_own() -> None:
    """Not what goes without saying."""
    assert [*schedule_changes({}, {"N": NEW})] == [
        Setting("N schedule", None, "rate(1 day)", is_cost=True),
        Setting("N parameter D", None, "8"),
    ]


def test_schedule_that_is_switched_off_says_so() -> None:
    """Whether it is new or was there."""
    off = {**NEW, "state": "DISABLED"}
    assert [*schedule_changes({"N": NEW}, {"N": off})] == [
        Setting("N state", "ENABLED", "DISABLED", is_cost=True)
    ]
    assert Setting("N state", None, "DISABLED", is_cost=True) in [*schedule_changes({}, {"N": off})]


def test_rules_start_pipelines_too(tmp_path: Path) -> None:
    """EventBridge's rules, by the clock or by what happens; those for something else are not meant."""
    arn = "arn:aws:sagemaker:us-east-1:000000000000:pipeline/"
    given = {
        "SageMakerPipelineParameters": {"PipelineParameterList": [{"Name": "D", "Value": "8"}]}
    }
    rules = {
        name: {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "ScheduleExpression": "rate(1 day)",
                "Targets": [{"Arn": target, **given}],
            },
            "Metadata": {"aws:cdk:path": f"Stack/{name}/Resource"},
        }
        for name, target in (("Daily", f"{arn}p"), ("Other", f"{arn}pp"))
    }
    change = compared(tmp_path, [training("a")], [training("a")], {}, {"resources": rules})
    assert change.schedules == (
        Setting("Daily schedule", None, "rate(1 day)", is_cost=True),
        Setting("Daily parameter D", None, "8"),
    )


def forecasts(folder: Path, **new: Any) -> list[str]:
    """Return what three cached steps do next if the first one is another."""
    last = {
        **training("last", HyperParameters={"x": {"Get": "Steps.first.TrainingJobName"}}),
        **CACHED,
    }
    steps = [{**training("first"), **CACHED}, {**training("other"), **CACHED}, last]
    changed = [{**training("first", **new), **CACHED}, *steps[1:]]
    return [forecast_text(one) for one in compared(folder, steps, changed).forecasts]


def test_what_is_in_the_key_decides(tmp_path: Path) -> None:
    """And what is read of a step that runs."""
    assert forecasts(tmp_path, Environment={"A": "1"}) == [
        "first: runs, because environment variable A changed",
        "other: cache hit if it succeeded within P7D, because nothing in its key changed",
        "last: runs, because first, which it reads, runs again",
    ]


def test_what_is_not_in_the_key_does_not(tmp_path: Path) -> None:
    """A larger instance computes the same."""
    found = forecasts(tmp_path, ResourceConfig={"InstanceType": "ml.m5.large"})
    assert all("cache hit" in text for text in found)


UPLOADS = {
    "S3OutputPath": {
        "Std:Join": {"On": "/", "Values": ["s3://b", {"Get": "Execution.PipelineName"}]}
    }
}
OF_RUN = {"Std:Join": {"On": "/", "Values": ["s3://b", {"Get": "Execution.PipelineExecutionId"}]}}
RUNS, HITS, OPEN = False, True, None


@pytest.mark.parametrize(
    ("read", "hits"),
    [
        ("TrainingJobName", RUNS),
        ("ModelArtifacts.S3ModelArtifacts", RUNS),
        ("CheckpointConfig.S3Uri", RUNS),
        ("OutputDataConfig.S3OutputPath", HITS),
        ("TrainingImage", HITS),
        ("FinalMetricDataList['auc'].Value", OPEN),
        ("Environment.OF_ANOTHER", OPEN),
    ],
)
def test_what_is_read_of_a_step_that_runs_decides(
    tmp_path: Path, read: str, hits: bool | None
) -> None:
    """A place that is the same in each execution is no change; a metric may be the same."""
    upstream = training(
        "up",
        OutputDataConfig=UPLOADS,
        TrainingImage="image",
        CheckpointConfig={"S3Uri": OF_RUN},
        Environment={"OF_ANOTHER": {"Get": "Steps.other.x"}},
    )
    down = {**training("down", Environment={"X": {"Get": f"Steps.up.{read}"}}), **CACHED}
    steps = [training("other"), upstream, down]
    (forecast,) = compared(tmp_path, steps, steps, {}, {"PipelineDisplayName": "new"}).forecasts
    assert (forecast.step, forecast.hits) == ("down", hits)


def test_doubt_is_passed_on(tmp_path: Path) -> None:
    """What may run again may have other results."""
    middle = training("middle", Environment={"X": {"Get": "Steps.up.y"}})
    last = training("last", Environment={"X": {"Get": "Steps.middle.TrainingJobName"}})
    steps = [training("up"), {**middle, **CACHED}, {**last, **CACHED}]
    change = compared(tmp_path, steps, steps, {}, {"PipelineDisplayName": "new"})
    assert [forecast_text(one) for one in change.forecasts] == [
        "middle: may run, because it reads Steps.up.y, and up runs again",
        "last: may run, because it reads Steps.middle.TrainingJobName, and middle may run again",
    ]


@pytest.mark.parametrize(
    ("name", "runs"),
    [("PipelineName", False), ("PipelineExecutionId", True), ("StartDateTime", True)],
)
def test_values_of_executions_are_in_the_key(tmp_path: Path, name: str, runs: bool) -> None:
    """The pipeline's name is the same in each; a text that looks like an expression is none."""
    given = {"X": {"Get": f"Execution.{name}"}, "Y": "Execution.PipelineExecutionId"}
    steps = [{**training("a", Environment=given), **CACHED}]
    change = compared(tmp_path, steps, steps, {}, {"PipelineDisplayName": "new"})
    assert [one.hits for one in change.forecasts] == [not runs]


@pytest.mark.parametrize(
    ("kind", "in_key", "out_of_key"),
    [
        ("Tuning", "TrainingJobDefinition.StaticHyperParameters", "TrainingJobDefinition.RoleArn"),
        ("AutoML", "AutoMLJobConfig.Mode", "AutoMLJobConfig.SecurityConfig"),
        ("Transform", "ModelName", "TransformResources"),
        ("EMR", "StepConfig.HadoopJarStep", "ExecutionRoleArn"),
        ("QualityCheck", "SuppliedBaselineStatistics", "FailOnViolation"),
        ("ClarifyCheck", "ProcessingInputs", "ProcessingResources"),
    ],
)
def test_each_type_has_its_key(tmp_path: Path, kind: str, in_key: str, out_of_key: str) -> None:
    """As the service's documentation lists them."""
    found = {}
    for path in (in_key, out_of_key):
        sides = []
        for value in ("old", "new"):
            given: Any = value
            for name in reversed(path.split(".")):
                given = {name: given}
            sides.append([{"Name": "a", "Type": kind, "Arguments": given, **CACHED}])
        (forecast,) = compared(tmp_path / path, *sides).forecasts
        found[path] = forecast.hits
    assert found == {in_key: False, out_of_key: True}


def test_results_of_another_name_are_not_found(tmp_path: Path) -> None:
    """The cache is the pipeline's."""
    steps = [{**training("a"), **CACHED}]
    change = compared(tmp_path, steps, steps, {}, {"PipelineName": "other"})
    assert change.forecasts == (Forecast("a", False, "the pipeline has another name", "P7D"),)


def test_result_that_never_expires_needs_no_time() -> None:
    """The forecast names none."""
    assert (
        forecast_text(Forecast("a", True, "x")) == "a: cache hit if it succeeded before, because x"
    )


def test_fifty_renamed_steps_are_compared_in_seconds(tmp_path: Path) -> None:
    """Each of fifty could be each of fifty others."""

    def steps(name: str) -> list[dict[str, Any]]:
        given = {f"argument{n}": str(n) for n in range(30)}
        return [training(f"{name}-{n}", HyperParameters={**given, "n": str(n)}) for n in range(50)]

    old, new = made(tmp_path / "old", steps("a")), made(tmp_path / "new", steps("b"))
    started = time.perf_counter()
    (change,) = compare(old, new)
    assert time.perf_counter() - started < 3
    assert {step.old_name for step in change.steps} == {f"a-{n}" for n in range(50)}
