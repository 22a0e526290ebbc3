"""Starts what EventBridge Scheduler would start, when it would."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from moto.sagemaker.models import sagemaker_backends
from moto.scheduler.models import scheduler_backends
from moto.sqs.models import sqs_backends

from constructs_lib.sandbox.executions import api
from constructs_lib.sandbox.executions.service import ExecutionService
from constructs_lib.sandbox.schedules.expressions import ScheduleExpressionError, next_time
from constructs_lib.sandbox.state import LOCK

_TICK_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Clock:
    """Looks every second which schedules are due.

    What was due while the sandbox did not run is not made up for.

    Args:
        service: Starts executions.
    """

    def __init__(self, service: ExecutionService) -> None:
        self._service = service
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Fire no more."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        last = datetime.now(timezone.utc)
        while not self._stopped.wait(_TICK_SECONDS):
            now = datetime.now(timezone.utc)
            with LOCK:
                schedules = list(_enabled())
            for schedule in schedules:
                self._consider(schedule, last, now)
            last = now

    def _consider(self, schedule: Any, last: datetime, now: datetime) -> None:
        try:
            due = _due(schedule, last, now)
            if due is not None:
                self._fire(schedule, due)
        except Exception as error:  # noqa: BLE001 - one bad schedule must not stop the others
            _log.warning("schedule %s: %s", schedule.name, error)
            with LOCK:
                _bury(schedule, str(error))

    def _fire(self, schedule: Any, due: datetime) -> None:
        target = schedule.target
        service = target["Arn"].split(":")[2]
        if service != "sagemaker":
            raise ScheduleExpressionError(f"targets of {service} do not fire in the sandbox")
        region, account = target["Arn"].split(":")[3:5]
        access = self._service.access(region, account)
        group = schedule.arn.rpartition("/")[0].replace(":schedule/", ":schedule-group/")
        access.require_trust(target["RoleArn"], group, service="scheduler.amazonaws.com")
        access.require(target["RoleArn"], "sagemaker:StartPipelineExecution", target["Arn"])
        given = target.get("SageMakerPipelineParameters", {}).get("PipelineParameterList", [])
        attributes = {
            "<aws.scheduler.schedule-arn>": schedule.arn,
            "<aws.scheduler.scheduled-time>": due.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "<aws.scheduler.execution-id>": f"{schedule.name}-{int(due.timestamp())}",
            "<aws.scheduler.attempt-number>": "1",
        }
        parameters = [
            {"Name": entry["Name"], "Value": _replaced(entry["Value"], attributes)}
            for entry in given
        ]
        with LOCK:
            pipeline = api.find_pipeline(sagemaker_backends[account][region], target["Arn"])
            arn = api.start(self._service, pipeline, parameters)
        _log.info("schedule %s started %s", schedule.name, arn)


def _bury(schedule: Any, reason: str) -> None:
    """Send a start that failed to the dead-letter queue, if there is one."""
    queue = schedule.target.get("DeadLetterConfig", {}).get("Arn")
    if queue is None:
        return
    *_, region, account, name = queue.split(":")
    sqs_backends[account][region].send_message(
        name,
        str(schedule.target.get("Input") or schedule.target),
        {"ERROR_MESSAGE": {"DataType": "String", "StringValue": reason}},
    )


def _enabled() -> Iterator[Any]:
    for regions in scheduler_backends.values():
        for backend in regions.values():
            for group in backend.schedule_groups.values():
                yield from (s for s in group.schedules.values() if s.state == "ENABLED")


def _due(schedule: Any, last: datetime, now: datetime) -> datetime | None:
    """Return the time in (last, now] at which a schedule fires, or None."""
    created = datetime.fromtimestamp(schedule.creation_date, timezone.utc)
    start = max(filter(None, [_date(schedule.start_date), created]))
    end = _date(schedule.end_date)
    due = next_time(
        schedule.schedule_expression,
        last,
        timezone=schedule.schedule_expression_timezone,
        start=start,
    )
    return None if due is None or due > now or (end is not None and due > end) else due


def _date(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, timezone.utc)
    parsed = (
        value
        if isinstance(value, datetime)
        else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    )
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)


def _replaced(text: str, attributes: dict[str, str]) -> str:
    for name, value in attributes.items():
        text = text.replace(name, value)
    return text
