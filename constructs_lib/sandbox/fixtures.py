"""The pytest fixture ``sandbox``: one embedded AWS for a test session.

Activate it with ``pytest_plugins = ["constructs_lib.sandbox.fixtures"]`` in ``conftest.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from constructs_lib.sandbox.control import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Yield an embedded AWS with a state of its own, which ends with the session."""
    with Sandbox() as running:
        yield running
