"""The words of a change are those of the user."""

from __future__ import annotations

import pytest

from constructs_lib.review.words import condition_text, named, readable_text


@pytest.mark.parametrize(
    ("path", "name", "is_cost"),
    [
        ("ResourceConfig.InstanceType", "instance_type", True),
        ("ResourceConfig.InstanceGroups[a].InstanceCount", "instance_groups[a].InstanceCount", True),
        ("RetryPolicies[0].MaxAttempts", "retry_policies[0].max_attempts", True),
        ("RetryPolicies[1].ExceptionType", "retry_policies[1].exception_types", True),
        ("AlgorithmSpecification.MetricDefinitions[auc].Regex", "metric_definitions[auc].Regex", False),
        ("AlgorithmSpecification.TrainingImage", "image_uri", False),
        ("Conditions[0]", "conditions[0]", False),
        ("HyperParameters.depth", "argument depth", False),
        ("Environment.MODE", "environment variable MODE", False),
        ("InputDataConfig[x].DataSource.S3DataSource.S3Uri", "input x", False),
        ("InputDataConfig[x].InputMode", "input x InputMode", False),
        ("Tags[team].Value", "tag team", False),
        ("ProcessingJobName", "job_name_prefix", False),
        ("ProcessingResources.ClusterConfig.InstanceCount", "ProcessingResources.ClusterConfig.InstanceCount", True),
        ("MaxConcurrency", "max_concurrency", True),
    ],
)  # fmt: skip
def test_members_are_called_as_settings_are(path: str, name: str, is_cost: bool) -> None:
    """What has no other name keeps the service's."""
    assert named(path) == (name, is_cost)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("results.json:Result['auc']", "result of fit['auc']"),
        ("", "result of fit"),
        ("0/", "result of fit[0]"),
    ],
)
def test_results_are_named_by_their_step(place: str, text: str) -> None:
    """Whole, an element, or a member."""
    folder = "{Steps.fit.OutputDataConfig.S3OutputPath}/{Steps.fit.TrainingJobName}/output/model/"
    assert readable_text(f"{folder}{place}") == text


def test_results_of_iterations_have_an_index() -> None:
    """The step of the body is left out: the ForEach step is what the user has."""
    step = "Steps.each.IterationOutputs[2].each-item"
    uri = f"{{{step}.OutputDataConfig.S3OutputPath}}/{{{step}.TrainingJobName}}/output/model/"
    assert readable_text(uri) == "result of each[2]"


def test_account_that_is_not_known_is_not_made_up() -> None:
    """Roles of the stack are their paths."""
    assert readable_text("arn:aws:iam::000000000000:role/<P/Role>") == "<P/Role>"
    assert readable_text("arn:aws:sqs:x:000000000000:q") == "arn:aws:sqs:x:<account>:q"


def test_conditions_are_read_as_python() -> None:
    """Nested ones with parentheses."""
    depth = {"Get": "Parameters.Depth"}
    more = {"Type": "GreaterThanOrEqualTo", "LeftValue": depth, "RightValue": 3}
    among = {"Type": "In", "QueryValue": depth, "Values": [1, 2]}
    either = {"Type": "Or", "Conditions": [more, {"Type": "Not", "Condition": among}]}
    assert condition_text(either) == (
        "(Parameters.Depth >= 3) or (not (Parameters.Depth in [1, 2]))"
    )
    same = {"Type": "Equals", "LeftValue": depth, "RightValue": "fast"}
    assert condition_text(same) == "Parameters.Depth = 'fast'"
