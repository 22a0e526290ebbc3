"""ForEach steps: what the service gets, what the roles may do, what is refused."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from constructs_lib import (
    CacheConfig,
    ConditionEquals,
    ConditionGreaterThan,
    ConditionStep,
    CurrentItem,
    FailStep,
    ForEachSelector,
    ForEachStep,
    IterationOutput,
    LambdaOutput,
    LambdaStep,
    ParameterString,
    Pipeline,
    PipelineError,
    StepDefaults,
    StepDependency,
    StepError,
    TriggerCondition,
    get_step,
    step,
)
from tests.unit.cdk.test_pipeline import definition_of

LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function:f"
AUC = [{"Name": "auc", "Regex": "auc=([0-9.]+)"}]


@step
def load() -> Any:
    return [1, 2]


@step
def train(depth: Any, frame: Any = None) -> dict:
    return {"depth": depth}


@step
def best(results: Any) -> Any:
    return results


@pytest.fixture
def stack() -> cdk.Stack:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(cdk.App(), "Training", env=env)


def steps_of(stack: cdk.Stack, *steps: Any, **settings: Any) -> dict[str, Any]:
    """Make a pipeline and return its steps by name, those of bodies among them."""
    Pipeline(stack, "Demo", steps=list(steps), pipeline_name="demo", **settings)
    outer = definition_of(stack)["Steps"]
    bodies = [inner for one in outer for inner in one["Arguments"].get("ForEachBody", [])]
    return {one["Name"]: one for one in [*outer, *bodies]}


def at_item(path: str = "") -> dict[str, Any]:
    return {"Get": f"ForEach.CurrentItem{path}"}


def test_mapped_function_is_a_for_each_step(stack: cdk.Stack) -> None:
    """Named as the function; what runs for each item is named after it."""
    steps = steps_of(stack, train.map([3, 6], max_concurrency=2))
    each = steps["train"]
    assert each["Type"] == "ForEach"
    assert each["Arguments"]["IterableItems"] == [3, 6]
    assert each["Arguments"]["MaxConcurrency"] == 2
    assert [inner["Name"] for inner in each["Arguments"]["ForEachBody"]] == ["train-item"]
    job = steps["train-item"]["Arguments"]
    assert job["HyperParameters"]["depth"] == {"Std:Join": {"On": "", "Values": [at_item()]}}


def test_each_execution_has_a_folder_of_results(stack: cdk.Stack) -> None:
    """Next to nothing else, so that one channel can bring them all."""
    steps = steps_of(stack, best(train.map([3, 6])))
    path = steps["train-item"]["Arguments"]["OutputDataConfig"]["S3OutputPath"]["Std:Join"]
    assert path["Values"][-1] == {"Get": "Execution.PipelineExecutionId"}
    assert str(path["Values"][0]).endswith("/demo/train-item")
    (channel, _) = steps["best"]["Arguments"]["InputDataConfig"]
    uri = channel["DataSource"]["S3DataSource"]["S3Uri"]["Std:Join"]
    first = "Steps.train.IterationOutputs[0].train-item"
    assert uri == {"On": "/", "Values": [{"Get": f"{first}.OutputDataConfig.S3OutputPath"}, ""]}
    assert steps["best"]["DependsOn"] == ["train"]
    assert steps["best"]["Arguments"]["HyperParameters"]["results.items"] == "[3, 6]"


def test_one_result_is_addressed_by_its_index(stack: cdk.Stack) -> None:
    """As argument and in conditions."""
    results = train.map([3, 6])
    gate = ConditionStep(
        "Gate",
        conditions=[ConditionGreaterThan(results[1]["depth"], 4)],
        if_steps=[best(results[0])],
    )
    Pipeline(stack, "Demo", steps=[gate], pipeline_name="demo")
    text = json.dumps(definition_of(stack))
    assert '"Steps.train.IterationOutputs[0].train-item.TrainingJobName"' in text
    assert '"Steps.train.IterationOutputs[1].train-item.TrainingJobName"' in text


def test_roles_of_mapped_steps(stack: cdk.Stack) -> None:
    """Who reads results may read them of every iteration, and the step is a principal."""
    pipeline = Pipeline(
        stack, "Demo", steps=[best(train.map(load()["parts"]))], pipeline_name="demo"
    )
    bucket = cdk.aws_s3.Bucket(stack, "Extra")
    bucket.grant_read(pipeline.step("train-item"))
    template = Template.from_stack(stack)
    text = json.dumps(template.find_resources("AWS::IAM::Role"))
    assert "/demo/train-item/*" in text
    assert "/demo/load/*/output/model/lists.json" in text
    template.resource_count_is("AWS::IAM::Policy", 1)


def test_list_of_a_step_is_read_as_text(stack: cdk.Stack) -> None:
    """The service takes the text of a JSON list, not a list."""
    steps = steps_of(
        stack,
        train.map(load()["parts"]),
        ForEachStep("Each", load(), 5, [train(CurrentItem())]),
    )
    items = steps["train"]["Arguments"]["IterableItems"]["Std:JsonGet"]
    assert items["Path"] == "Lists['elements']['parts']['positions']"
    assert items["S3Uri"]["Std:Join"]["Values"][-1] == "output/model/lists.json"
    assert steps["Each"]["Arguments"]["IterableItems"]["Std:JsonGet"]["Path"] == "Lists['values']"
    assert steps["train"]["DependsOn"] == ["load"]


def test_body_holds_what_depends_on_the_item_and_nothing_else(stack: cdk.Stack) -> None:
    """Listed or not; what it needs from outside runs once, before."""
    frame = load()
    prepared = train(CurrentItem(), frame)
    each = ForEachStep("Each", ["a", "b"], 2, [best(prepared)])
    steps = steps_of(stack, each)
    assert [s["Name"] for s in steps["Each"]["Arguments"]["ForEachBody"]] == [
        "train-item",
        "best-item",
    ]
    assert steps["Each"]["DependsOn"] == ["load"]
    assert "DependsOn" not in steps["train-item"]
    assert steps["best-item"]["DependsOn"] == ["train-item"]


def test_requests_read_the_item_and_its_fields(stack: cdk.Stack) -> None:
    """As the SageMaker SDK writes them."""
    item = CurrentItem()
    tell = LambdaStep(
        "Tell",
        lambda_func=LAMBDA,
        inputs={"a": item.name, "b": item["k"][0], "c": item},
        outputs=[LambdaOutput("score")],
    )
    selector = ForEachSelector("MinBy", IterationOutput(tell).OutputParameters["score"])
    each = ForEachStep("Each", ['{"name": "x"}'], 1, [tell], selector)
    use = train(each.properties.IterationOutputs[0].Tell.Outputs["score"])
    picked = best(each.properties.Selected.Outputs["score"])
    count = train(each.properties.SucceededStepCount)
    steps = steps_of(stack, use, picked, count)
    inputs = steps["Tell"]["Arguments"]
    assert (inputs["a"], inputs["b"], inputs["c"]) == (
        at_item(".name"),
        at_item("['k'][0]"),
        at_item(),
    )
    assert steps["Each"]["Arguments"]["Selector"] == {
        "Pick": "MinBy",
        "Field": {"Get": "IterationOutput.Tell.OutputParameters['score']"},
    }

    def value(name: str, argument: str) -> Any:
        return steps[name]["Arguments"]["HyperParameters"][argument]

    path = "Steps.Each.IterationOutputs[0].Tell.OutputParameters['score']"
    assert value("train", "depth") == {"Get": path}
    selected = "Steps.Each.Selected.OutputParameters['score']"
    assert value("best", "results") == {"Get": selected}
    assert value("train-2", "depth")["Std:Join"]["Values"] == [
        {"Get": "Steps.Each.SucceededStepCount"}
    ]
    assert steps["best"]["DependsOn"] == ["Each"]


def test_metric_of_a_function_can_select(stack: cdk.Stack) -> None:
    """The properties of its job are there as those of any step."""
    scored = step(train.func, metric_definitions=AUC)(CurrentItem())
    field = IterationOutput(scored).FinalMetricDataList["auc"].Value
    each = ForEachStep("Each", [1, 2], 2, [scored], ForEachSelector("MaxBy", field))
    steps = steps_of(stack, best(each.properties.Selected.TrainingJobName))
    assert steps["Each"]["Arguments"]["Selector"]["Field"] == {
        "Get": "IterationOutput.train-item.FinalMetricDataList['auc'].Value"
    }
    assert steps["best"]["Arguments"]["HyperParameters"]["results"] == {
        "Get": "Steps.Each.Selected.TrainingJobName"
    }


def test_later_calls_get_names_that_no_iteration_has(stack: cdk.Stack) -> None:
    """The service calls the iterations train-item-0, train-item-1, ..."""
    steps = steps_of(stack, train.map([1]), train(1), train.map([2]), train(2))
    assert {*steps} == {"train", "train-2", "train-3", "train-4", "train-item", "train-item-2"}


def test_pipelines_cache_default_leaves_iterations_alone(stack: cdk.Stack) -> None:
    """Their results are collected from the outputs of one execution."""
    defaults = StepDefaults(cache_config=CacheConfig(True, "P1D"))
    steps = steps_of(stack, best(train.map([1])), step_defaults=defaults)
    assert "CacheConfig" in steps["best"]
    assert "CacheConfig" not in steps["train-item"]


def refused(stack: cdk.Stack, message: str, *steps: Any, **settings: Any) -> None:
    with pytest.raises(PipelineError, match=message):
        Pipeline(stack, "Demo", steps=list(steps), **settings)


def test_item_is_refused_outside_of_a_body(stack: cdk.Stack) -> None:
    """There is none."""
    refused(stack, "'train' uses the current item outside", train(CurrentItem()))


def test_name_of_an_iteration_is_refused(stack: cdk.Stack) -> None:
    """The service would refuse the collision."""
    named = train.with_options(name="train-item-3")(1)
    refused(stack, "'train-item-3' has the name of an iteration", train.map([1]), named)


def test_cache_of_an_iteration_is_refused(stack: cdk.Stack) -> None:
    """Its result would be missing where the results are collected."""
    cached = train.with_options(cache_config=CacheConfig(True, "P1D"))
    refused(stack, "'train-item' is cached in the body", cached.map([1]))


def test_step_of_a_body_is_refused_elsewhere(stack: cdk.Stack) -> None:
    """Only its results can be used outside."""
    inner = train(CurrentItem())
    each = ForEachStep("Each", [1], 1, [inner])
    outside = load()
    get_step(outside).add_depends_on([inner])
    refused(stack, "listed in a branch and needed elsewhere", each, outside)


def test_trigger_of_an_iteration_is_refused(stack: cdk.Stack) -> None:
    """The ForEach step itself can wait for failures."""
    waiting = StepDependency(load(), TriggerCondition.FAILED)
    body = train.with_options(depends_on=[waiting])(CurrentItem())
    refused(stack, "waits for the failure of a step outside", ForEachStep("E", [1], 1, [body]))


def test_undeclared_parameter_among_the_items_is_refused(stack: cdk.Stack) -> None:
    """As anywhere."""
    refused(stack, "undeclared parameter", train.map(ParameterString("Depths", "[1]")))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: train.map([1], max_concurrency=51), "1 to 50"),
        (lambda: train.map([1], max_concurrency=True), "1 to 50"),
        (lambda: ForEachStep("E", [1], 1, []), "nothing to run"),
        (lambda: ForEachStep("E", [1], 1, [FailStep("F", "no")]), "FailStep"),
        (
            lambda: ForEachStep(
                "E", [1], 1, [ConditionStep("C", conditions=[ConditionEquals(1, 1)])]
            ),
            "ConditionStep",
        ),
        (lambda: ForEachStep("E", [1], 1, [train.map([1])]), "ForEachStep"),
        (lambda: ForEachSelector("Best", 1), "MaxBy, MinBy"),
        (lambda: ForEachSelector("MaxBy", CurrentItem()), "unusable field"),
        (
            lambda: ForEachStep(
                *("E", [1], 1, [train(CurrentItem())]),
                ForEachSelector("MaxBy", IterationOutput(load()).BillableTimeInSeconds),
            ),
            "not in its body",
        ),
        (lambda: train.map([1]).step.properties.Selected, "selects nothing"),
        (lambda: train.map([1]).step.properties.IterationOutputs[1], "no such iteration"),
        (lambda: train.map([1]).step.properties.IterationOutputs[0].load, "train-item"),
        (lambda: f"{CurrentItem()}", "Join"),
    ],
)
def test_wrong_use_is_refused_where_it_is_written(make: Any, message: str) -> None:
    """With what is allowed."""
    with pytest.raises(StepError, match=message):
        make()
