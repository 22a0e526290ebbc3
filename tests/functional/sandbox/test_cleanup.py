"""Cleanup steps in the sandbox: deleted with the permissions of the pipeline's role."""

from __future__ import annotations

import json
from typing import Any

from constructs_lib.sandbox import Sandbox
from tests.functional.local.test_cleanup import cleanup, source
from tests.functional.sandbox.pipelines import (
    BUCKET,
    job,
    make_pipeline,
    make_role,
    start,
    steps_of,
    wait,
)

JOBS: dict[str, Any] = {
    "Effect": "Allow",
    "Action": ["sagemaker:*", "iam:PassRole"],
    "Resource": "*",
}


def may(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy to run jobs, and what is given besides."""
    return {"Version": "2012-10-17", "Statement": [JOBS, *statements]}


def deletes(prefix: str) -> list[dict[str, Any]]:
    """Return what the construct grants for a prefix."""
    listed = {"StringLike": {"s3:prefix": f"{prefix}*"}}
    bucket = f"arn:aws:s3:::{BUCKET}"
    return [
        {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": f"{bucket}/{prefix}*"},
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket, "Condition": listed},
    ]


def keys(sandbox: Sandbox, prefix: str) -> list[str]:
    """Return the keys below a prefix."""
    found = sandbox.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    return [entry["Key"] for entry in found.get("Contents", [])]


def run(sandbox: Sandbox, name: str, **more: Any) -> dict[str, Any]:
    """Run a pipeline and return its step ``clean``."""
    arn = start(sandbox, name, **more)
    wait(sandbox, arn)
    return steps_of(sandbox, arn)["clean"]


def test_pipelines_role_deletes(sandbox: Sandbox) -> None:
    """What it may; a denial fails the step, and its metadata says which source it was."""
    steps = [job("one"), job("two"), cleanup(source("one"), source("two"))]
    make_pipeline(sandbox, "cleans", steps)
    make_role(sandbox, "pipelines", may(*deletes("p/one/")))
    try:
        denied = run(sandbox, "cleans")
        assert denied["StepStatus"] == "Failed"
        assert "role/pipelines is not authorized to perform: s3:ListB" in denied["FailureReason"]
        metadata = denied["Metadata"]["Cleanup"]
        assert metadata["CleanedSteps"] == ["one"]
        (failure,) = metadata["FailedSteps"]
        assert (failure["StepName"], failure["ErrorCode"]) == ("two", "ClientError")
        assert keys(sandbox, "p/one/") == []
        (left,) = keys(sandbox, "p/two/")

        listing = deletes("p/two/")[1]
        make_role(sandbox, "pipelines", may(*deletes("p/one/"), listing))
        denied = run(sandbox, "cleans")
        assert "is not authorized to perform: s3:DeleteObject" in denied["FailureReason"]

        make_role(sandbox, "pipelines", may(*deletes("p/one/"), *deletes("p/two/")))
        before = keys(sandbox, "p/two/")
        allowed = run(sandbox, "cleans")
        assert allowed["StepStatus"] == "Succeeded", allowed
        assert allowed["Metadata"] == {"Cleanup": {"CleanedSteps": ["one", "two"]}}
        assert keys(sandbox, "p/two/") == before
        assert left in before
    finally:
        make_role(sandbox, "pipelines")


def test_output_of_another_execution_is_skipped(sandbox: Sandbox) -> None:
    """What a source has used again, from the cache or because it was not selected, stays."""
    config = {"Enabled": True, "ExpireAfter": "P1D"}
    steps = [job("cached", CacheConfig=config), job("reused")]
    make_pipeline(sandbox, "reuses", steps)
    first = start(sandbox, "reuses")
    wait(sandbox, first)
    stored = keys(sandbox, "p/cached/") + keys(sandbox, "p/reused/")
    assert len(stored) == 2

    steps.append(cleanup(source("cached"), source("reused")))
    body = json.dumps({"Version": "2020-12-01", "Steps": steps})
    sandbox.client("sagemaker").update_pipeline(PipelineName="reuses", PipelineDefinition=body)
    selection = {
        "SelectedSteps": [{"StepName": "cached"}, {"StepName": "clean"}],
        "SourcePipelineExecutionArn": first,
    }
    step = run(sandbox, "reuses", SelectiveExecutionConfig=selection)
    assert step["Metadata"] == {"Cleanup": {"SkippedSteps": ["cached", "reused"]}}
    assert keys(sandbox, "p/cached/") + keys(sandbox, "p/reused/") == stored
