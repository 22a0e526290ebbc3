"""What goes wrong with the SageMaker SDK's ``@step``, and that it does not here.

Where another test holds it already, it stands in this table and not below. "Refused" means: when
the stack is made, with what to do.

- subnets without security groups, which the SDK drops, are refused:
  tests/unit/cdk/test_settings.py::test_settings_that_cannot_work_are_refused
- several instances without a launcher, which all run the function, are refused:
  tests/unit/cdk/test_settings.py::test_settings_that_cannot_work_are_refused
- tags as pairs become tags:
  tests/unit/cdk/test_settings.py::test_setting_reaches_the_request
- conda shows the output while the job runs:
  tests/unit/cdk/test_settings.py::test_conda_environment_runs_the_start_code
- experiments do not depend on the Region:
  tests/unit/cdk/test_settings.py::test_experiment_is_off_unless_asked_for
- retry policies are checked:
  tests/unit/cdk/test_settings.py::test_values_that_cannot_be_are_refused_where_they_are_written
- the step before a branch's step stays in the branch:
  tests/unit/model/test_graph.py::test_step_that_only_a_branch_needs_runs_only_there
- the same when it runs:
  tests/functional/test_kitchen.py::test_step_that_only_the_branch_needs_ran_in_it
- cycles are refused:
  tests/unit/model/test_graph.py::test_cycle_is_a_fault_that_shows_the_circle
- default names stay the same from one synthesis to the next:
  tests/unit/model/test_graph.py::test_later_calls_are_numbered_in_order_of_the_calls
- a chain of any length does not exhaust the stack:
  tests/unit/model/test_graph.py::test_very_long_chains_are_ordered
- ``bool(result)``, ``result == 3`` and the like are refused:
  tests/unit/authoring/test_delayed.py::test_what_needs_the_value_is_refused
- a declared tuple unpacks:
  tests/unit/authoring/test_delayed.py::test_declared_tuple_unpacks
- annotations that cannot be evaluated do no harm:
  tests/unit/authoring/test_delayed.py::test_number_of_elements_comes_from_the_annotation
- functions with ``**kwargs`` are called as Python calls them:
  tests/unit/authoring/test_step.py::test_call_binds_to_the_signature
- coroutines and generators are refused:
  tests/unit/authoring/test_step.py::test_what_cannot_be_a_step_is_refused_at_decoration
- the caller's dict of environment variables stays as it is:
  tests/unit/cdk/test_settings.py::test_call_goes_before_step_before_pipeline
- invalid names of steps are refused:
  tests/unit/model/test_validation.py::test_step_name_out_of_pattern
- two steps of one name are refused:
  tests/unit/model/test_validation.py::test_duplicate_step_names
- undeclared parameters are refused:
  tests/unit/model/test_validation.py::test_undeclared_parameter
- too many arguments are refused:
  tests/unit/model/test_validation.py::test_too_many_hyperparameters
- defaults of the wrong type are refused:
  tests/unit/model/test_parameters.py::test_wrong_parameters_are_refused_where_they_are_written
- a whole number is a default of a float:
  tests/unit/model/test_parameters.py::test_good_parameters_are_accepted
- variables may be nested in lists and mappings:
  tests/unit/model/test_placement.py::test_variables_are_found_in_containers
- properties that are no single value are refused:
  tests/unit/cdk/test_request_steps.py::test_wrong_requests_are_refused_where_they_are_written
- keys with quotes make a path that the service reads:
  tests/unit/definition/test_expressions.py::test_result_path
- there is a default image for each Python:
  tests/unit/cdk/test_images.py::test_default_image_fits_the_bundle
- nothing in the request defeats the cache:
  tests/unit/cdk/test_pipeline.py::test_nothing_that_defeats_the_cache_is_in_its_key
- a definition that the service finds too large is refused:
  tests/unit/cdk/test_pipeline.py::test_definition_over_the_services_size_is_refused
- schedules bring their role and take parameters:
  tests/unit/cdk/test_pipeline.py::test_schedule_starts_the_pipeline_with_parameters
- two syntheses in one process are equal:
  tests/unit/cdk/test_pipeline.py::test_synthesis_can_be_repeated
- no path, user or time of the machine is in what is deployed:
  tests/e2e/test_change_is_local.py::test_nothing_of_the_machine_is_in_the_assembly
- moving code around changes nothing:
  tests/e2e/test_change_is_local.py::test_edit_that_means_nothing_changes_nothing
- importing the library needs no Region and loads nothing heavy:
  tests/architecture/test_imports.py::test_declaring_steps_loads_nothing_heavy
- ``sys.exit`` and KeyboardInterrupt in a step fail the job:
  tests/functional/runtime/test_outcomes.py::test_failing_step_tells_why
- a failure shows where it happened:
  tests/functional/runtime/test_outcomes.py::test_failure_shows_the_users_frames_only
- SIGTERM reaches the step:
  tests/functional/runtime/test_outcomes.py::test_cleanup_runs_when_the_job_is_stopped
- much output of a step does not hang:
  tests/functional/runtime/test_outcomes.py::test_much_output_is_no_problem
- keys that are tuples, NaN and sets in a result do not fail the step, and JSON stays JSON:
  tests/functional/runtime/test_results.py::test_view_holds_what_json_can
- a large result has no large JSON form:
  tests/functional/runtime/test_results.py::test_no_view_where_there_is_nothing_to_show
- a list that holds itself may be a result:
  tests/functional/runtime/test_results.py::test_circular_result_is_stored
- numbers of numpy can be compared by conditions:
  tests/functional/runtime/test_results.py::test_numpy_travels_as_npy_and_shows_as_numbers
- a result that somebody has changed is refused:
  tests/functional/runtime/test_results.py::test_changed_result_is_refused
- code that somebody has changed is refused:
  tests/functional/runtime/test_start.py::test_altered_bundle_is_refused_before_its_code_runs
- code runs on another Python than that of the app:
  tests/functional/runtime/test_start.py::test_source_runs_on_every_python
- nothing is installed where requirements are met:
  tests/functional/runtime/test_start.py::test_requirements_are_checked_and_never_installed_where_that_is_forbidden
- helpers of the project ship with a step:
  tests/functional/test_kitchen.py::test_instances_pass_between_steps
- partial functions and closures run:
  tests/functional/test_kitchen.py::test_functions_without_source_run
"""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from constructs_lib import (
    ConditionEquals,
    ConditionStep,
    FailStep,
    ParameterBoolean,
    ParameterInteger,
    ParameterString,
    Pipeline,
    PipelineError,
    SparkConfig,
    StepError,
    step,
)
from constructs_lib.local.execution import Execution
from tests.functional.synthesized import run_app
from tests.listed import missing_tests
from tests.unit.cdk.test_pipeline import definition_of

if TYPE_CHECKING:
    from nowhere import Frame  # type: ignore[import-not-found]

ENV = cdk.Environment(account="123456789012", region="eu-west-1")
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1"
# Words that a program with a command line would take for its own options.
DASHES = ["-abc", "--flag", "--region", "-", "--", ""]


@step
def show(*values, **named):
    return [[type(value).__name__, repr(value)] for value in (*values, *named.values())]


@step
def only_named(*, depth, **rest):
    return [depth, rest]


@step
def annotated(frame: Frame, other: Frame | None = None) -> Frame:
    return frame


@step
def one(value=1):
    return value


@step
def odd():
    return {(1, 2): "pair", "nan": math.nan, "ok": 1}


@step
def many():
    return {f"k{index}": index for index in range(60)}


@step(pre_execution_commands=["""python3 -c "import sys; sys.stderr.write('e' * 300_000)" """])
def after_noise():
    return "still here"


class Adder:
    def __init__(self, left: int) -> None:
        self.left = left

    def __call__(self, right: int) -> int:
        return self.left + right


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Training", env=ENV)


@pytest.fixture(scope="module")
def execution(tmp_path_factory: pytest.TempPathFactory) -> Execution:
    """The record of a run of everything that would trip the SDK's jobs."""
    app = cdk.App(analytics_reporting=False)
    text, long = ParameterString("Text", "x"), ParameterString("Long", "x")
    flag, whole = ParameterBoolean("Flag", True), ParameterInteger("Whole", 0)
    numbers = many()
    Pipeline(
        cdk.Stack(app, "Training"),
        "Traps",
        steps=[
            show.with_options(name="literals")(*DASHES, False, -1, first="-1", key="--x"),
            show.with_options(name="variables")(text, long, flag, whole),
            only_named(depth=-3, extra="-v"),
            annotated(3),
            show.with_options(name="from-odd")(odd()),
            show.with_options(name="sixty")([numbers[f"k{index}"] for index in range(60)]),
            step(functools.partial(one.func, -7), name="partial")(),
            step(Adder(2), name="object")(3),
            after_noise(),
        ],
        parameters=[text, long, flag, whole],
    )
    given = {"Text": "--help", "Long": "y" * 1024, "Flag": "False", "Whole": "-5"}
    return run_app(app, tmp_path_factory.mktemp("traps"), given)


def test_listed_tests_exist() -> None:
    """Each line of the table names a test that is there."""
    assert missing_tests(__doc__ or "") == []


def test_everything_runs(execution: Execution) -> None:
    """No step fails."""
    failed = {record.name: record.status for record in execution.steps}
    assert set(failed.values()) == {"Succeeded"}, execution.reason


def test_values_that_start_with_a_dash_arrive(execution: Execution) -> None:
    """Texts are never taken for options; ``False`` stays a boolean."""
    expected = [*DASHES, False, -1, "-1", "--x"]
    shown = execution.step("literals").result
    assert shown == [[type(value).__name__, repr(value)] for value in expected]


def test_values_of_an_execution_arrive_with_their_types(execution: Execution) -> None:
    """Options and long texts too, and the spelling ``False`` that the SDK starts with."""
    expected = ["--help", "y" * 1024, False, -5]
    shown = execution.step("variables").result
    assert shown == [[type(value).__name__, repr(value)] for value in expected]


def test_named_parameters_without_default_are_bound(execution: Execution) -> None:
    """Keyword-only parameters beside ``**kwargs``."""
    assert execution.step("only_named").result == [-3, {"extra": "-v"}]


def test_annotations_for_type_checkers_do_not_matter(execution: Execution) -> None:
    """They are evaluated neither when the step is called nor when it runs."""
    assert execution.step("annotated").result == 3


def test_result_that_json_cannot_hold_arrives(execution: Execution) -> None:
    """The consumer gets the value itself; conditions see what JSON holds of it."""
    assert execution.step("odd").result == {"ok": 1}
    (shown,) = execution.step("from-odd").result
    assert shown == ["dict", "{(1, 2): 'pair', 'nan': nan, 'ok': 1}"]


def test_sixty_elements_of_one_result_arrive(execution: Execution) -> None:
    """They are one input: the limit is on results, not on elements."""
    assert execution.step("sixty").result == [["list", repr(list(range(60)))]]


def test_partials_and_objects_that_can_be_called_are_steps(execution: Execution) -> None:
    """They have no ``__name__``, and need none."""
    assert execution.step("partial").result == -7
    assert execution.step("object").result == 5


def test_noise_of_commands_does_not_hang(execution: Execution) -> None:
    """Commands before the function may fill more than a pipe's buffer."""
    assert execution.step("after_noise").result == "still here"


def test_failing_execution_is_not_a_success(tmp_path: Path) -> None:
    """A step that leaves by ``sys.exit`` has failed, and what needs it does not run."""
    app = cdk.App(analytics_reporting=False)

    def leave():
        import sys

        sys.exit(3)

    Pipeline(cdk.Stack(app, "Training"), "P", steps=[one(step(leave)())])
    record = run_app(app, tmp_path)
    assert record.status == "Failed"
    statuses = {entry.name: entry.status for entry in record.steps}
    assert statuses == {"leave": "Failed", "one": "NotRun"}


@pytest.mark.parametrize("spread", [True, False])
def test_results_of_sixty_steps_are_refused_with_advice(stack: cdk.Stack, spread: bool) -> None:
    """One by one or in a list; the error says how to get by with fewer."""
    results = [one() for _ in range(60)]
    last = show(*results) if spread else show(results)
    with pytest.raises(PipelineError, match="61 channels: its code, and 60 results") as raised:
        Pipeline(stack, "P", steps=[last])
    assert "Combine results in an intermediate step" in str(raised.value)


def test_results_of_sixty_steps_are_combined_in_between(stack: cdk.Stack) -> None:
    """What the advice says can be done."""
    groups = [show(*[one() for _ in range(15)]) for _ in range(4)]
    Pipeline(stack, "P", steps=[show(groups)])
    assert len(definition_of(stack)["Steps"]) == 65


def test_nothing_that_the_caller_gave_is_changed(stack: cdk.Stack, tmp_path: Path) -> None:
    """Dicts, lists and the requirements file are as they were; later changes have no effect."""
    requirements = tmp_path / "needs.txt"
    requirements.write_text("numpy\n")
    settings: dict[str, Any] = {
        "environment_variables": {"A": "1"},
        "tags": [{"Key": "team", "Value": "a"}],
        "pre_execution_commands": ["true"],
        "subnets": ["subnet-1"],
        "security_group_ids": ["sg-1"],
        "metric_definitions": [{"Name": "loss", "Regex": "loss=(.*)"}],
        "dependencies": str(requirements),
    }
    before = json.dumps(settings)
    given: list[Any] = [[1], {"a": [2]}]
    result = step(one.func, name="work", **settings)(given)
    Pipeline(stack, "P", steps=[result])
    assert json.dumps(settings) == before
    assert given == [[1], {"a": [2]}]
    assert requirements.read_text() == "numpy\n"
    assert [path.name for path in tmp_path.iterdir()] == ["needs.txt"]


def test_later_changes_of_lists_have_no_effect(stack: cdk.Stack) -> None:
    """A setting holds from the moment that it is given."""
    groups = ["sg-1"]
    work = step(one.func, name="work", subnets=["subnet-1"], security_group_ids=groups)
    groups.append("sg-2")
    Pipeline(stack, "P", steps=[work()])
    (found,) = definition_of(stack)["Steps"]
    assert found["Arguments"]["VpcConfig"]["SecurityGroupIds"] == ["sg-1"]


def test_synthesis_needs_no_account(stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, no Region and no connection; and the outcome is the same twice."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("socket.socket.connect", _no_network)
    Pipeline(stack, "P", steps=[one(many())])
    other = cdk.Stack(cdk.App(), "Training", env=ENV)
    Pipeline(other, "P", steps=[one(many())])
    assert json.dumps(definition_of(stack)) == json.dumps(definition_of(other))


def _no_network(*_: object) -> None:
    raise AssertionError("synthesis opens a connection")


def test_spark_steps_share_nothing(stack: cdk.Stack) -> None:
    """Each has its own code and configuration, also beside a plain step."""

    def spark(executors: str) -> SparkConfig:
        properties = {"spark.executor.instances": executors}
        return SparkConfig(
            configuration=[{"Classification": "spark-defaults", "Properties": properties}]
        )

    first = step(one.func, name="first", spark_config=spark("1"), image_uri=IMAGE)
    second = step(one.func, name="second", spark_config=spark("2"), image_uri=IMAGE)
    Pipeline(stack, "P", steps=[first(), one(), second()])
    code = {
        entry["Name"]: entry["Arguments"]["AlgorithmSpecification"]["ContainerArguments"][0]
        for entry in definition_of(stack)["Steps"]
    }
    assert len(set(code.values())) == 3
    assert set(code) == {"first", "one", "second"}


def test_results_cannot_be_captured() -> None:
    """In a closure or a default they would be a stand-in in the container."""
    result = one()

    def default(value=result):
        return value

    for function in (lambda: result, default):
        with pytest.raises(PipelineError, match="Pass it to the step as an argument of the call"):
            Pipeline(cdk.Stack(cdk.App(), "S"), "P", steps=[step(function, name="work")()])


@pytest.mark.parametrize("value", [math.nan, math.inf, b"x", None, 1j])
def test_conditions_compare_what_json_holds(value: object) -> None:
    """The SDK writes a bare ``NaN``, which is no JSON, or null."""
    with pytest.raises(StepError, match="unusable value"):
        ConditionStep(
            "gate", conditions=[ConditionEquals(one(), value)], if_steps=[FailStep("stop")]
        )
