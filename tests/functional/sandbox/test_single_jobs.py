"""Training jobs that a client creates by itself, without a pipeline."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from constructs_lib.sandbox import Sandbox
from tests.functional.sandbox.pipelines import (
    BUCKET,
    eventually,
    job,
    make_role,
    result,
    trust,
)


def create(sandbox: Sandbox, name: str, program: str = "", **changes: Any) -> str:
    """Create a job, with the request of a pipeline's step; returns its ARN."""
    sandbox.client("s3").create_bucket(Bucket=BUCKET)
    make_role(sandbox, "jobs")
    request = {**job("single", program)["Arguments"], "TrainingJobName": name, **changes}
    arn: str = sandbox.client("sagemaker").create_training_job(**request)["TrainingJobArn"]
    return arn


def describe(sandbox: Sandbox, name: str) -> dict[str, Any]:
    """Return the job's description."""
    found: dict[str, Any] = sandbox.client("sagemaker").describe_training_job(TrainingJobName=name)
    return found


def ended(sandbox: Sandbox, name: str) -> dict[str, Any]:
    """Wait for the job's end; returns its description."""
    running = {"InProgress", "Stopping"}

    def ask() -> Any:
        found = describe(sandbox, name)
        return None if found["TrainingJobStatus"] in running else found

    found: dict[str, Any] = eventually(ask)
    return found


def test_job_runs_and_stores_its_output_and_log(sandbox: Sandbox, tmp_path: Path) -> None:
    """It is in progress first; then model and log are where the service has them."""
    go = tmp_path / "go"
    wait = "print('seen',h['d'])\nwhile not os.path.exists(h['go']):0\n"
    given = {"d": "7", "go": str(go)}
    program = wait + result("h['d']")
    arn = create(sandbox, "Good-1", program, HyperParameters=given, Environment={"A": "b"})
    assert arn == "arn:aws:sagemaker:us-east-1:000000000000:training-job/good-1"
    assert describe(sandbox, "Good-1")["TrainingJobStatus"] == "InProgress"
    go.touch()
    found = ended(sandbox, "Good-1")
    assert found["TrainingJobStatus"] == "Completed"
    assert found["Environment"] == {"A": "b"}
    uri = found["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{BUCKET}/p/single/Good-1/output/model/"
    key = uri.removeprefix(f"s3://{BUCKET}/") + "results.json"
    body = sandbox.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert json.loads(body) == {"Result": "7"}
    logs = sandbox.client("logs")
    group = {"logGroupName": "/aws/sagemaker/TrainingJobs"}
    (stream,) = logs.describe_log_streams(**group, logStreamNamePrefix="Good-1/")["logStreams"]
    events = logs.get_log_events(**group, logStreamName=stream["logStreamName"])["events"]
    assert [event["message"] for event in events] == ["seen 7"]


def test_job_that_fails_says_why(sandbox: Sandbox) -> None:
    """The reason ends with what it has printed last."""
    create(sandbox, "bad", "1/0")
    found = ended(sandbox, "bad")
    assert found["TrainingJobStatus"] == "Failed"
    assert found["FailureReason"].startswith("AlgorithmError: exit code 1")
    assert "ZeroDivisionError" in found["FailureReason"]


def test_image_that_starts_by_itself_cannot_be_run(sandbox: Sandbox) -> None:
    """The reason says what to give."""
    algorithm = {"TrainingImage": "1.dkr.ecr/image", "TrainingInputMode": "File"}
    create(sandbox, "image-only", AlgorithmSpecification=algorithm)
    found = ended(sandbox, "image-only")
    assert found["TrainingJobStatus"] == "Failed"
    assert "images cannot be run in the sandbox" in found["FailureReason"]
    assert "ContainerEntrypoint" in found["FailureReason"]


def test_job_is_stopped(sandbox: Sandbox) -> None:
    """Once: what has ended cannot be stopped, nor what never was."""
    sagemaker = sandbox.client("sagemaker")
    create(sandbox, "endless", "print('up',flush=True);import time;time.sleep(100)")
    sagemaker.stop_training_job(TrainingJobName="endless")
    assert ended(sandbox, "endless")["TrainingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="in status Stopped"):
        sagemaker.stop_training_job(TrainingJobName="endless")
    with pytest.raises(ClientError, match="not found"):
        sagemaker.stop_training_job(TrainingJobName="nobody")


def test_name_is_given_once(sandbox: Sandbox) -> None:
    """A second job of a name is refused, as by the service."""
    create(sandbox, "only")
    with pytest.raises(ClientError, match=r"ResourceInUse.*must be unique"):
        create(sandbox, "only")


def test_job_may_do_what_its_role_may(sandbox: Sandbox) -> None:
    """The role's policies hold, and who may assume it."""
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    role = make_role(sandbox, "reader", {"Version": "2012-10-17", "Statement": read})
    create(sandbox, "powerless", RoleArn=role)
    reason = ended(sandbox, "powerless")["FailureReason"]
    assert "reader is not authorized to perform: s3:PutObject" in reason

    jobs = "arn:aws:sagemaker:us-east-1:000000000000:training-job/other-*"
    policy = trust("sagemaker", ArnLike={"aws:SourceArn": jobs})
    made = sandbox.client("iam").create_role(
        RoleName="for-others", AssumeRolePolicyDocument=json.dumps(policy)
    )
    create(sandbox, "untrusted", RoleArn=made["Role"]["Arn"])
    assert "Could not assume role" in ended(sandbox, "untrusted")["FailureReason"]


def test_job_ends_with_a_killed_sandbox(tmp_path: Path) -> None:
    """Its process does not live on, and the next sandbox knows that it has failed."""
    beats = tmp_path / "beats"
    program = "import time;[(open(h['f'],'a').write('x'),time.sleep(.1)) for _ in range(600)]"
    with Sandbox(tmp_path / "state") as sandbox:
        create(sandbox, "cut", program, HyperParameters={"f": str(beats)})
        kept = sandbox.folder / "aws.pickle"
        eventually(lambda: beats.is_file() and kept.is_file() and b"cut" in kept.read_bytes())
        pid = json.loads((sandbox.folder / "process.json").read_text())["pid"]
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        sandbox.up()
        found = describe(sandbox, "cut")
        assert found["TrainingJobStatus"] == "Failed"
        assert "the sandbox ended while the job ran" in found["FailureReason"]
        length = beats.stat().st_size
        time.sleep(1)
        assert beats.stat().st_size == length


def test_job_ends_with_the_sandbox(tmp_path: Path) -> None:
    """One that is brought down stops its jobs."""
    with Sandbox(tmp_path / "state") as sandbox:
        up = tmp_path / "up"
        create(sandbox, "long", f"open({str(up)!r},'w');import time;time.sleep(100)")
        eventually(up.exists)
        sandbox.down()
        sandbox.up()
        assert describe(sandbox, "long")["TrainingJobStatus"] == "Stopped"
