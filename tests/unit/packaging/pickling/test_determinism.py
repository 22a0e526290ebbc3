"""The same value is the same bytes, in any process; and what was pickled arrives."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.interpreters import others
from tests.unit.packaging.pickling.corpus_runs import digests, load

OTHERS = [python for version, python in others().items() if version != "3.9"]  # too old for us


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus pickled once: its folder, with the pickles below it."""
    folder = tmp_path_factory.mktemp("first")
    (folder / "pickles").mkdir()
    return folder


@pytest.fixture(scope="module")
def original(first: Path) -> dict[str, str]:
    return digests(first, pickles=first / "pickles", environment={"PYTHONDONTWRITEBYTECODE": "1"})


@pytest.mark.parametrize(
    "difference",
    [
        {},
        {"environment": {"PYTHONHASHSEED": "1"}},
        {"environment": {"PYTHONHASHSEED": "77"}},
        {"environment": {"HOME": "/nonexistent", "USER": "other", "TZ": "Asia/Tokyo"}},
        {"above": "# a comment\n\n\n" * 100},
        {"imports": "json.tool,concurrent.futures.process,xml.dom.minidom,os"},
        {"how": "reversed"},
        {"how": "used"},
        {"how": "twice"},
        {"mode": "script"},
        {"options": ["-X", "no_debug_ranges"]},
    ],
    ids=str,
)
def test_same_value_is_the_same_bytes(
    original: dict[str, str], tmp_path: Path, difference: dict[str, Any]
) -> None:
    """Path, position, hash seed, imports, order, use, user and start change no byte."""
    assert len(original) > 40
    assert digests(tmp_path / "else where", **difference) == original


def test_compiled_file_makes_no_difference(original: dict[str, str], tmp_path: Path) -> None:
    """A second run, which loads the compiled module, gives the bytes of the first."""
    digests(tmp_path, environment={"PYTHONDONTWRITEBYTECODE": ""})
    assert (tmp_path / "__pycache__").is_dir()
    assert digests(tmp_path) == original


def test_what_was_pickled_arrives(original: dict[str, str], first: Path) -> None:
    """Loaded with cloudpickle alone, each value does what it did."""
    assert original
    assert load(first / "pickles", first) == "[]"


@pytest.mark.parametrize("python", [sys.executable, *OTHERS])
def test_notebook_definitions_travel_by_value(tmp_path: Path, python: str) -> None:
    """Where there is no file all is by value, the same bytes each time, on each Python."""
    (tmp_path / "pickles").mkdir()
    one = digests(tmp_path, mode="cell", python=python, pickles=tmp_path / "pickles")
    seed = {"PYTHONHASHSEED": "5"}
    two = digests(tmp_path / "b", mode="cell", how="used", python=python, environment=seed)
    assert one == two
    assert load(tmp_path / "pickles", tmp_path / "nothing", python) == "[]"


@pytest.mark.parametrize("python", OTHERS)
def test_other_pythons_are_deterministic_too(tmp_path: Path, python: str) -> None:
    """On each Python bytes are the same elsewhere and later, and arrive."""
    (tmp_path / "pickles").mkdir()
    one = digests(tmp_path, python=python, pickles=tmp_path / "pickles")
    assert digests(tmp_path, python=python, environment={"PYTHONHASHSEED": "3"}) == one
    assert digests(tmp_path / "b", python=python, how="used", above="\n\n", mode="script") == one
    assert load(tmp_path / "pickles", tmp_path, python) == "[]"
