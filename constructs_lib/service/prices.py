"""A table of prices that the user supplies."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from constructs_lib.exceptions import LocalRunError

#: Instance type to USD per instance and hour.
Prices = Mapping[str, float]


def read_prices(path: Path) -> Prices:
    """Return a table of prices, such as ``{"ml.m5.large": 0.115}`` in USD per hour.

    Raises:
        LocalRunError: It cannot be read, or is no such table.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LocalRunError(f"--prices {path} cannot be read: {error}") from error
    if not isinstance(content, dict) or not all(map(_is_price, content.values())):
        raise LocalRunError(
            f"--prices {path}: write instance types and USD per hour, such as "
            '{"ml.m5.large": 0.115}'
        )
    return content


def _is_price(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf
