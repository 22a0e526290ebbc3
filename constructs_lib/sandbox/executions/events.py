"""Status changes on the default event bus.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.events.models import events_backends

from constructs_lib.local.execution import NOT_RUN, WAITING, Execution, StepRecord
from constructs_lib.sandbox.executions.request import ExecutionRequest
from constructs_lib.sandbox.state import LOCK

_EXECUTION = "SageMaker Model Building Pipeline Execution Status Change"
_STEP = "SageMaker Model Building Pipeline Execution Step Status Change"


class StatusEvents:
    """Sends an event for each change of an execution's or a step's status.

    Args:
        request: What was started.
    """

    def __init__(self, request: ExecutionRequest) -> None:
        self._request = request
        self._status: str | None = None
        self._steps: dict[str, str] = {}

    def see(self, execution: Execution) -> None:
        """Send what has changed since the last call."""
        for record in execution.steps:
            before = self._steps.get(record.name, WAITING)
            shown = record.status not in {WAITING, NOT_RUN} and record.reused_from is None
            if record.status != before and shown:
                self._send(execution, _STEP, _step_detail(execution, record, before))
            self._steps[record.name] = record.status
        if execution.status != self._status:
            self._send(execution, _EXECUTION, self._detail(execution))
            self._status = execution.status

    def _detail(self, execution: Execution) -> dict[str, Any]:
        request = self._request
        return {
            "pipelineExecutionDisplayName": request.display_name,
            "pipelineExecutionDescription": request.description,
            "currentPipelineExecutionStatus": execution.status,
            "previousPipelineExecutionStatus": self._status,
            "executionStartTime": execution.start_time,
            "executionEndTime": execution.end_time,
            "pipelineArn": execution.pipeline_arn,
            "pipelineExecutionArn": execution.arn,
        }

    def _send(self, execution: Execution, kind: str, detail: dict[str, Any]) -> None:
        request = self._request
        event = {
            "Source": "aws.sagemaker",
            "DetailType": kind,
            "Detail": json.dumps({k: v for k, v in detail.items() if v is not None}),
            "Resources": [execution.pipeline_arn, execution.arn],
        }
        with LOCK:
            events_backends[request.account][request.region].put_events([event])


def _step_detail(execution: Execution, record: StepRecord, before: str) -> dict[str, Any]:
    made = execution.job_of(record)
    job = {} if made is None else {made[0][0].lower() + made[0][1:]: {"arn": made[1]}}
    cached = record.cached_from
    return {
        "metadata": job,
        "stepName": record.name,
        "stepType": record.type,
        "stepStartTime": record.start_time,
        "stepEndTime": record.end_time,
        "currentStepStatus": record.status,
        "previousStepStatus": None if before == WAITING else before,
        "failureReason": record.reason,
        "cacheHitResult": {"sourcePipelineExecutionArn": cached} if cached else None,
        "pipelineArn": execution.pipeline_arn,
        "pipelineExecutionArn": execution.arn,
    }
