"""The commands about deployed pipelines, as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from constructs_lib.cli.main import main
from constructs_lib.local.assembly import Assembly
from constructs_lib.sandbox import Sandbox
from tests.functional.local.assemblies import write_assembly
from tests.functional.sandbox.pipelines import (
    BUCKET,
    eventually,
    job,
    make_pipeline,
    result,
    start,
    steps_of,
    wait,
)

DEPTH = {"Name": "Depth", "Type": "Integer", "DefaultValue": 3}
VALUE = {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Depth"}]}}

ROOT = Path(__file__).resolve().parents[3]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a command in the sandbox's environment: exit code, stdout, stderr."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)

    def command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture
def two_steps(sandbox: Sandbox) -> Iterator[str]:
    """Yield a pipeline: ``first`` gives its depth, ``last`` fails if the depth is 0."""
    name = "two-steps"
    make_pipeline(
        sandbox,
        name,
        [
            job("first", "print('so deep',h['d']);" + result("int(h['d'])"), values={"d": VALUE}),
            job(
                "last", "1/int(h['d']);" + result("'end'"), values={"d": VALUE}, DependsOn=["first"]
            ),
        ],
        [DEPTH],
    )
    yield name
    sandbox.client("sagemaker").delete_pipeline(PipelineName=name, ClientRequestToken="t" * 32)


def test_start_waits_and_shows_each_step(run: Run, two_steps: str) -> None:
    """The ARN comes first, then a line for each change, then how it ended."""
    code, out, err = run("start", two_steps, "-p", "Depth=8", "--wait", "--display-name", "deep")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("arn:aws:sagemaker:us-east-1:000000000000:pipeline/two-steps/exec")
    assert [line.split()[:2] for line in lines[1:] if line.split()[1] == "Succeeded"] == [
        ["first", "Succeeded"],
        ["last", "Succeeded"],
        ["two-steps:", "Succeeded"],
    ]
    assert run("result", "first", "--pipeline", two_steps)[1] == "8\n"
    code, out, _ = run("status", "--pipeline", two_steps)
    assert code == 0
    assert ": Succeeded" in out
    code, out, _ = run("executions", two_steps)
    assert "deep" in out
    assert lines[0].rpartition("/")[2] in out
    assert run("logs", "--pipeline", two_steps)[1] == "first | so deep 8\n"
    assert run("logs", "first", "--follow", "--pipeline", two_steps)[1] == "so deep 8\n"


def test_failure_gives_the_reason_and_exit_code_1(
    run: Run, two_steps: str, sandbox: Sandbox
) -> None:
    """The failed step, its reason, and the command that shows its log; it can be retried."""
    code, out, err = run("start", two_steps, "-p", "Depth=0", "--wait")
    assert code == 1
    assert "two-steps: Failed" in out
    assert "step last failed: " in err
    execution = out.splitlines()[0].rpartition("/")[2]
    hint = next(line for line in err.splitlines() if "its log: " in line)
    shown = hint.removeprefix("its log: constructs-lib ").split()
    assert execution in shown
    assert "ZeroDivisionError" in run(*shown)[1]
    assert run("status", "--pipeline", two_steps)[0] == 1
    assert "it is Failed" in run("result", "last", "--pipeline", two_steps)[2]

    code, out, err = run("retry", "--pipeline", two_steps, "--wait")
    assert (code, out.splitlines()[0].rpartition("/")[2]) == (1, execution)


def test_selected_steps_take_the_others_from_the_latest_that_ended(
    run: Run, two_steps: str, sandbox: Sandbox
) -> None:
    """``--select`` alone does what the SageMaker SDK does by default."""
    source = start(sandbox, two_steps)
    wait(sandbox, source)
    code, out, err = run("start", two_steps, "--select", "last", "--wait")
    assert (code, err) == (0, "")
    assert "not selected: output used again" in out
    steps = steps_of(sandbox, out.splitlines()[0])
    assert steps["first"]["SelectiveExecutionResult"]["SourcePipelineExecutionArn"] == source
    assert run("start", two_steps, "--select", "last", "--from", source, "--wait")[0] == 0


def test_stop_and_watch(run: Run, sandbox: Sandbox) -> None:
    """A running execution is stopped; who waits for it sees that."""
    make_pipeline(sandbox, "endless", [job("sleeper", "import time;time.sleep(100)")])
    code, out, _ = run("start", "endless", "--parallel", "1")
    arn = out.strip()
    assert code == 0
    eventually(lambda: steps_of(sandbox, arn).get("sleeper"))
    described = sandbox.client("sagemaker").describe_pipeline_execution(PipelineExecutionArn=arn)
    assert described["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 1}
    code, out, _ = run("status", "--pipeline", "endless", "--execution", arn)
    assert code == 0
    assert "Executing" in out
    assert "only one that failed" in run("retry", "--pipeline", "endless")[2]
    assert run("stop", "--pipeline", "endless")[:2] == (0, f"stopping {arn}\n")
    code, out, _ = run("status", "--pipeline", "endless", "--wait")
    assert code == 1
    assert "endless: Stopped" in out
    assert "has ended: it is Stopped" in run("stop", "--pipeline", "endless")[2]


def test_result_that_is_no_json_is_loaded(run: Run, sandbox: Sandbox, tmp_path: Path) -> None:
    """The shim's own loading gives the value; the files stay for other tools."""
    program = (
        "import hashlib;d=b+'/model/value';os.makedirs(d);p=b'\\x80\\x04\\x8f.';"
        "open(d+'/p','wb').write(p);s=hashlib.sha256(p).hexdigest();"
    )
    store = (
        "c={'protocol':1,'producer':{'job':os.environ['TRAINING_JOB_NAME'],'code':''}};"
        "t=json.dumps({**c,'serializer':'pickle','file':'p','sha256':s}).encode();"
        "open(d+'/payload.json','wb').write(t);s=hashlib.sha256(t).hexdigest();"
        "m={**c,'structure':'value','parts':[{'key':None,'folder':'value','sha256':s}],'views':{}};"
        "json.dump(m,open(b+'/model/manifest.json','w'))"
    )
    script = tmp_path / "store.py"
    script.write_text("import json, os\nb = os.environ['SAGEMAKER_BASE_DIR']\n" + program + store)
    make_pipeline(sandbox, "pickled", [job("give", f"exec(open({str(script)!r}).read())")])
    wait(sandbox, start(sandbox, "pickled"))
    folder = tmp_path / "files"
    code, out, err = run("result", "give", "--pipeline", "pickled", "--output", str(folder))
    assert (code, out) == (0, "set()\n"), err
    assert (folder / "value" / "p").read_bytes() == b"\x80\x04\x8f."

    (key,) = (
        entry["Key"]
        for entry in sandbox.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
        if entry["Key"].endswith("value/p")
    )
    sandbox.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"changed")
    code, _, err = run("result", "give", "--pipeline", "pickled", "--output", str(folder))
    assert code == 2
    assert "was changed after it was written" in err

    manifest = key.replace("value/p", "manifest.json")
    body = sandbox.client("s3").get_object(Bucket=BUCKET, Key=manifest)["Body"].read()
    other = body.replace(json.loads(body)["producer"]["job"].encode(), b"another-job")
    sandbox.client("s3").put_object(Bucket=BUCKET, Key=manifest, Body=other)
    code, _, err = run("result", "give", "--pipeline", "pickled", "--output", str(folder))
    assert code == 2
    assert "stored by another job: another-job" in err


def test_import_starts_an_app(run: Run, two_steps: str, tmp_path: Path) -> None:
    """What it writes synthesizes to the same steps and parameters; nothing is overwritten."""
    folder = tmp_path / "app"
    code, out, err = run("import", two_steps, "--output", str(folder))
    assert (code, out, err) == (0, f"{folder}: cdk synth\n", "")
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CDK_OUTDIR": "cdk.out"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pipeline = Assembly(folder / "cdk.out").find("two-steps-cdk")
    assert [step["Name"] for step in pipeline.definition["Steps"]] == ["first", "last"]
    assert pipeline.definition["Parameters"] == [DEPTH]
    assert "is there already" in run("import", two_steps, "--output", str(folder))[2]


def test_part_of_a_result(run: Run, sandbox: Sandbox) -> None:
    """Keys and indices lead to a part; a wrong one is answered with what there is."""
    make_pipeline(sandbox, "parts", [job("give", result("{'a':[5,{'1':6}]}"))])
    wait(sandbox, start(sandbox, "parts"))
    give = ("result", "--pipeline", "parts", "give")
    assert run(*give, "a", "0")[1] == "5\n"
    assert run(*give, "a", "1", "1")[1] == "6\n"
    assert "it is a dict with the keys a" in run(*give, "b")[2]
    assert "it is a list of 2" in run(*give, "a", "2")[2]
    assert "it is a int" in run(*give, "a", "0", "x")[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["start", "two-step"], "is deployed; there is: "),
        (["start", "two-step"], "did you mean 'two-steps'?"),
        (["start", "two-steps", "-p", "Dept=1"], "did you mean 'Depth'?"),
        (["start", "two-steps", "-p", "Depth=x"], "Depth='x' is no Integer"),
        (["start", "two-steps", "-p", "Depth"], "write it as NAME=VALUE"),
        (["start", "two-steps", "--select", "lost"], "did you mean 'last'?"),
        (["start", "two-steps", "--select", "last", "--from", "x"], "has no execution 'x'"),
        (["start", "two-steps", "--from", "x"], "no step to select"),
        (["status", "--pipeline", "two-steps"], "was never started"),
        (["status", "--pipeline", "two-steps", "--execution", "abc"], "no execution 'abc'"),
        (["status", "--profile", "nobody"], "profile (nobody) could not be found"),
    ],
)
def test_wrong_input_is_explained(
    run: Run, two_steps: str, arguments: list[str], message: str
) -> None:
    """Exit code 2 and one message, never a traceback."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("constructs-lib: ")
    assert message in err


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "no AWS Region is set"),
        ({"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}, "no AWS credentials"),
        (
            {
                "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "a",
                "AWS_SECRET_ACCESS_KEY": "b",
                "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
                "AWS_MAX_ATTEMPTS": "1",
            },
            "is the sandbox up?",
        ),
    ],
)
def test_way_to_the_account_is_explained(
    variables: dict[str, str], message: str, tmp_path: Path
) -> None:
    """What boto3 misses is said with what to do."""
    done = subprocess.run(
        [sys.executable, "-m", "constructs_lib.cli.main", "executions", "p"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_refusal_of_the_account_is_passed_on(
    run: Run, two_steps: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A denied call names the action."""

    def deny(self: object, operation: str, arguments: object) -> None:
        answer = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}
        raise ClientError(answer, operation)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", deny)
        code, _, err = run("executions", two_steps)
    assert code == 2
    assert "DescribePipeline was refused: not authorized (grant this action" in err


def test_pipeline_is_found_by_its_construct(run: Run, two_steps: str, tmp_path: Path) -> None:
    """With an assembly, the names that ``run`` takes are taken here, and the only one is meant."""
    write_assembly(tmp_path / "cdk.out", [], PipelineName=two_steps)
    app = ("--app", str(tmp_path / "cdk.out"))
    assert run("executions", *app)[1] == "two-steps was never started\n"
    assert run("executions", "Pipe", *app)[1] == "two-steps was never started\n"
