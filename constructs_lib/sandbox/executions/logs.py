"""Logs of running jobs, in CloudWatch Logs while they are written."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import Any

_INTERVAL_SECONDS = 0.5

# API limits of PutLogEvents: 10,000 events, 1 MiB with 26 bytes for each event.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
_MOST_EVENTS = 1_000
_LONGEST_EVENT = 1_000


class LogShipper:
    """Copies a growing file to a log stream, line by line.

    Args:
        client: Of CloudWatch Logs.
        path: The file; may not be there yet.
        job_name: Names the stream: ``<job>/algo-1-<seconds since 1970>``.
        group: Of the log, below ``/aws/sagemaker/``.
    """

    def __init__(self, client: Any, path: Path, job_name: str, group: str) -> None:
        self._client = client
        self._path = path
        self._group = f"/aws/sagemaker/{group}"
        self._stream = f"{job_name}/algo-1-{int(time.time())}"
        self._offset = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        with contextlib.suppress(self._client.exceptions.ResourceAlreadyExistsException):
            self._client.create_log_group(logGroupName=self._group)
        self._client.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._ship(last=True)

    def _run(self) -> None:
        while not self._ended.wait(_INTERVAL_SECONDS):
            self._ship(last=False)

    def _ship(self, *, last: bool) -> None:
        if not self._path.is_file():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            content = file.read()
        end = len(content) if last else content.rfind(b"\n") + 1
        self._offset += end
        lines = content[:end].decode("utf-8", "replace").splitlines()
        pieces = [
            line[start : start + _LONGEST_EVENT]
            for line in lines
            for start in range(0, max(len(line), 1), _LONGEST_EVENT)
        ]
        for start in range(0, len(pieces), _MOST_EVENTS):
            stamp = int(time.time() * 1000)
            self._client.put_log_events(
                logGroupName=self._group,
                logStreamName=self._stream,
                logEvents=[
                    {"timestamp": stamp, "message": piece or " "}
                    for piece in pieces[start : start + _MOST_EVENTS]
                ],
            )
