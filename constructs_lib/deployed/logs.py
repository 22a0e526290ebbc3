"""What the jobs of an execution have written to CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.deployed.account import Account, error_code


@dataclass(frozen=True)
class _Kind:
    group: str
    operation: str
    name: str


# https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
_KINDS = {
    "training-job": _Kind(
        "/aws/sagemaker/TrainingJobs", "describe_training_job", "TrainingJobName"
    ),
    "processing-job": _Kind(
        "/aws/sagemaker/ProcessingJobs", "describe_processing_job", "ProcessingJobName"
    ),
    "transform-job": _Kind(
        "/aws/sagemaker/TransformJobs", "describe_transform_job", "TransformJobName"
    ),
}


def writes_log(job: str) -> bool:
    """Tell whether a job, by its ARN, is of a kind that writes a log."""
    return _kind_and_name(job)[0] in _KINDS


class JobLog:
    """Reads the log of one job; each line is given once.

    Args:
        account: Holds it.
        job: ARN of the job.
    """

    def __init__(self, account: Account, job: str) -> None:
        self._logs = account.client("logs")
        word, name = _kind_and_name(job)
        kind = _KINDS[word]
        # ARNs are in lower case, streams are called by the name as it was given.
        describe = getattr(account.client("sagemaker"), kind.operation)
        self._name: str = describe(**{kind.name: name})[kind.name]
        self._group = kind.group
        self._tokens: dict[str, str] = {}

    def new_lines(self) -> Iterator[tuple[str, str]]:
        """Yield host, such as ``algo-1``, and text of the lines since the last call, by time."""
        events: list[tuple[int, str, str]] = []
        try:
            for stream in self._streams():
                # <job>/<host>-<seconds since 1970>
                host = stream.rpartition("/")[2].rpartition("-")[0]
                events.extend((e["timestamp"], host, e["message"]) for e in self._events(stream))
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise  # the group or a stream is made with the first line
        events.sort(key=lambda event: event[0])
        for _, host, message in events:
            for line in message.splitlines() or [""]:
                yield host, line

    def ends(self, most: int) -> tuple[list[str], list[str]]:
        """Return its first lines, and the last ones if some in between are left out.

        Args:
            most: Events that are read of either end of each stream.
        """
        begin: list[tuple[int, str, str]] = []
        end: list[tuple[int, str, str]] = []
        try:
            streams = self._streams()
            for stream in streams:
                host = stream.rpartition("/")[2].rpartition("-")[0] if len(streams) > 1 else ""
                first = self._some_events(stream, most, True)
                last = self._some_events(stream, most, False) if first else []
                known = first[-1]["timestamp"] if first else 0
                later = [event for event in last if event["timestamp"] > known]
                begin += [(event["timestamp"], host, event["message"]) for event in first]
                # Whether an answer is whole is told by neither its length nor its tokens.
                rest = end if len(later) == len(last) else begin
                rest += [(event["timestamp"], host, event["message"]) for event in later]
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
        return _lines(begin), _lines(end)

    def _some_events(self, stream: str, most: int, from_head: bool) -> list[dict[str, Any]]:
        answer = self._logs.get_log_events(
            logGroupName=self._group, logStreamName=stream, startFromHead=from_head, limit=most
        )
        events: list[dict[str, Any]] = answer["events"]
        return events

    def _streams(self) -> list[str]:
        pages = self._logs.get_paginator("describe_log_streams").paginate(
            logGroupName=self._group, logStreamNamePrefix=f"{self._name}/"
        )
        return sorted(s["logStreamName"] for page in pages for s in page["logStreams"])

    def _events(self, stream: str) -> Iterator[dict[str, Any]]:
        while True:
            token = self._tokens.get(stream)
            answer = self._logs.get_log_events(
                logGroupName=self._group,
                logStreamName=stream,
                startFromHead=True,
                **({"nextToken": token} if token else {}),
            )
            yield from answer["events"]
            self._tokens[stream] = answer["nextForwardToken"]
            if answer["nextForwardToken"] == token:
                return


def _lines(events: list[tuple[int, str, str]]) -> list[str]:
    """Return the lines of events, by time, with the host's name in front if there is one."""
    return [
        f"{host} | {line}" if host else line
        for _, host, message in sorted(events, key=lambda event: event[0])
        for line in message.splitlines() or [""]
    ]


def _kind_and_name(arn: str) -> tuple[str, str]:
    kind, _, name = arn.split(":", 5)[5].partition("/")
    return kind, name
