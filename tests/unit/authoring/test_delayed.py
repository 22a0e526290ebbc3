"""What can be done with a result before it exists, and what cannot."""

from __future__ import annotations

import copy
import pickle
from typing import NamedTuple, Tuple  # noqa: UP035 - users still write it

import pytest

from constructs_lib import StepError, step


class Pair(NamedTuple):
    left: int
    right: int


@step
def plain():
    return {"auc": [1, 2]}


@step
def two() -> tuple[int, str]:
    return 1, "a"


def test_elements_are_chained() -> None:
    """Indices and keys make a path into the result."""
    assert plain()["auc"][0].path == ("auc", 0)


def test_declared_tuple_unpacks() -> None:
    """A function annotated with a tuple gives as many elements."""
    first, second = two()
    assert (first.path, second.path) == ((0,), (1,))
    assert len(two()) == 2


@pytest.mark.parametrize(
    ("annotation", "elements"),
    [
        (tuple[int, str], 2),
        (Tuple[int, str, int], 3),  # noqa: UP006
        ("tuple[int, str]", 2),
        ("typing.Tuple[int]", 1),
        ("tuple[Missing, Missing]", 2),
        (tuple[int, ...], None),
        ("tuple[int, ...]", None),
        (tuple, None),
        (list[int], None),
        (dict[str, int], None),
        (Pair, None),
        ("not python", None),
        (None, None),
    ],
)
def test_number_of_elements_comes_from_the_annotation(annotation: object, elements: object) -> None:
    """Only a tuple of fixed length declares how many elements there are, evaluated or not."""

    def function():
        return None

    function.__annotations__["return"] = annotation
    assert step(function)().step.elements == elements


def test_negative_index_counts_from_the_declared_end() -> None:
    """A negative index is resolved where the length is declared."""
    assert two()[-1].path == (1,)


@pytest.mark.parametrize(
    ("use", "found"),
    [
        (lambda r: two()[2], "index 2"),
        (lambda r: two()["x"], "'x'"),
        (lambda r: r[-1], "index -1"),
        (lambda r: r[1:2], "slice"),
        (lambda r: r[1.5], "1.5"),
        (lambda r: r[True], "True"),
        (lambda r: list(r), "no declared number"),
        (lambda r: len(r), "known only when the pipeline runs"),
        (lambda r: bool(r), "known only when the pipeline runs"),
        (lambda r: r == 3, "known only when the pipeline runs"),
        (lambda r: r != 3, "known only when the pipeline runs"),
        (lambda r: r > 3, "known only when the pipeline runs"),
        (lambda r: r + 1, "known only when the pipeline runs"),
        (lambda r: 1 - r, "known only when the pipeline runs"),
        (lambda r: -r, "known only when the pipeline runs"),
        (lambda r: 1 in r, "known only when the pipeline runs"),
        (lambda r: f"{r}", "known only when the pipeline runs"),
        (lambda r: f"{r:.2f}", "known only when the pipeline runs"),
        (lambda r: str(r), "known only when the pipeline runs"),
        (lambda r: pickle.dumps(r), "captured"),
        (lambda r: copy.deepcopy(r), "captured"),
    ],
)
def test_what_needs_the_value_is_refused(use: object, found: str) -> None:
    """Python operations on a result raise and say what to do instead, at the user's line."""
    with pytest.raises(StepError) as caught:
        use(plain())
    assert found in caught.value.fault.found
    assert "test_delayed.py:" in str(caught.value.fault.location)
    assert caught.value.fault.mend


def test_attributes_do_not_exist() -> None:
    """Attribute access says that the value is not there yet."""
    with pytest.raises(AttributeError, match="exists only when the pipeline runs"):
        plain().shape  # noqa: B018
    assert not hasattr(plain(), "__array__")
