"""Decorated functions that run now, as jobs in the sandbox."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_cdk import aws_s3 as s3

from constructs_lib import (
    ParameterInteger,
    ParameterString,
    Pipeline,
    RemoteError,
    RemoteFunctionError,
    S3Input,
    StepDefaults,
    StepError,
    step,
)
from constructs_lib.remote_function import remote
from constructs_lib.sandbox import Sandbox
from tests.functional.sandbox.apps import deploy, new_stack, synthesize
from tests.functional.sandbox.pipelines import eventually, make_role

ROOT = Path(__file__).resolve().parents[3]
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"


@dataclass
class Model:
    depth: int
    stage: str


@step
def load(rows: int) -> list[int]:
    """Defined here, shipped as source."""
    return list(range(rows))


@step(environment_variables={"STAGE": "prod"}, instance_type="ml.m5.xlarge", tags={"team": "crm"})
def train(rows: list[int], depth: int = 2) -> Model:
    print("training on", len(rows))  # noqa: T201
    if depth < 0:
        raise ValueError("a tree has a depth")
    return Model(depth + len(rows), os.environ["STAGE"])


@step
def wait_for_it() -> None:
    import time

    print("up", flush=True)  # noqa: T201
    time.sleep(100)


@remote(image_uri=IMAGE, s3_root_uri="s3://alone/jobs/")
def head(path: Path, lines: int) -> tuple[list[str], set[int]]:
    return path.read_text().splitlines()[:lines], {lines}


@pytest.fixture(scope="module")
def shop(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deploy pipelines whose steps are above; returns their assembly."""
    stack = new_stack(tmp_path_factory.mktemp("app") / "cdk.out", "Shop")
    size = ParameterInteger("Size", default_value=45)
    kind = ParameterString("Kind")
    Pipeline(
        stack,
        "Tumour",
        steps=[train.with_options(volume_size=size)(load(3)), wait_for_it()],
        parameters=[size],
        step_defaults=StepDefaults(pre_execution_commands=["echo prepared"]),
    )
    Pipeline(
        stack,
        "Other",
        steps=[load.with_options(instance_type=kind)(4)],
        parameters=[kind],
        artifacts_bucket=s3.Bucket(stack, "Bucket"),
    )
    return deploy(sandbox, stack)


@pytest.fixture(autouse=True)
def account(
    sandbox: Sandbox, shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[None]:
    """Let boto3 lead to the sandbox, from a folder without an assembly."""
    with monkeypatch.context() as patch:
        for name, value in sandbox.environment.items():
            patch.setenv(name, value)
        patch.chdir(tmp_path)
        yield


def job_of(sandbox: Sandbox, name: str) -> dict[str, Any]:
    """Return the latest job whose name has a text in it."""
    sagemaker = sandbox.client("sagemaker")
    found = sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
    latest = max(found, key=lambda entry: entry["CreationTime"])["TrainingJobName"]
    described: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=latest)
    return described


def test_value_comes_back(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """With the caller's own class, and the log of what the pipeline's defaults do, and of it."""
    value = train.remote([1, 2], depth=5)
    assert value == Model(7, "prod")
    assert type(value) is Model
    assert capsys.readouterr().out == "prepared\ntraining on 2\n"


def test_settings_are_the_deployed_steps(sandbox: Sandbox) -> None:
    """Role, name, places, and parameters' defaults; what the function sets stays."""
    train.remote([])
    job = job_of(sandbox, "shop-tumour-train")
    assert job["TrainingJobName"].startswith("shop-tumour-train-")
    assert "ShopTumourStepstrainRole" in job["RoleArn"].replace("-", "")
    assert job["OutputDataConfig"]["S3OutputPath"].endswith("/shop-tumour/train")
    assert job["ResourceConfig"]["VolumeSizeInGB"] == 45
    assert job["ResourceConfig"]["InstanceType"] == "ml.m5.xlarge"
    tags = sandbox.client("sagemaker").list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "crm"}]


def test_options_of_the_call_go_before_the_deployed_step(sandbox: Sandbox) -> None:
    """As they do in a pipeline."""
    changed = train.with_options(instance_type="ml.c5.xlarge", environment_variables={"STAGE": "x"})
    assert changed.remote([]) == Model(2, "x")
    resources = job_of(sandbox, "shop-tumour-train")["ResourceConfig"]
    assert (resources["InstanceType"], resources["VolumeSizeInGB"]) == ("ml.c5.xlarge", 45)


def test_equal_calls_upload_once(sandbox: Sandbox) -> None:
    """The bundle is beside the step's own, under its content's name."""

    def bundles() -> dict[str, Any]:
        (channel,) = job_of(sandbox, "shop-tumour-train")["InputDataConfig"]
        bucket, _, key = channel["DataSource"]["S3DataSource"]["S3Uri"][5:].partition("/")
        found = sandbox.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
        assert key in {entry["Key"] for entry in found}
        return {entry["Key"]: entry["LastModified"] for entry in found}

    train.remote([{1, 2}])
    before = bundles()
    train.remote([{1, 2}])
    assert bundles() == before


def test_failure_is_raised(capsys: pytest.CaptureFixture[str]) -> None:
    """With job, reason and the end of the log, also if the log was not shown."""
    with pytest.raises(RemoteFunctionError) as caught:
        remote(train, include_log=False)([1], depth=-1)
    error = caught.value
    assert error.reason.startswith("AlgorithmError: ValueError: a tree has a depth")
    assert error.job_name.startswith("shop-tumour-train-")
    assert error.log[1] == "training on 1"
    assert error.log[-1] == "ValueError: a tree has a depth"
    assert error.job_name in str(error)
    assert capsys.readouterr() == ("", "")


def test_pipeline_is_named_by_its_construct(sandbox: Sandbox, shop: Path) -> None:
    """As for the commands: by physical name, or with the assembly by ID."""
    assert remote(load, pipeline="shop-tumour")(2) == [0, 1]
    assert remote(load, pipeline="Tumour", app=str(shop))(3) == [0, 1, 2]
    assert job_of(sandbox, "-load-")["TrainingJobName"].startswith("shop-tumour-load-")


def test_several_pipelines_have_such_a_step() -> None:
    """They are listed."""
    with pytest.raises(RemoteError, match=r"2 deployed pipelines .* 'load': shop-other, shop-tumo"):
        load.remote(2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: step(lambda: 1, name="none").remote(), "shop-tumour: load, train"),
        (lambda: remote(load, name="lode", pipeline="shop-other")(1), "it has: load"),
        (lambda: remote(load, pipeline="shop-othr")(1), "did you mean 'shop-other'"),
        (lambda: remote(load, pipeline="shop-other")(1), "Kind.*give instance_type="),
        (lambda: remote(load, role="arn:aws:iam::1:role/r", s3_root_uri="s3://b")(1), "image_uri="),
        (lambda: remote(load, pipeline="shop-tumour", s3_root_uri="b")(1), "begin with s3://"),
    ],
)
def test_settings_that_are_not_known_are_named(call: Any, message: str) -> None:
    """Before anything is sent."""
    with pytest.raises(RemoteError, match=message):
        call()


def test_given_setting_replaces_one_that_is_not_known() -> None:
    """A parameter without a default does no harm then."""
    assert remote(load, pipeline="shop-other", instance_type="ml.m5.large")(1) == [0]


def test_function_runs_without_a_pipeline(sandbox: Sandbox) -> None:
    """With a role and a place of its own; S3 data is a channel."""
    client = sandbox.client("s3")
    client.create_bucket(Bucket="alone")
    client.put_object(Bucket="alone", Key="data/table.csv", Body=b"a\nb\nc\n")
    function = remote(head, role=make_role(sandbox, "alone"), s3_root_uri="s3://alone/jobs/")
    assert function(S3Input("alone", "data/table.csv"), 2) == (["a", "b"], {2})
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket="alone")["Contents"]]
    assert any(key.startswith("jobs/code/") for key in keys)
    assert any(key.startswith("jobs/head/remote-head-") for key in keys)


def test_session_leads_to_the_account() -> None:
    """It goes before what the environment says."""
    session = boto3.Session(region_name="eu-west-1")
    with pytest.raises(RemoteError, match="there is none"):
        remote(train, boto_session=session)([])


PATIENCE = """
from constructs_lib import step


@step
def wait_for_it():
    import time

    print("up", flush=True)
    time.sleep(100)


wait_for_it.remote()
"""


def test_interrupt_stops_the_job(sandbox: Sandbox, tmp_path: Path) -> None:
    """No instance goes on for somebody who has gone."""
    (tmp_path / "patience.py").write_text(PATIENCE)
    process = subprocess.Popen(
        [sys.executable, "patience.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Where the tests run in the background, the shell has it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "prepared\n"
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "is being stopped" in error
    eventually(lambda: job_of(sandbox, "wait-for-it")["TrainingJobStatus"] == "Stopped")


def test_settings_of_a_pipeline_that_is_not_deployed(sandbox: Sandbox, tmp_path: Path) -> None:
    """They are those of the assembly; role and place, which nobody knows, have to be given."""
    stack = new_stack(tmp_path / "cdk.out", "Later")
    Pipeline(stack, "Soon", steps=[train.with_options(volume_size=77)([1])])
    synthesize(stack)
    app = str(tmp_path / "cdk.out")
    with pytest.raises(RemoteError, match=r"RoleArn.*not; give role="):
        remote(train, pipeline="Soon", app=app)([1])
    role = make_role(sandbox, "later")
    with pytest.raises(RemoteError, match=r"code is .*give s3_root_uri="):
        remote(train, pipeline="Soon", app=app, role=role)([1])
    sandbox.client("s3").create_bucket(Bucket="later")
    function = remote(train, pipeline="Soon", app=app, role=role, s3_root_uri="s3://later")
    assert function([1]) == Model(3, "prod")
    assert job_of(sandbox, "later-soon-train")["ResourceConfig"]["VolumeSizeInGB"] == 77


SCRIPT = """
from dataclasses import dataclass
from constructs_lib import step

print("begin")


@dataclass
class Answer:
    value: int


@step(name="train")
def answer(rows, depth):
    return Answer(len(rows) * depth)


value = answer.remote([1, 2], depth=3)
print(value, type(value) is Answer)
"""


def test_script_without_a_guard_runs_once(sandbox: Sandbox, tmp_path: Path) -> None:
    """Its classes come back as the running script's own."""
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "begin\nprepared\nAnswer(value=6) True\n"


def test_open_arguments_are_refused_at_the_call() -> None:
    """They are results and variables of pipelines."""
    with pytest.raises(StepError, match=r"'rows' is open.*result of step 'load'"):
        train.remote(load(3))
