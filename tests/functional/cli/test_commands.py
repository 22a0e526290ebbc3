"""The commands as a user runs them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.local.assemblies import condition, equals, job, result_of, write_assembly

ROOT = Path(__file__).resolve().parents[3]


def command(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "constructs_lib.cli.main", *arguments],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


DEPTH = {"Name": "Depth", "Type": "Integer", "DefaultValue": 3}
VALUE = {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Depth"}]}}


def test_run_shows_each_step_and_where_everything_is(tmp_path: Path) -> None:
    """A run without a terminal prints a line for each change, then results and the folder."""
    write_assembly(
        tmp_path / "cdk.out",
        [
            job("first", "give({'depth': int(values['d'])})", values={"d": VALUE}),
            job("last", depends_on=["first"]),
        ],
        parameters=[DEPTH],
    )
    outcome = command(tmp_path, "run", "-p", "Depth=8")
    assert outcome.returncode == 0, outcome.stderr
    lines = outcome.stdout.splitlines()
    assert lines[0].split() == ["first", "Executing"]
    assert "p: Succeeded" in lines
    assert '  first: {"depth": 8}' in lines
    assert lines[-1].startswith("record, logs and outputs: .constructs-lib/runs/p/")
    (record,) = (tmp_path / ".constructs-lib").rglob("run.json")
    assert json.loads(record.read_text())["parameters"] == {"Depth": 8}


def test_failed_run_shows_the_traceback_and_exits_with_1(tmp_path: Path) -> None:
    """The failing step's log is on stderr."""
    write_assembly(tmp_path / "cdk.out", [job("bad", "1 / 0"), job("after", depends_on=["bad"])])
    outcome = command(tmp_path, "run")
    assert outcome.returncode == 1
    assert "step bad failed" in outcome.stderr
    assert "ZeroDivisionError: division by zero" in outcome.stderr
    assert "NotRun" in outcome.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--app", "nowhere"], "run `cdk synth` first"),
        (["run", "other"], "no pipeline called 'other'"),
        (["run", "-p", "Dept=1"], "did you mean 'Depth'?"),
        (["run", "-p", "Depth"], "write it as NAME=VALUE"),
        (["run", "-p", "Depth=x"], "Depth='x' is no Integer"),
        (["run", "--bucket", "Nope=."], "no such bucket; the stack makes: Raw"),
        (["run", "--bucket", "Raw=missing"], "there is no folder missing"),
        (["run", "--file-system", "Nope=."], "no such file system; the stack makes: none"),
        (["run", "--file-system", "fs-1=missing"], "there is no folder missing"),
        (["run", "--python", "python9.9"], "no such interpreter"),
        (["run", "--parallel", "0"], "at least 1"),
        (["graph", "--format", "png"], "invalid choice"),
        ([], "required"),
    ],
)
def test_wrong_use_is_one_clear_message(tmp_path: Path, arguments: list, message: str) -> None:
    """Exit code 2, a message on stderr, no traceback."""
    write_assembly(tmp_path / "cdk.out", [job("s")], parameters=[DEPTH])
    outcome = command(tmp_path, *arguments)
    assert outcome.returncode == 2
    assert message in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_selected_steps_use_what_the_others_have_left(tmp_path: Path) -> None:
    """In the latest run, or in one that is named; all items of a ForEach step among it."""
    item = {"Std:Join": {"On": "", "Values": [{"Get": "ForEach.CurrentItem"}]}}
    each = {
        "Name": "each",
        "Type": "ForEach",
        "Arguments": {
            "IterableItems": [4, 5],
            "MaxConcurrency": 2,
            "ForEachBody": [job("work", "give(int(values['n']))", values={"n": item})],
        },
    }
    folder = {"Get": "Steps.each.IterationOutputs[0].work.OutputDataConfig.S3OutputPath"}
    reads = (
        "give(sorted(json.loads(p.read_text())['Result'] for p in base.rglob('data/in/*/*/*/*')))"
    )
    steps = [
        job("first", "give(int(values['d']))", values={"d": VALUE}),
        each,
        job("last", reads, values={"x": text_of(result_of("first"))}, channels={"in": folder}),
    ]
    write_assembly(tmp_path / "cdk.out", steps, parameters=[DEPTH])
    first = command(tmp_path, "run", "-p", "Depth=8")
    assert first.returncode == 0, first.stderr
    again = command(tmp_path, "run", "--select", "last")
    assert again.returncode == 0, again.stderr
    assert "  last: [4, 5]" in again.stdout.splitlines()
    ran = [line.split()[0] for line in again.stdout.splitlines() if " Executing" in line]
    assert ran == ["last"]
    (old,) = [p for p in (tmp_path / ".constructs-lib/runs/p").iterdir() if p.name in first.stdout]
    named = command(tmp_path, "run", "--select", "last", "--from", old.name)
    assert named.returncode == 0, named.stderr


def text_of(value: object) -> dict[str, object]:
    return {"Std:Join": {"On": "", "Values": [value]}}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--select", "last"], "there is no earlier run"),
        (["--select", "last", "--from", "abc"], "there is no earlier run 'abc'"),
        (["--from", "abc"], "--from needs --select"),
    ],
)
def test_selection_without_a_source_is_explained(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    """Before anything runs."""
    write_assembly(tmp_path / "cdk.out", [job("last")])
    outcome = command(tmp_path, "run", *arguments)
    assert outcome.returncode == 2
    assert message in outcome.stderr


def test_graph(tmp_path: Path) -> None:
    """Text shows branches by indentation, Mermaid shapes and edges."""
    gate = condition(
        "gate",
        [equals(result_of("a"), 1)],
        [job("b")],
        [{"Name": "c", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}],
    )
    write_assembly(tmp_path / "cdk.out", [job("a"), gate, job("d", depends_on=["a"])])
    assert command(tmp_path, "graph").stdout.splitlines() == [
        "a",
        "gate [Condition]  ← a",
        "  if",
        "    b",
        "  else",
        "    c [Fail]",
        "d  ← a",
    ]
    assert command(tmp_path, "graph", "--format", "mermaid").stdout.splitlines() == [
        "flowchart TD",
        '  s0["a"]',
        '  s1{"gate"}',
        '  s2["b"]',
        '  s3(["c"])',
        '  s4["d"]',
        "  s0 --> s1",
        "  s1 -->|if| s2",
        "  s1 -->|else| s3",
        "  s0 -.-> s4",
    ]


def test_steps_that_cannot_run_here_are_made_up(tmp_path: Path) -> None:
    """A step of the service's own is drawn; a run says that it has not run."""
    steps = [{"Name": "notify", "Type": "Lambda", "DependsOn": ["a"]}, job("a")]
    write_assembly(tmp_path / "cdk.out", steps)
    assert command(tmp_path, "graph").stdout.splitlines() == ["notify [Lambda]  ← a", "a"]
    outcome = command(tmp_path, "run")
    assert outcome.returncode == 0, outcome.stderr
    assert "not run: stub" in outcome.stdout


def test_terminal_shows_a_table(tmp_path: Path) -> None:
    """On a terminal there is one table, with every step in its last state."""
    write_assembly(tmp_path / "cdk.out", [job("first", "give('done')"), job("second", "1 / 0")])
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "constructs_lib.cli.main", "run"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "120"},
        stdout=follower,
        stderr=subprocess.PIPE,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:  # how Linux says that the other side is closed
            break
        if not part:
            break
        shown += part
    os.close(leader)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1, errors
    last = shown.decode().rpartition("step")[2]
    for text in ("first", "Succeeded", '"done"', "second", "Failed", "exit code 1"):
        assert text in last


def test_folder_of_a_file_system_can_be_written_to_and_that_is_said(tmp_path: Path) -> None:
    """A link keeps nobody from writing."""
    (tmp_path / "shared").mkdir()
    source = {
        "FileSystemId": "fs-1",
        "FileSystemType": "EFS",
        "DirectoryPath": "/",
        "FileSystemAccessMode": "ro",
    }
    channel = {"ChannelName": "in", "DataSource": {"FileSystemDataSource": source}}
    program = "(base / 'input/data/in/new').touch();give(1)"
    write_assembly(tmp_path / "cdk.out", [job("s", program, InputDataConfig=[channel])])
    outcome = command(tmp_path, "run", "--file-system", "fs-1=shared")
    assert outcome.returncode == 0, outcome.stderr
    assert "--file-system fs-1=shared: steps can write to it, read-only or not" in outcome.stderr
    assert (tmp_path / "shared" / "new").exists()
