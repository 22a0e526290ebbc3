"""The table of prices that the user supplies."""

from __future__ import annotations

from pathlib import Path

import pytest

from constructs_lib.exceptions import LocalRunError
from constructs_lib.service.prices import read_prices


def test_a_table_gives_dollars_by_instance_type(tmp_path: Path) -> None:
    """Whole numbers and free instances are prices, too."""
    file = tmp_path / "prices.json"
    file.write_text('{"ml.m5.large": 0.115, "ml.m5.xlarge": 1, "local": 0}')
    assert read_prices(file) == {"ml.m5.large": 0.115, "ml.m5.xlarge": 1, "local": 0}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"a": "1"}', '{"a": true}', '{"a": -1}', '{"a": Infinity}', '{"a": NaN}']
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    """By the file's name."""
    file = tmp_path / "prices.json"
    file.write_text(text)
    with pytest.raises(LocalRunError, match=r"prices\.json"):
        read_prices(file)


def test_a_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    """As one that cannot be read."""
    with pytest.raises(LocalRunError, match="cannot be read"):
        read_prices(tmp_path / "nothere")
