"""Definitions that cannot be run are refused before anything starts."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib import LocalRunError
from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.definition import parse_definition
from constructs_lib.local.expressions import Scope, parse_path
from tests.functional.local.assemblies import condition, equals, job, result_of


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([job("a", depends_on=["b"]), job("b", depends_on=["a"])], "wait for each other: .*a.*b"),
        (
            [condition("c", [equals(result_of("a"), 1)], [job("a")])],
            "wait for each other: .*a.*c",
        ),
        ([job("a"), condition("c", [], [job("a")])], "more than one step is called a"),
        ([job("a", depends_on=["x"])], "no such step: a waits for x"),
        ([job("a", values={"v": {"Get": "Steps.x.TrainingJobName"}})], "a waits for x"),
        ([{"Name": "a"}], "incomplete: 'Type' is missing"),
    ],
)
def test_faulty_definitions(steps: list[dict[str, Any]], message: str) -> None:
    """Circles, doubles and references to nothing would never end, or end as a success."""
    with pytest.raises(LocalRunError, match=message):
        parse_definition({"Steps": steps})


def scope(content: bytes) -> Scope:
    return Scope({"P": 1}, {}, {"a": {"TrainingJobName": "j"}}, lambda _: content)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ({"Get": "Parameters.Q"}, r"no 'Q' in \['P'\]"),
        ({"Get": "Steps.a.Nothing"}, r"no 'Nothing' in \['TrainingJobName'\]"),
        ({"Get": "Somewhere.Q"}, "no 'Somewhere' in"),
        ({"Get": "Steps.a["}, "is no path"),
        ({"Std:JsonGet": {"PropertyFile": {"Get": "Steps.a.P"}, "Path": "x"}}, "Steps.a.P, which"),
        ({"Std:JsonGet": {"Path": "x"}}, "needs Path, and S3Uri or PropertyFile"),
    ],
)
def test_what_the_definition_reads_must_exist(expression: Any, message: str) -> None:
    """The message has the part that is not there, and what is."""
    with pytest.raises(LocalRunError, match=message):
        scope(b"{}").evaluate(expression)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("Result['b']", r"Result\['b'\] is not in the result of step 'a': no 'b' in \['x'\]"),
        ("Result['x'][2]", "no 2 in a list of 2"),
        ("Result['x'][0][0]", 'no 0 in "text"'),
    ],
)
def test_missing_element_names_step_path_and_contents(path: str, message: str) -> None:
    """A text is no list: its letters are no elements."""
    uri = {"Std:Join": {"On": "/", "Values": ["s3://b", {"Get": "Steps.a.TrainingJobName"}]}}
    expression = {"Std:JsonGet": {"S3Uri": uri, "Path": path}}
    with pytest.raises(StepFailedError, match=message):
        scope(b'{"Result": {"x": ["text", 1]}}').evaluate(expression)


def test_result_that_is_no_json_is_told() -> None:
    """A damaged file is a failure of the step that reads it."""
    with pytest.raises(StepFailedError, match="the file: s3://b/k is no JSON"):
        scope(b"{").evaluate({"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "Result"}})


def test_unknown_condition_is_named() -> None:
    """A condition type that the service does not have is refused, not false."""
    with pytest.raises(LocalRunError, match="type 'NotEquals' is unknown"):
        scope(b"").holds({"Type": "NotEquals", "LeftValue": 1, "RightValue": 2})


def test_json_path_may_begin_at_the_root() -> None:
    """``$.`` is how JSON paths usually begin."""
    expression = {"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "$.Result[0]"}}
    assert scope(b'{"Result": [7]}').evaluate(expression) == 7
    assert parse_path("") == []
