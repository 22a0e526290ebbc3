"""ForEach steps of executions in the sandbox, as boto3 and the commands see them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from constructs_lib.cli.main import main
from constructs_lib.sandbox import Sandbox
from tests.functional.sandbox.pipelines import BUCKET, job, make_pipeline, result, start, wait

# Gives its item; fails for the item 2 unless the bucket has an object "mended".
CAREFUL = "n=int(h['n']);1/(n-2 or os.path.exists(b+'/input/data/in/mended'));" + result("n")


def each(program: str, items: Any, **more: Any) -> dict[str, Any]:
    """Return a ForEach step with one job in its body."""
    item = {"Std:Join": {"On": "", "Values": [{"Get": "ForEach.CurrentItem"}]}}
    body = job("work", program, values={"n": item}, channels={"in": f"s3://{BUCKET}/state"})
    arguments = {"IterableItems": items, "MaxConcurrency": 2, "ForEachBody": [body]}
    return {"Name": "Each", "Type": "ForEach", "Arguments": arguments, **more}


def listed(sandbox: Sandbox, arn: str) -> dict[str, dict[str, Any]]:
    found = sandbox.client("sagemaker").list_pipeline_execution_steps(PipelineExecutionArn=arn)
    return {entry["StepName"]: entry for entry in found["PipelineExecutionSteps"]}


def put(sandbox: Sandbox, name: str) -> None:
    sandbox.client("s3").put_object(Bucket=BUCKET, Key=f"state/{name}", Body=b"")


def test_iterations_are_listed_as_the_service_does(sandbox: Sandbox) -> None:
    """Each is a step with its context, and the ForEach step counts them."""
    make_pipeline(sandbox, "Each1", [each(result("int(h['n'])"), "[4, 5]")])
    put(sandbox, "x")
    arn = start(sandbox, "Each1")
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Succeeded"
    steps = listed(sandbox, arn)
    assert set(steps) == {"Each", "work-0", "work-1"}
    assert steps["work-1"]["IterationContext"] == {
        "ParentStepName": "Each",
        "Index": 1,
        "Item": "5",
    }
    assert "TrainingJob" in steps["work-1"]["Metadata"]
    assert steps["Each"]["Metadata"]["ForEach"] == {
        "Status": "Succeeded",
        "InputItemCount": 2,
        "TotalStepCount": 2,
        "SucceededStepCount": 2,
        "FailedStepCount": 0,
        "StoppedStepCount": 0,
    }


def test_retry_runs_the_failed_iterations_only(sandbox: Sandbox) -> None:
    """What succeeded keeps its job."""
    make_pipeline(sandbox, "Each2", [each(CAREFUL, [1, 2, 3])])
    put(sandbox, "x")
    arn = start(sandbox, "Each2")
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Failed"
    before = listed(sandbox, arn)
    assert before["work-1"]["StepStatus"] == "Failed"
    assert before["Each"]["FailureReason"] == "work-1 failed"
    put(sandbox, "mended")
    sandbox.client("sagemaker").retry_pipeline_execution(
        PipelineExecutionArn=arn, ClientRequestToken="t" * 32
    )
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Succeeded"
    after = listed(sandbox, arn)
    assert after["work-0"]["Metadata"] == before["work-0"]["Metadata"]
    assert after["work-1"]["Metadata"] != before["work-1"]["Metadata"]


def test_commands_show_the_iterations(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``status`` lists them below the ForEach step; ``result`` gives their results as a list."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    make_pipeline(sandbox, "Each3", [each(result("int(h['n'])*10"), [4, 5])])
    put(sandbox, "x")
    arn = start(sandbox, "Each3")
    wait(sandbox, arn)
    assert main(["status", "--pipeline", "Each3"]) == 0
    lines = capsys.readouterr().out
    assert lines.index("Each ") < lines.index("work-0") < lines.index("work-1")
    assert main(["result", "--pipeline", "Each3", "Each"]) == 0
    assert json.loads(capsys.readouterr().out) == [40, 50]
    assert main(["result", "--pipeline", "Each3", "Each", "1"]) == 0
    assert json.loads(capsys.readouterr().out) == 50
    assert main(["result", "--pipeline", "Each3", "work-0"]) == 0
    assert json.loads(capsys.readouterr().out) == 40
