"""Definitions as graphs."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.drawing.graph import EACH, ELSE, IF, ORDER, RESULT, Edge, graph_of
from constructs_lib.drawing.text import text
from constructs_lib.local.definition import parse_definition


def step(name: str, kind: str = "Training", **arguments: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Arguments": arguments}


READS_A = {"HyperParameters": {"x": {"Get": "Steps.a.TrainingJobName"}}}


def test_edges_say_why_a_step_waits() -> None:
    """It reads a result, or only comes afterwards."""
    steps = [step("a"), step("b", **READS_A), {**step("c"), "DependsOn": ["a"]}]
    graph = graph_of(parse_definition({"Steps": steps}), "p")
    assert graph.title == "p"
    assert [node.name for node in graph.nodes] == ["a", "b", "c"]
    assert graph.edges == (Edge("a", "b", RESULT), Edge("a", "c", ORDER))


def test_branches() -> None:
    """An edge leads to the first steps of each side; every step knows its side."""
    inner = [step("b"), {**step("c"), "DependsOn": ["b"]}]
    gate = step("gate", "Condition", Conditions=[], IfSteps=inner, ElseSteps=[step("d", "Fail")])
    graph = graph_of(parse_definition({"Steps": [gate]}), "p")
    assert set(graph.edges) == {
        Edge("gate", "b", IF),
        Edge("b", "c", ORDER),
        Edge("gate", "d", ELSE),
    }
    assert [node.branch for node in graph.nodes] == [
        None,
        ("gate", IF),
        ("gate", IF),
        ("gate", ELSE),
    ]


def test_bodies() -> None:
    """Steps of a body know their ForEach step, which leads to the first ones."""
    body = [step("load"), {**step("fit"), "DependsOn": ["load"]}]
    each = step("each", "ForEach", IterableItems=[1], ForEachBody=body)
    graph = graph_of(parse_definition({"Steps": [each]}), "p")
    assert [node.parent for node in graph.nodes] == ["", "each", "each"]
    assert graph.edges == (Edge("each", "load", EACH), Edge("load", "fit", ORDER))
    assert text(graph) == "each [ForEach]\n  each load\n  each fit  ← load\n"


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        ({"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}}, "ml.m5.large"),
        (
            {"ResourceConfig": {"InstanceType": "ml.p4d.24xlarge", "InstanceCount": 4}},
            "4 \N{MULTIPLICATION SIGN} ml.p4d.24xlarge",
        ),
        ({"ResourceConfig": {"InstanceType": {"Get": "Parameters.Kind"}}}, "Kind"),
        (
            {"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.c5.large"}}},
            "ml.c5.large",
        ),
        ({"TransformResources": {"InstanceType": "ml.c5.large"}}, "ml.c5.large"),
        ({"ResourceConfig": "odd"}, ""),
        ({}, ""),
    ],
)
def test_the_note_of_a_job_is_its_instances(arguments: dict[str, Any], note: str) -> None:
    """What it costs is what a reader looks for."""
    (node,) = graph_of(parse_definition({"Steps": [step("a", **arguments)]}), "p").nodes
    assert node.note == note


AUC = {"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "Result[1].auc"}}
DEPTH = {"Get": "Parameters.Depth"}


@pytest.mark.parametrize(
    ("conditions", "note"),
    [
        ([{"Type": "GreaterThanOrEqualTo", "LeftValue": AUC, "RightValue": 0.9}], "auc ≥ 0.9"),
        (
            [{"Type": "Not", "Condition": {"Type": "Equals", "LeftValue": DEPTH, "RightValue": 1}}],
            "not (Depth = 1)",
        ),
        (
            [
                {"Type": "In", "QueryValue": DEPTH, "Values": [1, 2]},
                {
                    "Type": "Or",
                    "Conditions": [{"Type": "LessThan", "LeftValue": AUC, "RightValue": DEPTH}],
                },
            ],
            "Depth in 1, 2 and auc < Depth",
        ),
        ([{"Type": "Novel"}], "Novel"),
        (["odd"], "None"),
    ],
)
def test_the_note_of_a_condition_is_what_it_asks(conditions: list[Any], note: str) -> None:
    """In short: names of parameters and of elements of results."""
    steps = [step("gate", "Condition", Conditions=conditions)]
    (node,) = graph_of(parse_definition({"Steps": steps}), "p").nodes
    assert node.note == note


def test_details_are_what_the_definition_says() -> None:
    """Cache, retries and arguments, as they are written there."""
    steps = [{**step("a", RoleArn="r"), "CacheConfig": {"Enabled": True}}]
    (node,) = graph_of(parse_definition({"Steps": steps}), "p").nodes
    assert node.details == (
        ("CacheConfig", '{\n  "Enabled": true\n}'),
        ("Arguments", '{\n  "RoleArn": "r"\n}'),
    )
