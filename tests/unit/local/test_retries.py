"""When a step is tried again, by the policies of the definition."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.local.retries import JOB_INTERNAL_ERROR, THROTTLING, Retries


def policy(*kinds: str, **more: Any) -> dict[str, Any]:
    return {"ExceptionType": list(kinds or (JOB_INTERNAL_ERROR,)), **more}


def delays(retries: Retries, kind: str | None = JOB_INTERNAL_ERROR) -> list[float]:
    """Return the delays that a failure gets again and again, at most 30."""
    found = []
    while len(found) < 30 and (delay := retries.next_delay(kind, 0)) is not None:
        found.append(delay)
    return found


def test_interval_grows_by_the_rate_until_the_attempts_are_used_up() -> None:
    """IntervalSeconds is the first wait, BackoffRate its growth, MaxAttempts the number."""
    given = policy(IntervalSeconds=3, BackoffRate=1.5, MaxAttempts=3)
    assert delays(Retries([given])) == [3, 4.5, 6.75]


def test_defaults_are_those_of_the_service() -> None:
    """One second, twice as long each time, five attempts."""
    assert delays(Retries([policy()])) == [1, 2, 4, 8, 16]


@pytest.mark.parametrize("kind", [None, "SageMaker.CAPACITY_ERROR"])
def test_failure_that_no_policy_names_is_not_tried_again(kind: str | None) -> None:
    """Neither a failure of the user's code nor one of another kind."""
    assert delays(Retries([policy(), policy(THROTTLING)]), kind) == []
    assert delays(Retries([]), kind) == []


def test_first_policy_that_names_a_failure_decides() -> None:
    """A later one for the same kind adds nothing; policies count apart from each other."""
    retries = Retries(
        [
            policy(MaxAttempts=1, IntervalSeconds=7),
            policy(JOB_INTERNAL_ERROR, THROTTLING, MaxAttempts=2, IntervalSeconds=1),
        ]
    )
    assert retries.next_delay(THROTTLING, 0) == 1
    assert delays(retries) == [7]
    assert delays(retries, THROTTLING) == [2]


def test_expiry_counts_from_the_begin_of_the_step() -> None:
    """ExpireAfterMin sets no number of attempts."""
    retries = Retries([policy(ExpireAfterMin=1, BackoffRate=1)])
    assert [retries.next_delay(JOB_INTERNAL_ERROR, elapsed) for elapsed in (0, 59, 61)] == [
        1,
        1,
        None,
    ]
    assert len(delays(retries)) == 30
