"""Reports of executions in the sandbox, as a user asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from constructs_lib.cli.main import main
from constructs_lib.sandbox import Sandbox
from tests.functional.sandbox.pipelines import BUCKET, job, make_pipeline, result, start, wait

NAME = "reported"
PARAMETER = {"Name": "Divisor", "Type": "Integer", "DefaultValue": 2}
DIVISOR = {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Divisor"}]}}


@pytest.fixture(scope="module")
def executions(sandbox: Sandbox) -> Iterator[list[str]]:
    """ARNs of one execution that succeeded and a later one that failed."""
    table = f"s3://{BUCKET}/table/raw.csv"
    make_pipeline(
        sandbox,
        NAME,
        [
            job("first", "print('<b>read</b>');" + result("{'auc':0.5}"), channels={"raw": table}),
            job("last", result("1/int(h['d'])"), values={"d": DIVISOR}, DependsOn=["first"]),
        ],
        [PARAMETER],
    )
    sandbox.client("s3").put_object(Bucket=BUCKET, Key="table/raw.csv", Body=b"age,sex\n61,f\n")
    good = start(sandbox, NAME)
    wait(sandbox, good)
    bad = start(sandbox, NAME, PipelineParameters=[{"Name": "Divisor", "Value": "0"}])
    wait(sandbox, bad)
    yield [good, bad]
    sandbox.client("sagemaker").delete_pipeline(PipelineName=NAME, ClientRequestToken="t" * 32)


@pytest.fixture(autouse=True)
def signed_in(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Be somewhere else, with the sandbox's environment."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def test_reports_and_compares(executions: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The latest execution of a pipeline, by name, against the one before, by that word."""
    assert main(["report", f"{NAME}:latest", "--against", "previous"]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.parent == Path(".constructs-lib/reports")
    text = path.read_text(encoding="utf-8")
    assert "What failed" in text
    assert "ZeroDivisionError" in text
    assert "&lt;b&gt;read&lt;/b&gt;" in text
    assert "<b>read</b>" not in text
    assert '<th scope="col">age</th>' in text  # the head of the input
    assert f"Against execution {executions[0].rpartition('/')[2]}" in text
    assert "Divisor" in text
    assert f"constructs-lib logs last --pipeline {NAME} --execution" in text


def test_takes_an_arn(executions: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An ARN names pipeline, execution and Region."""
    assert main(["report", executions[0], "--output", "here/page.html"]) == 0
    assert capsys.readouterr().out == "here/page.html\n"
    text = Path("here/page.html").read_text(encoding="utf-8")
    assert "What failed" not in text
    assert "0.5" in text


def test_says_what_there_is(executions: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An execution that is not there is answered with those that are."""
    assert main(["report", f"{NAME}:nothere"]) == 2
    assert executions[0].rpartition("/")[2] in capsys.readouterr().err
    assert main(["report", executions[0], "--against", "previous"]) == 2
    assert "has no execution before" in capsys.readouterr().err
