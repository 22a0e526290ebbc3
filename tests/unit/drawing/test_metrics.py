"""How wide texts are, and how they are shortened."""

from __future__ import annotations

import pytest

from constructs_lib.drawing.metrics import shortened, text_width
from tests.unit.drawing.graphs import HOSTILE


def test_a_short_text_stays() -> None:
    """What fits is not changed."""
    assert shortened("train", 13, 100) == "train"


def test_the_middle_of_a_long_text_is_left_out() -> None:
    """Its beginning and its end tell it from others."""
    text = shortened("train-the-model-of-germany-2024-01", 13, 120)
    assert text.startswith("train-")
    assert text.endswith("-01")
    assert "…" in text


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("width", [20, 90, 200])
def test_what_is_shortened_fits(text: str, width: float) -> None:
    """Whatever characters it has."""
    assert text_width(shortened(text, 13, width), 13) <= width


def test_wide_characters_count_as_such() -> None:
    """Chinese characters are as wide as high; marks on a letter have no width."""
    assert text_width("学習", 10) >= 20
    assert text_width("e\u0301", 10) == text_width("e", 10)
