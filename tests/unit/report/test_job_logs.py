"""The two ends of a job's log, without what is between."""

from __future__ import annotations

from typing import Any

from constructs_lib.deployed.account import Account
from constructs_lib.deployed.logs import JobLog

JOB = "arn:aws:sagemaker:us-east-1:000000000000:training-job/j"


class Service:
    """SageMaker and CloudWatch Logs with the events of some streams."""

    def __init__(self, **streams: list[str]) -> None:
        self.streams = streams

    def client(self, name: str, **settings: Any) -> Service:
        return self

    def describe_training_job(self, **given: Any) -> dict[str, Any]:
        return {"TrainingJobName": "j"}

    def get_paginator(self, name: str) -> Service:
        return self

    def paginate(self, **given: Any) -> list[dict[str, Any]]:
        return [{"logStreams": [{"logStreamName": f"j/{name}-1"} for name in self.streams]}]

    def get_log_events(self, **given: Any) -> dict[str, Any]:
        name = given["logStreamName"].removeprefix("j/").removesuffix("-1")
        texts = self.streams[name]
        events = [{"timestamp": time, "message": text} for time, text in enumerate(texts, 1)]
        limit = given["limit"]
        return {"events": events[:limit] if given["startFromHead"] else events[-limit:]}


def ends(most: int, **streams: list[str]) -> tuple[list[str], list[str]]:
    return JobLog(Account(session=Service(**streams)), JOB).ends(most)


def test_a_short_log_is_whole() -> None:
    """No line is given twice, and none is left out where both ends meet."""
    assert ends(5, algo=["a", "b\nc"]) == (["a", "b", "c"], [])
    assert ends(3, algo=list("abcd")) == (list("abcd"), [])
    assert ends(3, algo=[]) == ([], [])


def test_a_long_log_has_two_ends() -> None:
    """What is between is not read."""
    assert ends(2, algo=list("abcdefgh")) == (["a", "b"], ["g", "h"])


def test_hosts_are_told_apart() -> None:
    """By time, with the host in front if there are several."""
    assert ends(9, one=["a", "c"], two=["b"])[0] == ["one | a", "two | b", "one | c"]
