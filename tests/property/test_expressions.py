"""What is written in Python and what the local engine makes of its JSON are the same."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from constructs_lib import (
    ConditionAnd,
    ConditionEquals,
    ConditionGreaterThan,
    ConditionIn,
    ConditionLessThanOrEqualTo,
    ConditionNot,
    ConditionOr,
    Join,
    ParameterBoolean,
    ParameterFloat,
    ParameterInteger,
    ParameterString,
)
from constructs_lib.definition.expressions import (
    json_path,
    render_conditions,
    render_expression,
)
from constructs_lib.local.expressions import Scope, as_text, parse_path
from constructs_lib.model.conditions import Condition
from constructs_lib.model.expressions import parse_text
from constructs_lib.model.graph import PipelineGraph

PARAMETERS = {
    ParameterString("Text"): "täxt",
    ParameterInteger("Whole"): 7,
    ParameterFloat("Number"): 2.5,
    ParameterBoolean("Flag"): True,
}
GRAPH = PipelineGraph(tuple(PARAMETERS), (), {}, {})
SCOPE = Scope({p.name: value for p, value in PARAMETERS.items()}, {}, {}, lambda _: b"")

texts = st.text(st.characters(codec="utf-8"), max_size=10)
primitives = st.one_of(
    texts, st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False)
)
variables = st.sampled_from(list(PARAMETERS))


def worth(value: object) -> object:
    """Return what a primitive or a variable is worth, computed without the library."""
    if isinstance(value, Join):
        return value.on.join(as_text(worth(v)) for v in value.values)
    return next((v for p, v in PARAMETERS.items() if p is value), value)


joins = st.recursive(
    st.one_of(primitives, variables),
    lambda inner: st.builds(Join, texts, st.lists(inner, max_size=4)),
    max_leaves=8,
).filter(lambda value: isinstance(value, Join))


@given(joins)
def test_join(join: Join) -> None:
    """A join is worth its values' texts, however it is nested."""
    rendered = json.loads(json.dumps(render_expression(join.expression, GRAPH)))
    assert SCOPE.evaluate(rendered) == worth(join)


@given(st.lists(st.one_of(texts, variables), max_size=6))
def test_text_with_variables(parts: list) -> None:
    """An f-string is worth the text that Python would make of the values."""
    text = "".join(part if isinstance(part, str) else f"{part}" for part in parts)
    rendered = render_expression(parse_text(text), GRAPH)
    assert as_text(SCOPE.evaluate(rendered)) == "".join(as_text(worth(part)) for part in parts)


@given(st.lists(st.one_of(st.integers(0, 99), st.text(min_size=1, max_size=8)), max_size=5))
def test_result_path(path: list) -> None:
    """Any keys and indices come back from the path that is written for them."""
    assert parse_path(json_path(tuple(path))) == ["Result", *path]


numbers = st.one_of(st.integers(-3, 3), st.floats(-3, 3))
comparisons = st.one_of(
    st.builds(lambda a, b: (ConditionEquals(a, b), a == b), numbers, numbers),
    st.builds(lambda a, b: (ConditionGreaterThan(a, b), a > b), numbers, numbers),
    st.builds(lambda a, b: (ConditionLessThanOrEqualTo(a, b), a <= b), numbers, numbers),
    st.builds(lambda a, b: (ConditionIn(a, b), a in b), numbers, st.lists(numbers, max_size=3)),
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds(lambda c: (ConditionNot(c[0]), not c[1]), inner),
        st.builds(
            lambda cs: (ConditionOr([c for c, _ in cs]), any(h for _, h in cs)),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(
            lambda cs: (ConditionAnd([c for c, _ in cs]), all(h for _, h in cs)),
            st.lists(inner, min_size=1, max_size=3),
        ),
    ),
    max_leaves=8,
)


@given(st.lists(conditions, max_size=3))
def test_conditions(cases: list[tuple[Condition, bool]]) -> None:
    """Conditions hold as Python's own operators say, And and Not included."""
    rendered = render_conditions(tuple(condition for condition, _ in cases), GRAPH)
    holds = all(map(SCOPE.holds, json.loads(json.dumps(rendered))))
    assert holds == all(expected for _, expected in cases)
