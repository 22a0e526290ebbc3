"""What the SageMaker SDK's own integration tests say that ``@step`` does, run on this machine.

Where another test holds it already, it stands in this table and not below.

- code is in S3 when it is deployed, the same code once:
  tests/unit/cdk/test_pipeline.py::test_equal_bundles_are_one_asset
- modules and packages of the project go along:
  tests/functional/test_kitchen.py::test_instances_pass_between_steps
- a conda environment runs the function:
  tests/unit/cdk/test_settings.py::test_conda_environment_runs_the_start_code
- code that somebody has changed is refused:
  tests/functional/runtime/test_start.py::test_altered_bundle_is_refused_before_its_code_runs
- what a step has returned can be read when it has run:
  tests/functional/sandbox/test_commands.py::test_result_that_is_no_json_is_loaded
- selected steps run with the results of an earlier execution:
  tests/functional/sandbox/test_executions.py::test_selected_steps_use_earlier_outputs
- schedules start executions:
  tests/functional/sandbox/test_schedules_and_events.py::test_schedule_starts_executions
- calls bind as Python binds them:
  tests/unit/authoring/test_step.py::test_call_binds_to_the_signature
- wrong calls are refused:
  tests/unit/authoring/test_step.py::test_wrong_call_is_refused_where_it_is_written
- results are indexed to any depth:
  tests/unit/authoring/test_delayed.py::test_elements_are_chained
- a declared tuple unpacks:
  tests/unit/authoring/test_delayed.py::test_declared_tuple_unpacks
- spot instances with checkpoints:
  tests/unit/cdk/test_settings.py::test_setting_reaches_the_request
- torchrun, mpirun and Spark start the function:
  tests/functional/runtime/test_launch.py::test_torchrun_runs_every_rank_and_keeps_the_result_of_the_first
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from constructs_lib import (
    ConditionGreaterThan,
    ConditionStep,
    FailStep,
    ParameterBoolean,
    ParameterFloat,
    ParameterInteger,
    ParameterString,
    Pipeline,
    ProcessingStep,
    get_step,
    step,
)
from constructs_lib.local.execution import Execution
from tests.functional.synthesized import run_app
from tests.listed import missing_tests

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"
factor = 2


@step
def make() -> tuple[int, str, dict]:
    return 1, "two", {"key": 3, "deep": [10, 20]}


@step
def show(*values: Any) -> list:
    return [[type(value).__name__, value] for value in values]


@step
def scaled(value: int) -> int:
    return value * factor


@step
def first_of(values: list) -> int:
    return values[0]


@step
def report() -> str:
    """Return what a script has left."""
    return Path("/tmp", "constructs-lib-test", "left").read_text()


@step(instance_count=1)
def broken() -> None:
    raise RuntimeError("this is on purpose")


@pytest.fixture(scope="module")
def execution(tmp_path_factory: pytest.TempPathFactory) -> Execution:
    """The record of one run with everything in it."""
    folder = tmp_path_factory.mktemp("behaviours")
    app = cdk.App(analytics_reporting=False, outdir=str(folder / "cdk.out"))
    text = ParameterString("Text", "string")
    flag, whole = ParameterBoolean("Flag", True), ParameterInteger("Whole", 3)
    number = ParameterFloat("Number", 2.0)
    kind = ParameterString("InstanceType", "ml.m5.large")

    made = make()
    classic = processing("classic", 1)
    mixed = show.with_options(name="mixed", instance_type=kind)(
        *(made[0], flag, number, text, classic.properties.ProcessingJobStatus, made[2]["key"])
    )
    count = processing("counted", made[2]["key"])
    alone = show.with_options(name="alone")(1)
    after = show.with_options(name="after")(2)
    get_step(after).add_depends_on([alone, mixed])
    gate = ConditionStep(
        "gate",
        depends_on=[after],
        conditions=[ConditionGreaterThan(made[2]["deep"][1], 15)],
        if_steps=[show.with_options(name="taken")(made[1])],
        else_steps=[FailStep("fail", "not reached")],
    )
    values = [1]
    kept = first_of(values)
    values[0] = 2
    Pipeline(
        cdk.Stack(app, "Stack"),
        "P",
        steps=[gate, count, kept, scaled(made[0]), show.with_options(name="spare")()],
        parameters=[text, flag, whole, number, kind],
    )
    stubs = {"classic": {"ProcessingJobStatus": "Completed"}, "counted": {}}
    return run_app(app, folder, stubs=stubs)


def processing(name: str, count: Any) -> ProcessingStep:
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": count, "VolumeSizeInGB": 1}
    return ProcessingStep(
        name,
        {
            "AppSpecification": {"ImageUri": IMAGE},
            "ProcessingResources": {"ClusterConfig": cluster},
        },
    )


def test_listed_tests_exist() -> None:
    """Each line of the table names a test that is there."""
    assert missing_tests(__doc__ or "") == []


def test_steps_without_dependencies_run(execution: Execution) -> None:
    """Both of what is listed and what is found."""
    assert execution.status == "Succeeded", execution.reason
    assert execution.step("spare").result == []


def test_dependency_without_data_is_kept_to(execution: Execution) -> None:
    """The later one starts when the others have ended."""
    after, before = execution.step("after"), ("alone", "mixed")
    assert all(str(execution.step(name).end_time) <= str(after.start_time) for name in before)


def test_values_of_every_origin_arrive_with_their_types(execution: Execution) -> None:
    """Elements of results, parameters and a property of a classic step."""
    assert execution.step("mixed").result == [
        ["int", 1],
        ["bool", True],
        ["float", 2.0],
        ["str", "string"],
        ["str", "Completed"],
        ["int", 3],
    ]


def test_instance_type_may_be_a_parameter(execution: Execution) -> None:
    """It is what the job asks for."""
    properties = execution.step("mixed").properties or {}
    assert properties["ResourceConfig"]["InstanceType"] == "ml.m5.large"


def test_result_may_be_the_instance_count_of_a_classic_step(execution: Execution) -> None:
    """As a number."""
    properties = execution.step("counted").properties or {}
    assert properties["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 3


def test_condition_on_an_element_of_a_tuple(execution: Execution) -> None:
    """The FailStep of the other branch does not run."""
    assert execution.step("taken").result == [["str", "two"]]
    assert execution.step("fail").status == "NotRun"


def test_values_are_those_of_the_call(execution: Execution) -> None:
    """What the caller does to an argument after the call has no effect."""
    assert execution.step("first_of").result == 1


def test_global_is_that_of_the_source(execution: Execution) -> None:
    """Code ships as it is written; what somebody has assigned in the meantime does not."""
    assert execution.step("scaled").result == 2


def test_script_runs_before_the_function(tmp_path: Path) -> None:
    """Its path is relative to the file of the step or to the working directory."""
    app = cdk.App(analytics_reporting=False, outdir=str(tmp_path / "cdk.out"))
    script = tmp_path / "prepare.sh"
    script.write_text(
        "mkdir -p /tmp/constructs-lib-test\nprintf left > /tmp/constructs-lib-test/left\n"
    )
    prepared = report.with_options(pre_execution_script=str(script))
    Pipeline(cdk.Stack(app, "Stack"), "P", steps=[prepared()])
    assert run_app(app, tmp_path).step("report").result == "left"


def test_failure_reaches_the_record(tmp_path: Path) -> None:
    """With the type and the message of the exception; what needs the result does not run."""
    app = cdk.App(analytics_reporting=False, outdir=str(tmp_path / "cdk.out"))
    Pipeline(cdk.Stack(app, "Stack"), "P", steps=[show(broken())])
    execution = run_app(app, tmp_path)
    assert execution.status == "Failed"
    assert str(execution.step("broken").reason).startswith("RuntimeError: this is on purpose")
    assert execution.step("show").status == "NotRun"


def test_order_of_the_list_of_steps_does_not_matter(tmp_path: Path) -> None:
    """The same definition comes out."""
    assemblies = []
    for number, order in enumerate(itertools.permutations(("a", "b", "c"))):
        app = cdk.App(analytics_reporting=False, outdir=str(tmp_path / str(number)))
        steps = {name: show.with_options(name=name)(1) for name in ("a", "b", "c")}
        Pipeline(cdk.Stack(app, "Stack"), "P", steps=[steps[name] for name in order])
        template = Path(app.synth().directory, "Stack.template.json")
        assemblies.append(template.read_text(encoding="utf-8"))
    assert len(set(assemblies)) == 1
