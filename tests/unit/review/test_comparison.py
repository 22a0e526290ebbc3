"""What differs between two pipelines."""

from __future__ import annotations

from pathlib import Path

from constructs_lib.review.changes import ADDED, REMOVED, Setting
from constructs_lib.review.comparison import compare
from tests.functional.local.assemblies import condition, equals
from tests.unit.review.made import compared, made, training


def test_nothing_is_no_change(tmp_path: Path) -> None:
    """Also if the steps stand in another order."""
    steps = [training("a"), training("b")]
    old, new = made(tmp_path / "old", steps), made(tmp_path / "new", steps[::-1])
    assert compare(old, new) == []


def test_steps_come_and_go(tmp_path: Path) -> None:
    """A new one says what it waits for and costs, an old one that it is gone."""
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
    new = training("c", waits=["a"], ResourceConfig=resources, HyperParameters={"depth": "3"})
    old = training("b", Environment={"X": "1"}, StoppingCondition={"MaxRuntimeInSeconds": 5})
    change = compared(tmp_path, [training("a"), old], [training("a"), new])
    added, removed = change.steps
    assert (added.name, added.kind, added.reads) == ("c", ADDED, ("a",))
    assert set(added.settings) == {
        Setting("instance_type", None, "ml.m5.large", is_cost=True),
        Setting("argument depth", None, "3"),
    }
    assert (removed.name, removed.kind) == ("b", REMOVED)


def test_rewired_step_says_what_it_waits_for(tmp_path: Path) -> None:
    """Now, and no more."""
    others = [training("a", Environment={"X": "1"}), training("b")]
    old, new = training("c", waits=["a"]), training("c", waits=["b"])
    (step,) = compared(tmp_path, [*others, old], [*others, new]).steps
    assert step.is_rewired
    assert (step.reads, step.reads_no_more) == (("b",), ("a",))


def test_renamed_step_is_the_same_step(tmp_path: Path) -> None:
    """Those that read it, and conditions above it, do not differ for that."""
    arguments = {"Environment": {"A": "1", "B": "2", "C": "3"}, "RoleArn": "r/fit_it"}

    def steps(name: str, gate: str) -> list[dict]:
        own = {**arguments, "RoleArn": f"r/{name}"}
        uri = {"Get": f"Steps.{name}.ModelArtifacts.S3ModelArtifacts"}
        inner = training("read", waits=[name], HyperParameters={"x": uri})
        first = {**training(name, **own)}
        first["Arguments"]["TrainingJobName"] = f"p-{name.replace('_', '-')}"
        return [first, condition(gate, [equals({"Get": "Parameters.D"}, 1)], [inner])]

    change = compared(tmp_path, steps("fit_it", "Gate"), steps("train_it", "Door"))
    assert [(s.name, s.old_name, s.settings) for s in change.steps] == [
        ("train_it", "fit_it", ()),
        ("Door", "Gate", ()),
    ]
    assert change.risks[0].startswith("step 'fit_it' becomes 'train_it': the results of earlier")


def test_cache_is_lost_with_the_name_of_a_step_that_has_one(tmp_path: Path) -> None:
    """It is told for such a step only."""
    cache = {"CacheConfig": {"Enabled": True, "ExpireAfter": "P7D"}}
    sides = [[{**training(name, HyperParameters={"a": "1"}), **cache}] for name in ("old", "new")]
    assert (
        compared(tmp_path, *sides)
        .risks[0]
        .startswith("step 'old' becomes 'new': its cache and the results of earlier")
    )


def test_step_of_another_type_says_so(tmp_path: Path) -> None:
    """First of all."""
    new = {"Name": "a", "Type": "Processing", "Arguments": {}}
    (step,) = compared(tmp_path, [training("a")], [new]).steps
    assert step.settings[0] == Setting("type", "Training", "Processing")


def test_other_side_of_a_branch_is_a_change(tmp_path: Path) -> None:
    """Of the step in it, not of the condition."""
    holds = [equals(1, 1)]
    old, new = condition("G", holds, [training("a")]), condition("G", holds, [], [training("a")])
    (step,) = compared(tmp_path, [old], [new]).steps
    assert step.settings == (Setting("branch", "if of G", "else of G"),)


def test_bodies_and_items_of_for_each_are_compared(tmp_path: Path) -> None:
    """The step that runs for each item is a step."""

    def each(items: list[int], depth: str) -> dict:
        body = [training("item", HyperParameters={"depth": depth})]
        arguments = {"IterableItems": items, "MaxConcurrency": 2, "ForEachBody": body}
        return {"Name": "each", "Type": "ForEach", "Arguments": arguments}

    outer, inner = compared(tmp_path, [each([1], "3")], [each([1, 2], "4")]).steps
    assert outer.settings == (Setting("iterable_items", "[1]", "[1, 2]", is_cost=True),)
    assert inner.settings == (Setting("argument depth", "3", "4"),)


def test_parameters_say_what_differs(tmp_path: Path) -> None:
    """Of one that is new or gone, all."""
    old = [
        {"Name": "D", "Type": "Integer", "DefaultValue": 3},
        {"Name": "M", "Type": "String", "DefaultValue": "a", "EnumValues": ["a"]},
        {"Name": "Gone", "Type": "String"},
    ]
    new = [
        {"Name": "D", "Type": "Integer", "DefaultValue": 4},
        {"Name": "M", "Type": "String", "DefaultValue": "a"},
    ]
    steps = [training("a")]
    change = compared(tmp_path, steps, steps, {"parameters": old}, {"parameters": new})
    assert change.parameters == (
        Setting("D", "default 3", "default 4"),
        Setting("M", "one of a", "any value"),
        Setting("Gone", "String, no default", None),
    )


def test_settings_of_the_pipeline_have_their_names(tmp_path: Path) -> None:
    """Its role and tags among them."""
    steps = [training("a")]
    now = {
        "PipelineDescription": "d",
        "ParallelismConfiguration": {"MaxParallelExecutionSteps": 3},
        "RoleArn": "arn:aws:iam::123456789012:role/other",
        "Tags": [{"Key": "team", "Value": "x"}],
    }
    names = {one.name for one in compared(tmp_path, steps, steps, {}, now).settings}
    assert names == {"pipeline_description", "max_parallel_execution_steps", "role", "tag team"}


def test_pipelines_come_and_go(tmp_path: Path) -> None:
    """A new one shows its steps; one that is gone takes its executions along."""
    snapshots = made(tmp_path, [training("a")])
    (added,) = compare([], snapshots)
    assert (added.kind, [step.name for step in added.steps]) == (ADDED, ["a"])
    (removed,) = compare(snapshots, [])
    assert (removed.kind, removed.steps) == (REMOVED, ())
    assert "its executions are deleted" in removed.risks[0]
