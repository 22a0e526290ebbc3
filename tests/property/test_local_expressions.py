"""What the local engine reads from JSON is what Python reads from it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.local.expressions import Scope, as_text

keys = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), keys
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=12,
)


@st.composite
def places(draw: st.DrawFn) -> tuple[Any, list[str | int], Any]:
    """A value, the way to one of its elements, and that element."""
    whole = value = draw(values)
    path: list[str | int] = []
    while value and isinstance(value, (list, dict)) and draw(st.booleans()):
        ways = list(range(len(value))) if isinstance(value, list) else list(value)
        part = draw(st.sampled_from(ways))
        path.append(part)
        value = value[part]
    return whole, path, value


def written(path: list[str | int]) -> str:
    """Return a path as the SageMaker SDK writes it, with quotes and backslashes escaped."""
    return "".join(
        f"[{part}]"
        if isinstance(part, int)
        else "['{}']".format(part.replace("\\", "\\\\").replace("'", "\\'"))
        for part in path
    )


@given(places())
def test_json_get_reads_what_python_reads(place: tuple[Any, list[str | int], Any]) -> None:
    """Any element of any result is found by its path."""
    whole, path, expected = place
    content = json.dumps({"Result": whole}).encode()
    scope = Scope({}, {}, {}, lambda _: content)
    found = scope.evaluate({"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": f"Result{written(path)}"}})
    assert found == expected
    assert type(found) is type(expected)


@given(places())
def test_get_reads_what_python_reads(place: tuple[Any, list[str | int], Any]) -> None:
    """Properties of steps are read the same way."""
    whole, path, expected = place
    scope = Scope({}, {}, {"step": {"Property": whole}}, lambda _: b"")
    assert scope.evaluate({"Get": f"Steps.step.Property{written(path)}"}) == expected


@given(st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_text_of_a_primitive_is_its_json(value: float) -> None:
    """Whole numbers have no point, booleans are lower case, and nothing is lost."""
    text = as_text(value)
    assert json.loads(text) == value
    assert type(json.loads(text)) is type(value)
