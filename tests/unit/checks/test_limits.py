"""How much of the service's limits is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from constructs_lib.checks.limits import limit_findings, usages
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
    ("count", "level"), [(44, None), (45, "note"), (50, "note"), (51, "error")]
)
def test_what_is_over_a_limit_or_near_it_is_found(
    tmp_path: Path, count: int, level: str | None
) -> None:
    """An error if the service refuses it, a note when the next change may be one too many."""
    subject = subject_of(tmp_path, [job(f"s{number}") for number in range(count)])
    found = [(one.level, one.step) for one in limit_findings(subject)]
    assert found == ([] if level is None else [(level, None)])
