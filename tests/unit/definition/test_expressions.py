"""Expressions and conditions as the service reads them."""

from __future__ import annotations

import pytest

from constructs_lib import (
    ConditionAnd,
    ConditionEquals,
    ConditionGreaterThan,
    ConditionGreaterThanOrEqualTo,
    ConditionIn,
    ConditionLessThan,
    ConditionLessThanOrEqualTo,
    ConditionNot,
    ConditionOr,
    ExecutionVariables,
    Join,
    ParameterBoolean,
    ParameterFloat,
    ParameterInteger,
    ParameterString,
    get_step,
    step,
)
from constructs_lib.definition.expressions import (
    json_path,
    render_condition,
    render_conditions,
    render_expression,
    render_text,
)
from constructs_lib.model.expressions import parse_text
from constructs_lib.model.graph import build_graph


@step
def train(): ...


RESULT = train()
TEXT, WHOLE = ParameterString("Text"), ParameterInteger("Whole")
NUMBER, FLAG = ParameterFloat("Number"), ParameterBoolean("Flag")
GRAPH, _ = build_graph([get_step(RESULT)], [TEXT, WHOLE, NUMBER, FLAG])

JSON_GET = {
    "Std:JsonGet": {
        "S3Uri": {
            "Std:Join": {
                "On": "/",
                "Values": [
                    {"Get": "Steps.train.OutputDataConfig.S3OutputPath"},
                    {"Get": "Steps.train.TrainingJobName"},
                    "output/model/results.json",
                ],
            }
        },
        "Path": "Result['auc'][0]",
    }
}


def test_variables() -> None:
    """Parameters and execution variables are Gets, joins nest."""
    assert render_expression(WHOLE.expression, GRAPH) == {"Get": "Parameters.Whole"}
    variable = ExecutionVariables.PIPELINE_EXECUTION_ID
    assert render_expression(variable.expression, GRAPH) == {"Get": "Execution.PipelineExecutionId"}
    join = Join("/", ["a", WHOLE, Join("", [1, True])])
    assert render_expression(join.expression, GRAPH) == {
        "Std:Join": {
            "On": "/",
            "Values": [
                "a",
                {"Get": "Parameters.Whole"},
                {"Std:Join": {"On": "", "Values": [1, True]}},
            ],
        }
    }


def test_result_is_read_from_the_steps_results_file() -> None:
    """The file's URI is built from the job's output path and name, never from the artifact."""
    assert render_expression(RESULT["auc"][0].expression, GRAPH) == JSON_GET


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), "Result"),
        ((0, "k"), "Result[0]['k']"),
        (("it's",), "Result['it\\'s']"),
        (("a\\b",), "Result['a\\\\b']"),
        (("1",), "Result['1']"),
    ],
)
def test_result_path(path: tuple, text: str) -> None:
    """Keys are quoted, with quotes and backslashes inside escaped."""
    assert json_path(path) == text


@pytest.mark.parametrize(
    ("value", "wrapped"),
    [
        (TEXT, False),
        (ExecutionVariables.PIPELINE_NAME, False),
        (WHOLE, True),
        (NUMBER, True),
        (FLAG, True),
        (RESULT["auc"][0], True),
    ],
)
def test_only_text_stands_bare_where_text_is_wanted(value: object, wrapped: bool) -> None:
    """A hyperparameter fed by a number would be refused: it is joined to text."""
    rendered = render_text(value.expression, GRAPH)
    bare = render_expression(value.expression, GRAPH)
    assert rendered == ({"Std:Join": {"On": "", "Values": [bare]}} if wrapped else bare)


def test_number_alone_in_an_f_string_is_text() -> None:
    """``f"{depth}"`` is text, although nothing is joined to it."""
    rendered = render_text(parse_text(f"{WHOLE}"), GRAPH)
    assert rendered == {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Whole"}]}}


@pytest.mark.parametrize(
    ("condition", "type_"),
    [
        (ConditionEquals, "Equals"),
        (ConditionGreaterThan, "GreaterThan"),
        (ConditionGreaterThanOrEqualTo, "GreaterThanOrEqualTo"),
        (ConditionLessThan, "LessThan"),
        (ConditionLessThanOrEqualTo, "LessThanOrEqualTo"),
    ],
)
def test_comparisons(condition: type, type_: str) -> None:
    """Each comparison has both sides."""
    assert render_condition(condition(RESULT["auc"][0], 0.9), GRAPH) == {
        "Type": type_,
        "LeftValue": JSON_GET,
        "RightValue": 0.9,
    }


def test_in_not_or() -> None:
    """The service's own combinations."""
    one = ConditionEquals(1, 1)
    rendered = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    assert render_condition(ConditionIn(TEXT, ["a", TEXT]), GRAPH) == {
        "Type": "In",
        "QueryValue": {"Get": "Parameters.Text"},
        "Values": ["a", {"Get": "Parameters.Text"}],
    }
    assert render_condition(ConditionNot(one), GRAPH) == {"Type": "Not", "Condition": rendered}
    assert render_condition(ConditionOr([one, one]), GRAPH) == {
        "Type": "Or",
        "Conditions": [rendered, rendered],
    }


def test_and_is_the_list_itself_or_is_written_with_or_and_not() -> None:
    """The service has no And: a list of conditions is one, and De Morgan gives the others."""
    one = ConditionEquals(1, 1)
    rendered = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    negated = {"Type": "Not", "Condition": rendered}
    nested = ConditionAnd([one, ConditionAnd([one])])
    assert render_conditions((nested,), GRAPH) == [rendered, rendered]
    assert render_condition(ConditionAnd([one, one]), GRAPH) == {
        "Type": "Not",
        "Condition": {"Type": "Or", "Conditions": [negated, negated]},
    }
