"""The life of a pipeline with the real CDK CLI on the sandbox: deploy, run, change, destroy."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.sandbox import Sandbox
from tests.functional.sandbox.pipelines import eventually, start, steps_of, wait

APP = """
import aws_cdk as cdk
from aws_cdk import aws_events as events, aws_events_targets as targets, aws_sqs as sqs
from constructs_lib import CacheConfig, Pipeline, step

CACHED = CacheConfig(expire_after="P1D")


@step(cache_config=CACHED)
def load(count):
    return list(range(count))


@step(cache_config=CACHED)
def scale(rows, factor):
    return [row * factor for row in rows]


@step(cache_config=CACHED)
def size(rows):
    return len(rows)


@step
def total(rows):
    return sum(rows)


app = cdk.App()
stack = cdk.Stack(app, "Shop")
rows = load(4)
Pipeline(stack, "Sales", steps=[total(scale(rows, 10)), size(rows)], pipeline_name="sales")
Pipeline(stack, "Counts", steps=[size(load(7))], pipeline_name="counts")
queue = sqs.Queue(stack, "Changes", queue_name="changes")
events.Rule(
    stack,
    "Done",
    event_pattern=events.EventPattern(
        source=["aws.sagemaker"],
        detail_type=["SageMaker Model Building Pipeline Execution Status Change"],
        detail={"currentPipelineExecutionStatus": ["Succeeded"]},
    ),
    targets=[targets.SqsQueue(queue)],
)
app.synth()
"""


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """Yield a sandbox of its own: nothing else may be in it."""
    with Sandbox(tmp_path / "state") as running:
        yield running


def result_of(sandbox: Sandbox, arn: str, step: str) -> Any:
    """Return the JSON view of a step's result."""
    job = steps_of(sandbox, arn)[step]["Metadata"]["TrainingJob"]["Arn"].partition("/")[2]
    described = sandbox.client("sagemaker").describe_training_job(TrainingJobName=job)
    uri = described["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://")
    bucket, _, key = uri.partition("/")
    body = sandbox.client("s3").get_object(Bucket=bucket, Key=f"{key}results.json")["Body"]
    return json.loads(body.read())["Result"]


def ended(sandbox: Sandbox, count: int) -> set[str]:
    """Return the executions whose end the stack's rule has sent to its queue."""
    client = sandbox.client("sqs")
    url = client.get_queue_url(QueueName="changes")["QueueUrl"]
    found: set[str] = set()

    def receive() -> bool:
        for message in client.receive_message(QueueUrl=url).get("Messages", []):
            found.add(json.loads(message["Body"])["detail"]["pipelineExecutionArn"])
        return len(found) == count

    eventually(receive)
    return found


def test_life_of_a_pipeline(cdk: Callable, sandbox: Sandbox, tmp_path: Path) -> None:
    """A change runs the changed step and what follows it; the rest comes from the cache."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(APP)
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env |= {**sandbox.environment, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"}

    def run(*arguments: str, check: bool = True) -> str:
        done = cdk(
            *arguments, "--app", f"{sys.executable} app.py", cwd=project, env=env, check=check
        )
        return re.sub(r"\x1b\[\d*m", "", done.stdout + done.stderr)

    deploy = ("deploy", "--require-approval", "never")
    assert "Has the environment been bootstrapped?" in run(*deploy, check=False)
    run("bootstrap")
    run(*deploy)
    body = sandbox.client("sagemaker").describe_pipeline(PipelineName="sales")
    assert "${Token" not in body["PipelineDefinition"]
    first, other = start(sandbox, "sales"), start(sandbox, "counts")
    described = wait(sandbox, first)
    assert described["PipelineExecutionStatus"] == "Succeeded", described
    assert wait(sandbox, other)["PipelineExecutionStatus"] == "Succeeded"
    assert result_of(sandbox, first, "total") == 60
    assert result_of(sandbox, other, "size") == 7
    assert ended(sandbox, 2) == {first, other}
    assert "Number of stacks with differences: 0" in run("diff")

    (project / "app.py").write_text(APP.replace("row * factor", "row + factor"))
    # What runs is what was deployed, not the working tree.
    unchanged = start(sandbox, "sales")
    wait(sandbox, unchanged)
    assert result_of(sandbox, unchanged, "total") == 60

    for method in ((), ("--method=template",)):
        diff = run("diff", *method)
        changed = [line.strip(" ,") for line in re.findall(r"\[[-+]\](.*)", diff)]
        assert changed[1].endswith('\\"scale\\" ],"'), diff
        assert changed[2:] == [
            '"app.scale |     return [row * factor for row in rows]"',
            '"app.scale |     return [row + factor for row in rows]"',
        ], diff
    run(*deploy)
    second = start(sandbox, "sales")
    assert wait(sandbox, second)["PipelineExecutionStatus"] == "Succeeded"
    assert result_of(sandbox, second, "total") == 46
    hits = {name for name, step in steps_of(sandbox, second).items() if "CacheHitResult" in step}
    assert hits == {"load", "size"}

    run("destroy", "--force")
    stacks = sandbox.client("cloudformation").describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in stacks] == ["CDKToolkit"]
    assert sandbox.client("sagemaker").list_pipelines()["PipelineSummaries"] == []
    roles = sandbox.client("iam").list_roles()["Roles"]
    assert all(role["RoleName"].startswith("cdk-") for role in roles)
    # The CDK keeps buckets by default.
    buckets = [bucket["Name"] for bucket in sandbox.client("s3").list_buckets()["Buckets"]]
    assert len([name for name in buckets if not name.startswith("cdk-")]) == 2


IMAGES = """
import aws_cdk as cdk
from constructs_lib import Image, Pipeline, step


@step(image_uri=Image.from_asset("docker", interpreter="/opt/conda/bin/python"))
def one():
    return 1


app = cdk.App()
Pipeline(cdk.Stack(app, "Shop"), "Sales", steps=[one()], pipeline_name="sales")
app.synth()
"""


def test_image_of_a_folder_needs_no_docker(cdk: Callable, sandbox: Sandbox, tmp_path: Path) -> None:
    """The CDK takes it for published; the step runs with the Python of this machine."""
    project = tmp_path / "project"
    (project / "docker").mkdir(parents=True)
    (project / "docker" / "Dockerfile").write_text("FROM there.is/none:1\n")
    (project / "app.py").write_text(IMAGES)
    env = {**sandbox.environment, "CDK_DOCKER": "/there/is/none"}
    for command in (("bootstrap",), ("deploy", "--require-approval", "never")):
        cdk(*command, "--app", f"{sys.executable} app.py", cwd=project, env=env)
    arn = start(sandbox, "sales")
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Succeeded"
    assert result_of(sandbox, arn, "one") == 1
