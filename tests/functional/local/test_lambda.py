"""Lambda steps whose function is a resource of the app."""

from __future__ import annotations

import json
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.local.execution import Execution, StepRecord
from constructs_lib.local.intrinsics import Template
from constructs_lib.local.steps import Options
from tests.functional.local.assemblies import job, make_engine, run_steps

ARN = "arn:aws:lambda:us-east-1:000000000000:function:fn"


def function(code: str | None = None, **properties: Any) -> dict[str, Any]:
    """Return resources with a function ``fn``."""
    given = {
        "Code": {"ZipFile": code},
        "Handler": "index.handler",
        "Runtime": "python3.12",
        "Timeout": 20,
        **properties,
    }
    return {"Fn": {"Type": "AWS::Lambda::Function", "Properties": given}}


def ask(*outputs: str, arn: str = ARN, **inputs: Any) -> dict[str, Any]:
    """Return a Lambda step; outputs are such as ``n:Integer``."""
    declared = [dict(zip(("OutputName", "OutputType"), o.split(":"), strict=True)) for o in outputs]
    return {
        "Name": "ask",
        "Type": "Lambda",
        "FunctionArn": arn,
        "Arguments": inputs,
        "OutputParameters": declared,
    }


def call(folder: Path, code: str, *outputs: str, **inputs: Any) -> StepRecord:
    """Call an inline handler and return the step's record."""
    return run_steps(folder, [ask(*outputs, **inputs)], resources=function(code)).step("ask")


def test_inline_function_is_called_with_the_inputs(tmp_path: Path) -> None:
    """What it returns is read by other steps, and shown; its prints are the step's log."""
    code = "def handler(event, context):\n print('asked')\n return {'n': event['n'] + 1, 'more': 0}"
    text = {"Std:Join": {"On": "", "Values": [{"Get": "Steps.ask.OutputParameters['n']"}]}}
    steps = [
        ask("n:Integer", n={"Get": "Parameters.N"}),
        job("last", "give(values)", values={"n": text}),
    ]
    given = {"Name": "N", "Type": "Integer", "DefaultValue": 41}
    execution = run_steps(tmp_path, steps, parameters=[given], resources=function(code))
    record = execution.step("ask")
    assert (record.status, record.result, record.is_stub) == ("Succeeded", {"n": 42}, False)
    assert execution.step("last").result == {"n": "42"}
    assert Path(str(record.log)).read_text() == "asked\n"


@pytest.mark.parametrize("packed", [False, True])
def test_function_in_an_asset_is_called(tmp_path: Path, packed: bool) -> None:
    """A folder or a zip of it, with modules of its own."""
    code = tmp_path / "cdk.out" / "asset"
    (code / "app").mkdir(parents=True)
    (code / "helper.py").write_text("VALUE = 5")
    main = "import helper\ndef go(event, context):\n return {'n': helper.VALUE}"
    (code / "app" / "main.py").write_text(main)
    if packed:
        with zipfile.ZipFile(tmp_path / "cdk.out" / "asset.zip", "w") as archive:
            for path in code.rglob("*.py"):
                archive.write(path, path.relative_to(code))
    resources = function(Code={"S3Bucket": "assets", "S3Key": "k.zip"}, Handler="app/main.go")
    files = {"k.zip": "asset.zip" if packed else "asset"}
    record = run_steps(tmp_path, [ask("n:Integer")], resources=resources, files=files).step("ask")
    assert record.result == {"n": 5}, record.reason
    assert not (code / "__pycache__").exists()


@pytest.mark.parametrize(("kind", "qualifier"), [("Version", "1"), ("Alias", "live")])
def test_version_of_a_function_is_called(tmp_path: Path, kind: str, qualifier: str) -> None:
    """The code that is synthesized is that of each version and alias."""
    named = {"Name": "live"} if kind == "Alias" else {}
    properties = {"FunctionName": {"Ref": "Fn"}, **named}
    code = "def handler(event, context):\n return {'arn': context.invoked_function_arn}"
    resources = {
        **function(code),
        "Other": {"Type": f"AWS::Lambda::{kind}", "Properties": properties},
    }
    assert Template({"Resources": resources}, "s").resolve({"Ref": "Other"}) == f"{ARN}:{qualifier}"
    step = ask("arn:String", arn=f"{ARN}:{qualifier}")
    record = run_steps(tmp_path, [step], resources=resources).step("ask")
    assert record.result == {"arn": f"{ARN}:{qualifier}"}


def test_function_sees_its_variables_and_its_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And neither credentials nor variables of who runs it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("SECRET", "mine")
    code = """
import json, os
def handler(event, context):
    names = ("MODE", "AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "AWS_SHARED_CREDENTIALS_FILE",
             "AWS_ACCESS_KEY_ID", "SECRET")
    left = context.get_remaining_time_in_millis()
    return {"seen": json.dumps({
        "variables": [os.environ.get(name) for name in names],
        "context": [context.function_name, context.invoked_function_arn, context.function_version,
                    context.memory_limit_in_mb, context.log_group_name],
        "has id and time": bool(context.aws_request_id) and 15000 < left <= 20000,
    })}
"""
    properties = {"Environment": {"Variables": {"MODE": "fast"}}, "MemorySize": 256}
    resources = function(code, **properties)
    record = run_steps(tmp_path, [ask("seen:String")], resources=resources).step("ask")
    assert json.loads(record.result["seen"]) == {
        "variables": ["fast", "us-east-1", "fn", "/dev/null", None, None],
        "context": ["fn", ARN, "$LATEST", "256", "/aws/lambda/fn"],
        "has id and time": True,
    }


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise ValueError('no luck')", "ValueError: no luck"),
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named"),
        ("import sys; sys.exit(3)", "Runtime.ExitError: Runtime exited with exit status 3"),
        ("return {'n': object()}", "Runtime.MarshalError: Unable to marshal response"),
        ("return {'m': 1}", "the function returned no output 'n', but 'm'"),
        ("return 5", "the function returned 5: return a flat dict"),
        ("return {'n': '5'}", "output 'n' of the function is '5', which is no Integer"),
        ("return {'n': True}", "output 'n' of the function is True, which is no Integer"),
        ("return {'n': [5]}", "output 'n' of the function is [5], which is no Integer"),
    ],
)
def test_failure_names_its_type_and_message(tmp_path: Path, code: str, reason: str) -> None:
    """Whether the function raises, ends, or returns something else than declared."""
    record = call(tmp_path, f"def handler(event, context):\n {code}", "n:Integer")
    assert record.status == "Failed"
    assert str(record.reason).startswith(reason)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import nothing_of_that_name", "Runtime.ImportModuleError: Unable to import module"),
        ("other = 1", "Runtime.HandlerNotFound"),
    ],
)
def test_function_that_cannot_be_loaded_fails(tmp_path: Path, code: str, reason: str) -> None:
    """In Lambda's words."""
    assert str(call(tmp_path, code).reason).startswith(reason)


def test_outputs_of_each_type(tmp_path: Path) -> None:
    """A whole number is a Float too."""
    code = "def handler(event, context):\n return {'s': 'x', 'f': 1, 'b': False}"
    record = call(tmp_path, code, "s:String", "f:Float", "b:Boolean")
    assert record.result == {"s": "x", "f": 1, "b": False}, record.reason


def test_function_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """After its Timeout, which the import of its modules does not use up."""
    code = "import time\ntime.sleep(1.5)\ndef handler(e, c):\n time.sleep(e['s'])"
    resources = function(code, Timeout=1)
    slow = run_steps(tmp_path, [ask(s=20)], run="slow", resources=resources).step("ask")
    assert slow.reason == "Sandbox.Timedout: Task timed out after 1.00 seconds"
    quick = run_steps(tmp_path, [ask(s=0)], run="quick", resources=resources).step("ask")
    assert quick.status == "Succeeded", quick.reason


def test_stopping_ends_the_call(tmp_path: Path) -> None:
    """As it ends jobs."""
    code = "import time\ndef handler(event, context):\n time.sleep(20)"

    def stop(execution: Execution) -> None:
        if execution.step("ask").status == "Executing":
            threading.Timer(0.3, engine.stop).start()

    engine = make_engine(tmp_path, [ask()], on_change=stop, resources=function(code))
    began = time.monotonic()
    assert engine.run().step("ask").status == "Stopped"
    assert time.monotonic() - began < 10


def test_what_cannot_be_called_is_made_up(tmp_path: Path) -> None:
    """A function of elsewhere, of another language, or one that the user answers for."""
    code = "def handler(event, context):\n return {'n': 1}"
    elsewhere = ask("n:Integer", arn="arn:aws:lambda:eu-west-1:123456789012:function:other")
    node = function("exports.handler = 1", Runtime="nodejs22.x")
    answered = Options(stubs={"ask": {"OutputParameters": {"n": 7}}})
    runs: list[tuple[dict[str, Any], dict[str, Any], Options | None]] = [
        (elsewhere, function(code), None),
        (ask("n:Integer"), node, None),
        (ask("n:Integer"), function(code), answered),
    ]
    for number, (step, resources, options) in enumerate(runs):
        record = run_steps(
            tmp_path, [step], run=str(number), resources=resources, options=options
        ).step("ask")
        assert (record.status, record.is_stub) == ("Succeeded", True)
