"""How much of the service's limits is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from constructs_lib.checks.limits import limit_findings, usages
from constructs_lib.checks.synthesis import synthesis_findings
from tests.functional.local.assemblies import condition, job
from tests.unit.checks.subjects import for_each, subject_of


def test_each_limit_names_the_step_that_uses_most(tmp_path: Path) -> None:
    """Steps in branches and bodies count."""
    steps = [
        job("few", channels={"a": "s3://b/c"}),
        job("many", channels={"a": "s3://b/c", "d": "s3://b/e"}, values={"x": "12345"}),
        condition("gate", [], [job("inner")]),
        for_each("each", [1], [job("body", Environment={"A": "abc"})]),
    ]
    used = {
        one.name: (one.used, one.allowed, one.step) for one in usages(subject_of(tmp_path, steps))
    }
    assert used["steps"] == (6, 50, None)
    assert used["channels of a step"] == (2, 20, "many")
    assert used["characters of a hyperparameter"] == (5, 2500, "many")
    assert used["environment variables of a step"] == (1, 100, "body")
    assert used["characters of an environment variable"] == (3, 512, "body")
    assert used["resources of the stack"][:2] == (2, 500)
    assert 500 < used["characters of the definition"][0] < 10_000


@pytest.mark.parametrize(
    ("count", "level"), [(44, None), (45, "warning"), (50, "warning"), (51, "error")]
)
def test_what_is_over_a_limit_or_near_it_is_found(
    tmp_path: Path, count: int, level: str | None
) -> None:
    """An error if the service refuses it, a warning when the next change may be one too many."""
    subject = subject_of(tmp_path, [job(f"s{number}") for number in range(count)])
    found = [(one.level, one.step) for one in limit_findings(subject)]
    assert found == ([] if level is None else [(level, None)])


def test_what_is_long_in_a_step_is_a_note(tmp_path: Path) -> None:
    """It does not grow with the next change."""
    found = limit_findings(subject_of(tmp_path, [job("s" * 60)]))
    assert [(one.level, one.step) for one in found] == [("note", "s" * 60)]


@pytest.mark.parametrize(("count", "expected"), [(44, []), (45, ["limit"])])
def test_synthesis_says_what_is_near_a_limit(
    tmp_path: Path, count: int, expected: list[str]
) -> None:
    """Before the change that is one too many."""
    subject_of(tmp_path, [job(f"s{number}") for number in range(count)])
    assert [one.rule for one in synthesis_findings(tmp_path / "cdk.out", None)] == expected
