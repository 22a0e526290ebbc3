"""The shim's own reader of JSON against the standard library's."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from constructs_lib.runtime.json_text import loads

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def outcome(read: Any, text: str) -> str:
    try:
        return repr(read(text))  # tells 1 from 1.0 and True, and NaN from nothing
    except ValueError as error:
        return f"{type(error).__name__}: {error}"


@given(VALUES, st.sampled_from(["", " ", "\n\t\r "]))
def test_reads_every_value(value: Any, space: str) -> None:
    """Every JSON text is read as ``json.loads`` reads it, whatever white space surrounds it."""
    text = f"{space}{json.dumps(value)}{space}"
    assert outcome(loads, text) == outcome(json.loads, text)


@given(st.text(alphabet='{}[],:"\\ud10.eE+- \n\ufefftrufalsnNIity', max_size=12))
@example("")
@example("1 2")
@example("1\x0c")
@example('{"a":1,}')
def test_refuses_what_is_no_json(text: str) -> None:
    """Any other text raises the error of ``json.loads``."""
    assert outcome(loads, text) == outcome(json.loads, text)
