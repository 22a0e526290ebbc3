"""Schedules that fire, and status changes that reach a queue."""

from __future__ import annotations

import json
import time
from typing import Any

from constructs_lib.sandbox import Sandbox
from tests.functional.sandbox.pipelines import eventually, job, make_pipeline, start, wait


def schedule(sandbox: Sandbox, name: str, arn: str, **more: Any) -> None:
    """Make a schedule of one minute."""
    target = {
        "Arn": arn,
        "RoleArn": "arn:aws:iam::000000000000:role/jobs",
        "SageMakerPipelineParameters": {
            "PipelineParameterList": [{"Name": "T", "Value": "<aws.scheduler.scheduled-time>"}]
        },
    }
    sandbox.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
        **more,
    )


def test_schedule_starts_executions(sandbox: Sandbox) -> None:
    """An enabled schedule starts the pipeline with its parameters; a disabled one does not."""
    text = [{"Name": "T", "Type": "String"}]
    sagemaker = sandbox.client("sagemaker")

    def executions(name: str) -> Any:
        found = sagemaker.list_pipeline_executions(PipelineName=name)
        return found["PipelineExecutionSummaries"]

    schedule(sandbox, "off", make_pipeline(sandbox, "never", [job("one")], text), State="DISABLED")
    schedule(sandbox, "on", make_pipeline(sandbox, "often", [job("one")], text))
    (execution,) = eventually(lambda: executions("often"))
    arn = execution["PipelineExecutionArn"]
    given = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)
    (parameter,) = given["PipelineParameters"]
    time.strptime(parameter["Value"], "%Y-%m-%dT%H:%M:%SZ")
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Succeeded"
    assert executions("never") == []


def test_status_changes_reach_a_queue(sandbox: Sandbox) -> None:
    """A rule that matches a pipeline's status changes sends them to its target."""
    sqs, events = sandbox.client("sqs"), sandbox.client("events")
    url = sqs.create_queue(QueueName="changes")["QueueUrl"]
    arn = make_pipeline(sandbox, "watched", [job("one")])
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Building Pipeline Execution Status Change"],
        "detail": {"pipelineArn": [arn], "currentPipelineExecutionStatus": ["Succeeded"]},
    }
    events.put_rule(Name="done", EventPattern=json.dumps(pattern))
    queue = "arn:aws:sqs:us-east-1:000000000000:changes"
    events.put_targets(Rule="done", Targets=[{"Id": "q", "Arn": queue}])
    execution = start(sandbox, "watched")
    (message,) = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    event = json.loads(message["Body"])
    assert event["detail"]["pipelineExecutionArn"] == execution
    assert event["detail"]["previousPipelineExecutionStatus"] == "Executing"
