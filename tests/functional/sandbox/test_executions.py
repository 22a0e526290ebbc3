"""Executions in the sandbox, as boto3 sees them."""

from __future__ import annotations

import io
import itertools
import json
import os
import signal
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from constructs_lib.sandbox import Sandbox
from tests.functional.sandbox.pipelines import (
    ALL,
    BUCKET,
    eventually,
    job,
    make_pipeline,
    make_role,
    output_of,
    result,
    start,
    steps_of,
    wait,
)

COPY = result("json.load(open(b+'/input/data/in/results.json'))['Result']+1")
CACHED = {"CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}}
SLOW = "import time;time.sleep(60)"


def after(name: str, upstream: str, program: str = COPY, **more: Any) -> dict[str, Any]:
    """Return a job that reads another one's output."""
    return job(name, program, channels={"in": output_of(upstream)}, **more)


def test_execution_really_runs(sandbox: Sandbox) -> None:
    """Statuses, job, log and parameters of an execution are those of what ran."""
    one = job(
        "one", f"print('hello');{result('int(h[chr(110)])')}", values={"n": {"Get": "Parameters.N"}}
    )
    make_pipeline(sandbox, "Real", [one, after("two", "one")], [{"Name": "N", "Type": "String"}])
    arn = start(sandbox, "Real", PipelineParameters=[{"Name": "N", "Value": "41"}])
    assert arn.startswith("arn:aws:sagemaker:us-east-1:000000000000:pipeline/real/execution/")
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Succeeded"
    job_name = steps_of(sandbox, arn)["two"]["Metadata"]["TrainingJob"]["Arn"].partition("/")[2]
    described = sandbox.client("sagemaker").describe_training_job(TrainingJobName=job_name)
    assert described["TrainingJobStatus"] == "Completed"
    uri = described["ModelArtifacts"]["S3ModelArtifacts"]
    key = f"{uri.removeprefix(f's3://{BUCKET}/')}results.json"
    body = sandbox.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert json.loads(body) == {"Result": 42}
    logs = sandbox.client("logs").filter_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs", filterPattern="hello"
    )
    assert [event["message"] for event in logs["events"]] == ["hello"]
    given = sandbox.client("sagemaker").list_pipeline_parameters_for_execution(
        PipelineExecutionArn=arn
    )
    assert given["PipelineParameters"] == [{"Name": "N", "Value": "41"}]


def test_file_systems_cannot_be_mounted(sandbox: Sandbox) -> None:
    """The step fails with what can be done instead."""
    source = {
        "FileSystemId": "fs-0123456789a",
        "FileSystemType": "EFS",
        "DirectoryPath": "/",
        "FileSystemAccessMode": "ro",
    }
    step = job("look")
    channel = {"ChannelName": "images", "DataSource": {"FileSystemDataSource": source}}
    step["Arguments"]["InputDataConfig"] = [channel]
    make_pipeline(sandbox, "mounts", [step])
    reason = wait(sandbox, start(sandbox, "mounts"))["FailureReason"]
    assert "file systems cannot be mounted here" in reason
    assert "--file-system ID=FOLDER" in reason


def test_failure_says_why(sandbox: Sandbox) -> None:
    """Step, execution and training job carry the reason; the steps behind it do not run."""
    make_pipeline(sandbox, "fails", [job("bad", "raise SystemExit(3)"), after("next", "bad")])
    arn = start(sandbox, "fails")
    assert "exit code 3" in wait(sandbox, arn)["FailureReason"]
    steps = steps_of(sandbox, arn)
    assert list(steps) == ["bad"]
    job_name = steps["bad"]["Metadata"]["TrainingJob"]["Arn"].partition("/")[2]
    described = sandbox.client("sagemaker").describe_training_job(TrainingJobName=job_name)
    assert described["TrainingJobStatus"] == "Failed"
    assert "exit code 3" in described["FailureReason"]


def test_missing_grant_fails_as_on_aws(sandbox: Sandbox) -> None:
    """A role without a permission ends the step, which names action, resource and role."""
    make_pipeline(sandbox, "denied", [job("one", role="narrow")])
    narrow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    make_role(sandbox, "narrow", {"Version": "2012-10-17", "Statement": [narrow]})
    arn = start(sandbox, "denied")
    wait(sandbox, arn)
    reason = steps_of(sandbox, arn)["one"]["FailureReason"]
    assert "role/narrow is not authorized to perform: s3:PutObject" in reason
    assert f"arn:aws:s3:::{BUCKET}/p/one/" in reason
    make_role(sandbox, "narrow", ALL)
    again = start(sandbox, "denied")
    assert wait(sandbox, again)["PipelineExecutionStatus"] == "Succeeded"


def test_equal_job_is_a_cache_hit(sandbox: Sandbox) -> None:
    """A cached step whose request is the same is not run; its output is used downstream."""
    steps = [job("one", **CACHED), after("two", "one", **CACHED), after("three", "two")]
    make_pipeline(sandbox, "cached", steps)
    first = start(sandbox, "cached")
    wait(sandbox, first)
    second = start(sandbox, "cached")
    assert wait(sandbox, second)["PipelineExecutionStatus"] == "Succeeded"
    hits = {
        name: step.get("CacheHitResult", {}).get("SourcePipelineExecutionArn")
        for name, step in steps_of(sandbox, second).items()
    }
    assert hits == {"one": first, "two": first, "three": None}


def test_retry_runs_what_failed(sandbox: Sandbox, tmp_path: Path) -> None:
    """A retried execution keeps what succeeded and goes on."""
    flag = tmp_path / "flag"
    fails = f"open({str(flag)!r});{result('1')}"
    make_pipeline(sandbox, "retried", [job("one"), after("two", "one", fails)])
    arn = start(sandbox, "retried")
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Failed"
    before = steps_of(sandbox, arn)["one"]
    flag.touch()
    sandbox.client("sagemaker").retry_pipeline_execution(
        PipelineExecutionArn=arn, ClientRequestToken="t" * 32
    )
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Succeeded"
    assert steps_of(sandbox, arn)["one"] == before


def test_killed_job_is_tried_again_by_its_policy(sandbox: Sandbox, tmp_path: Path) -> None:
    """AttemptCount begins at 0; each attempt is a job, the first of which has failed."""
    dies = "f=h['f'];os.path.exists(f)or(os.mkdir(f),os.kill(os.getpid(),9));" + result("1")
    policy = {
        "ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"],
        "IntervalSeconds": 1,
        "MaxAttempts": 2,
    }
    values = {"f": str(tmp_path / "flag")}
    steps = [job("dies", dies, values=values, RetryPolicies=[policy]), job("lives")]
    make_pipeline(sandbox, "again", steps)
    arn = start(sandbox, "again")
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Succeeded"
    found = steps_of(sandbox, arn)
    assert {name: step["AttemptCount"] for name, step in found.items()} == {"dies": 1, "lives": 0}
    sagemaker = sandbox.client("sagemaker")
    prefix = f"p-dies-{arn.rpartition('/')[2]}"
    names = [
        entry["TrainingJobName"]
        for entry in sagemaker.list_training_jobs()["TrainingJobSummaries"]
        if entry["TrainingJobName"].startswith(prefix)
    ]
    jobs = [sagemaker.describe_training_job(TrainingJobName=name) for name in names]
    assert sorted(job["TrainingJobStatus"] for job in jobs) == ["Completed", "Failed"]
    (failed,) = (job for job in jobs if job["TrainingJobStatus"] == "Failed")
    assert failed["FailureReason"].startswith("InternalServerError: ended by SIGKILL")


def test_deployed_function_is_called(sandbox: Sandbox) -> None:
    """With the step's inputs, variables of the sandbox, and only if the role may do so."""
    code = (
        "import os\ndef handler(event, context):\n"
        " return {'n': event['n'] + 1, 'at': os.environ['AWS_ENDPOINT_URL']}"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", code)
    function = sandbox.client("lambda").create_function(
        FunctionName="increment",
        Runtime="python3.12",
        Role=make_role(sandbox, "functions"),
        Handler="app.handler",
        Timeout=20,
        Code={"ZipFile": packed.getvalue()},
    )["FunctionArn"]
    outputs = [
        {"OutputName": "n", "OutputType": "Integer"},
        {"OutputName": "at", "OutputType": "String"},
    ]
    ask = {
        "Name": "ask",
        "Type": "Lambda",
        "FunctionArn": function,
        "Arguments": {"n": 41},
        "OutputParameters": outputs,
    }
    make_pipeline(sandbox, "asks", [ask])
    arn = start(sandbox, "asks")
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Succeeded"
    assert steps_of(sandbox, arn)["ask"]["Metadata"]["Lambda"]["OutputParameters"] == [
        {"Name": "n", "Value": "42"},
        {"Name": "at", "Value": sandbox.environment["AWS_ENDPOINT_URL"]},
    ]
    make_role(sandbox, "pipelines", {**ALL, "Statement": {**ALL["Statement"], "Action": "s3:*"}})
    denied = start(sandbox, "asks")
    wait(sandbox, denied)
    make_role(sandbox, "pipelines")
    reason = steps_of(sandbox, denied)["ask"]["FailureReason"]
    assert "is not authorized to perform: lambda:InvokeFunction" in reason


def test_transform_job_runs_with_the_role_of_its_model(sandbox: Sandbox) -> None:
    """On what a training job of the execution has left; its job can be described."""
    module = "model_fn=lambda folder:0;transform_fn=lambda model,body,kind,accept:body.upper()"
    train = job(
        "train",
        "os.mkdir(b+'/model/code');open(b+'/model/code/inference.py','w').write(h['m'])",
        values={"m": module},
    )
    train["Arguments"]["OutputDataConfig"] = {"S3OutputPath": f"s3://{BUCKET}/p/train"}
    container = {
        "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1",
        "ModelDataUrl": {"Get": "Steps.train.ModelArtifacts.S3ModelArtifacts"},
    }
    made = {
        "Name": "make",
        "Type": "Model",
        "Arguments": {
            "ExecutionRoleArn": make_role(sandbox, "models"),
            "PrimaryContainer": container,
        },
    }
    data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/texts/"}}
    apply = {
        "Name": "apply",
        "Type": "Transform",
        "Arguments": {
            "ModelName": {"Get": "Steps.make.ModelName"},
            "TransformInput": {"DataSource": data, "ContentType": "text/csv"},
            "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/loud"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        },
    }
    make_pipeline(sandbox, "transforms", [train, made, apply])
    s3, sagemaker = sandbox.client("s3"), sandbox.client("sagemaker")
    s3.put_object(Bucket=BUCKET, Key="texts/a.txt", Body=b"hello")
    arn = start(sandbox, "transforms")
    described = wait(sandbox, arn)
    assert described["PipelineExecutionStatus"] == "Succeeded", described
    found = s3.get_object(Bucket=BUCKET, Key="loud/a.txt.out")["Body"].read()
    assert found == b"HELLO"
    name = steps_of(sandbox, arn)["apply"]["Metadata"]["TransformJob"]["Arn"].partition("/")[2]
    job_found = sagemaker.describe_transform_job(TransformJobName=name)
    assert job_found["TransformJobStatus"] == "Completed"
    make_role(sandbox, "models", {**ALL, "Statement": {**ALL["Statement"], "Action": "s3:Put*"}})
    denied = start(sandbox, "transforms")
    wait(sandbox, denied)
    reason = steps_of(sandbox, denied)["apply"]["FailureReason"]
    assert "role/models is not authorized to perform: s3:ListBucket" in reason


def test_selected_steps_use_earlier_outputs(sandbox: Sandbox) -> None:
    """Only the selected step runs, on the output that its upstream left in the source."""
    make_pipeline(sandbox, "selected", [job("one"), after("two", "one"), after("three", "two")])
    source = start(sandbox, "selected")
    wait(sandbox, source)
    config = {"SourcePipelineExecutionArn": source, "SelectedSteps": [{"StepName": "two"}]}
    arn = start(sandbox, "selected", SelectiveExecutionConfig=config)
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Succeeded"
    steps = steps_of(sandbox, arn)
    assert set(steps) == {"one", "two"}
    assert steps["one"]["SelectiveExecutionResult"]["SourcePipelineExecutionArn"] == source
    assert steps["two"]["Metadata"] != steps_of(sandbox, source)["two"]["Metadata"]


def test_processing_job_runs_with_its_role(sandbox: Sandbox) -> None:
    """It is described, logged and held to its role as a training job is."""
    out = "/opt/ml/processing/out"
    program = f"print('at work');open('{out}/n.json','w').write('{{\"n\":42}}')"
    step = {
        "Name": "sum",
        "Type": "Processing",
        "Arguments": {
            "ProcessingJobName": "p-sum",
            "RoleArn": "arn:aws:iam::000000000000:role/sums",
            "AppSpecification": {
                "ImageUri": "image",
                "ContainerEntrypoint": ["python3", "-c", program],
            },
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceType": "ml.m5.large",
                    "InstanceCount": 1,
                    "VolumeSizeInGB": 1,
                }
            },
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "out",
                        "S3Output": {
                            "S3Uri": f"s3://{BUCKET}/sums",
                            "LocalPath": out,
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
        },
        "PropertyFiles": [{"PropertyFileName": "N", "OutputName": "out", "FilePath": "n.json"}],
    }
    make_role(sandbox, "sums")
    make_pipeline(sandbox, "processing", [step])
    arn = start(sandbox, "processing")
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Succeeded", steps_of(sandbox, arn)
    job_arn = steps_of(sandbox, arn)["sum"]["Metadata"]["ProcessingJob"]["Arn"]
    name = job_arn.partition("/")[2]
    described = sandbox.client("sagemaker").describe_processing_job(ProcessingJobName=name)
    assert described["ProcessingJobStatus"] == "Completed"
    stored = sandbox.client("s3").get_object(Bucket=BUCKET, Key="sums/n.json")["Body"].read()
    assert json.loads(stored) == {"n": 42}
    logs = sandbox.client("logs")
    group = "/aws/sagemaker/ProcessingJobs"
    (stream,) = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=name)[
        "logStreams"
    ]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])
    assert [event["message"] for event in events["events"]] == ["at work"]

    read_only = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
    make_role(sandbox, "sums", {"Version": "2012-10-17", "Statement": [read_only]})
    arn = start(sandbox, "processing")
    wait(sandbox, arn)
    reason = steps_of(sandbox, arn)["sum"]["FailureReason"]
    assert "role/sums is not authorized to perform: s3:PutObject" in reason


def test_parallelism_is_held_to(sandbox: Sandbox) -> None:
    """ParallelismConfiguration of the pipeline, or of the start, limits the steps at once."""
    nap = "import time;time.sleep(0.3);" + result("1")
    make_pipeline(sandbox, "queued", [job(name, nap) for name in "abc"])
    sagemaker = sandbox.client("sagemaker")
    one_by_one = {"ParallelismConfiguration": {"MaxParallelExecutionSteps": 1}}
    sagemaker.update_pipeline(PipelineName="queued", **one_by_one)
    by_pipeline = start(sandbox, "queued")
    wait(sandbox, by_pipeline)
    sagemaker.update_pipeline(
        PipelineName="queued", ParallelismConfiguration={"MaxParallelExecutionSteps": 3}
    )
    by_start = start(sandbox, "queued", **one_by_one)
    wait(sandbox, by_start)
    for arn in (by_pipeline, by_start):
        steps = sorted(steps_of(sandbox, arn).values(), key=lambda step: step["StartTime"])
        assert len(steps) == 3
        assert all(a["EndTime"] <= b["StartTime"] for a, b in itertools.pairwise(steps))


def test_definition_may_lie_in_s3(sandbox: Sandbox) -> None:
    """A definition that is too long for a template is read from its bucket."""
    make_pipeline(sandbox, "short", [job("one", result("'short'"))])
    body = {"Version": "2020-12-01", "Steps": [job("one", result("'from s3'"))]}
    sandbox.client("s3").put_object(Bucket=BUCKET, Key="long.json", Body=json.dumps(body))
    template = {
        "Resources": {
            "Long": {
                "Type": "AWS::SageMaker::Pipeline",
                "Properties": {
                    "PipelineName": "long",
                    "RoleArn": "arn:aws:iam::000000000000:role/pipelines",
                    "PipelineDefinition": {
                        "PipelineDefinitionS3Location": {"Bucket": BUCKET, "Key": "long.json"}
                    },
                },
            }
        }
    }
    cloudformation = sandbox.client("cloudformation")
    cloudformation.create_stack(StackName="long", TemplateBody=json.dumps(template))
    arn = start(sandbox, "long")
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Succeeded"
    described = sandbox.client("sagemaker").describe_pipeline(PipelineName="long")
    assert json.loads(described["PipelineDefinition"]) == body


def test_stopped_execution_ends(sandbox: Sandbox) -> None:
    """Stopping ends the running job; the execution is Stopped."""
    make_pipeline(sandbox, "stopped", [job("slow", SLOW)])
    arn = start(sandbox, "stopped")
    eventually(lambda: steps_of(sandbox, arn))
    sandbox.client("sagemaker").stop_pipeline_execution(
        PipelineExecutionArn=arn, ClientRequestToken="t" * 32
    )
    assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Stopped"
    assert steps_of(sandbox, arn)["slow"]["StepStatus"] == "Stopped"


def test_executions_do_not_mix(sandbox: Sandbox) -> None:
    """Ten executions of two pipelines at once all end with their own results."""
    number = [{"Name": "N", "Type": "String"}]
    for name in ("left", "right"):
        program = result(f"{name!r}+h['n']")
        make_pipeline(
            sandbox, name, [job("one", program, values={"n": {"Get": "Parameters.N"}})], number
        )
    arns = {
        (name, str(n)): start(sandbox, name, PipelineParameters=[{"Name": "N", "Value": str(n)}])
        for n in range(5)
        for name in ("left", "right")
    }
    s3, sagemaker = sandbox.client("s3"), sandbox.client("sagemaker")
    for (name, n), arn in arns.items():
        assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Succeeded"
        job_arn = steps_of(sandbox, arn)["one"]["Metadata"]["TrainingJob"]["Arn"]
        described = sagemaker.describe_training_job(TrainingJobName=job_arn.partition("/")[2])
        uri = described["ModelArtifacts"]["S3ModelArtifacts"]
        key = f"{uri.removeprefix(f's3://{BUCKET}/')}results.json"
        found = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        assert found == {"Result": f"{name}{n}"}


def test_killed_sandbox_loses_no_finished_step(tmp_path: Path) -> None:
    """After kill -9 the execution has failed, its finished step is there, and it can go on."""
    sandbox = Sandbox(tmp_path / "state")
    flag = tmp_path / "flag"
    slow = "import time;[time.sleep(.1) for _ in iter(lambda:os.path.exists(h['f']),True)]"
    with sandbox:
        make_pipeline(
            sandbox, "killed", [job("one"), after("two", "one", slow, values={"f": str(flag)})]
        )
        arn = start(sandbox, "killed")
        eventually(lambda: "two" in steps_of(sandbox, arn))
        pid = json.loads((sandbox.folder / "process.json").read_text())["pid"]
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert not sandbox.is_up()
        sandbox.up()
        described = wait(sandbox, arn)
        assert described["PipelineExecutionStatus"] == "Failed"
        assert "retry it to go on" in described["FailureReason"]
        assert steps_of(sandbox, arn)["one"]["StepStatus"] == "Succeeded"
        flag.touch()
        sandbox.client("sagemaker").retry_pipeline_execution(
            PipelineExecutionArn=arn, ClientRequestToken="t" * 32
        )
        assert wait(sandbox, arn)["PipelineExecutionStatus"] == "Succeeded"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([{"Name": "Dept", "Value": "1"}], "no parameter 'Dept', there is Depth"),
        ([{"Name": "Depth", "Value": "deep"}], "Depth='deep' is no Integer"),
        ([], "Depth has no default"),
    ],
)
def test_wrong_parameters_are_refused(
    sandbox: Sandbox, given: list[dict[str, str]], said: str
) -> None:
    """An execution with wrong parameters does not start; the answer says what is wrong."""
    name = f"strict-{len(said)}"
    make_pipeline(sandbox, name, [job("one")], [{"Name": "Depth", "Type": "Integer"}])
    with pytest.raises(ClientError, match=said):
        start(sandbox, name, PipelineParameters=given)


def test_unknown_pipeline_is_not_found(sandbox: Sandbox) -> None:
    """Starting what does not exist is ResourceNotFound."""
    with pytest.raises(ClientError, match="ResourceNotFound"):
        start(sandbox, "nobody")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([{**job("one"), "DependsOn": ["gone"]}], "one waits for gone"),
        ([job("one", values={"x": {"Get": "Parameters.X"}})], "'X', which is not declared"),
        ([{"Name": "one", "Type": "Training", "Arguments": {"Nonsense": 1}}], "Nonsense"),
        ([job("one"), job("one")], "more than one step is called one"),
    ],
)
def test_bad_definition_is_refused(
    sandbox: Sandbox, steps: list[dict[str, Any]], said: str
) -> None:
    """What the service would refuse is refused when the pipeline is made."""
    with pytest.raises(ClientError, match=said):
        make_pipeline(sandbox, "bad", steps)
    names = sandbox.client("sagemaker").list_pipelines(PipelineNamePrefix="bad")
    assert names["PipelineSummaries"] == []
