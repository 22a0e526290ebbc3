"""Tables of tests in docstrings: ``  path::test``, a line each."""

from __future__ import annotations

import re
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def missing_tests(table: str) -> list[str]:
    """Return the entries of a table that name no test.

    Args:
        table: The docstring; anything in it with ``::`` has to be an entry.
    """
    entries = re.findall(r"^  (tests/\S+\.py)::(test_\w+)$", table, re.MULTILINE)
    assert len(entries) == table.count("::") > 0
    return [
        f"{path}::{name}"
        for path, name in entries
        if not (_ROOT / path).is_file()
        or f"def {name}(" not in (_ROOT / path).read_text(encoding="utf-8")
    ]
