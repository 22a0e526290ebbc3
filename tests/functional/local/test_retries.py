"""Jobs of this machine that are tried again."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.cli.display import Display
from constructs_lib.local.execution import Execution
from constructs_lib.local.steps import Options
from tests.functional.local.assemblies import job, make_engine, run_steps, statuses

# Ends as if the machine were out of memory, until it has been started often enough; notes its name.
DIES = """
import signal
names = pathlib.Path(values["names"])
with names.open("a") as file:
    print(os.environ["TRAINING_JOB_NAME"], file=file)
print("start", len(names.read_text().split()))
if len(names.read_text().split()) < int(values["good"]):
    os.kill(os.getpid(), getattr(signal, values["signal"]))
"""


def dies(
    folder: Path,
    good: int,
    *policies: Any,
    end: str = "give(1)",
    number: str = "SIGKILL",
    **more: Any,
) -> dict[str, Any]:
    """Return a job that dies until it is started for the n-th time."""
    values = {"names": str(folder / "names"), "good": str(good), "signal": number}
    return {**job("s", DIES + end, values=values, **more), "RetryPolicies": list(policies)}


def policy(**more: Any) -> dict[str, Any]:
    """Return a policy for what ends a job from outside, with a tiny interval."""
    kinds = ["SageMaker.CAPACITY_ERROR", "SageMaker.JOB_INTERNAL_ERROR"]
    return {"ExceptionType": kinds, "IntervalSeconds": 0.01, "BackoffRate": 1.0, **more}


def names(folder: Path) -> list[str]:
    return (folder / "names").read_text().split()


def test_killed_job_is_tried_again(tmp_path: Path) -> None:
    """Each attempt has a job name and a log of its own; the record counts those after the first."""
    execution = run_steps(tmp_path, [dies(tmp_path, 3, policy())])
    record = execution.step("s")
    assert (execution.status, record.result, record.attempts) == ("Succeeded", 1, 2)
    assert record.reason is None
    assert len(set(names(tmp_path))) == 3
    assert record.job_name == names(tmp_path)[-1]
    logs = {p.name: p.read_text() for p in (tmp_path / "run" / "logs").iterdir()}
    assert logs == {
        "s.log": "start 1\n",
        "s.attempt-2.log": "start 2\n",
        "s.attempt-3.log": "start 3\n",
    }
    assert str(record.log).endswith("s.attempt-3.log")


def test_log_holds_the_last_run_in_a_folder(tmp_path: Path) -> None:
    """Who gives the same --output again finds nothing of before."""
    for _ in range(2):
        record = run_steps(tmp_path, [job("s", "print('hello')")]).step("s")
    assert Path(str(record.log)).read_text() == "hello\n"


def test_attempts_end(tmp_path: Path) -> None:
    """After the last one the step has failed, with its reason."""
    record = run_steps(tmp_path, [dies(tmp_path, 9, policy(MaxAttempts=2))]).step("s")
    assert (record.status, record.attempts, len(names(tmp_path))) == ("Failed", 2, 3)
    assert str(record.reason).startswith("ended by SIGKILL")


def test_failure_of_the_users_code_is_not_tried_again(tmp_path: Path) -> None:
    """No policy of the service names it; nor a crash of the program itself."""
    record = run_steps(tmp_path, [dies(tmp_path, 0, policy(), end="sys.exit(1)")]).step("s")
    assert (record.status, record.attempts) == ("Failed", 0)
    crash = dies(tmp_path, 9, policy(), number="SIGSEGV")
    assert run_steps(tmp_path, [crash], run="crash").step("s").attempts == 0


def test_job_restarts_by_its_own_strategy(tmp_path: Path) -> None:
    """MaximumRetryAttempts starts the same job again, in one log; policies come after it."""
    strategy = {"RetryStrategy": {"MaximumRetryAttempts": 1}}
    record = run_steps(tmp_path, [dies(tmp_path, 2, **strategy)]).step("s")
    assert (record.status, record.attempts, len(set(names(tmp_path)))) == ("Succeeded", 0, 1)
    assert Path(str(record.log)).read_text() == "start 1\nstart 2\n"
    (tmp_path / "names").unlink()
    both = dies(tmp_path, 4, policy(), **strategy)
    record = run_steps(tmp_path, [both], run="both").step("s")
    assert (record.status, record.attempts, len(set(names(tmp_path)))) == ("Succeeded", 1, 2)


def test_waiting_for_the_next_attempt_takes_no_place(tmp_path: Path) -> None:
    """Another step runs meanwhile; an attempt that is due waits for a free place."""
    needs = f"assert pathlib.Path({str(tmp_path / 'free')!r}).exists(); give(1)"
    slow = f"time.sleep(0.5); pathlib.Path({str(tmp_path / 'free')!r}).touch()"
    steps = [dies(tmp_path, 2, policy(IntervalSeconds=0.2), end=needs), job("free", slow)]
    execution = run_steps(tmp_path, steps, options=Options(parallel=1))
    assert statuses(execution) == {"s": "Succeeded", "free": "Succeeded"}, execution.reason


def test_stopping_ends_the_wait(tmp_path: Path) -> None:
    """The step is stopped, not tried again."""

    def stop(execution: Execution) -> None:
        if execution.step("s").attempts == 1:
            threading.Timer(0.2, engine.stop).start()

    step = dies(tmp_path, 9, policy(IntervalSeconds=600))
    engine = make_engine(tmp_path, [step, job("t", depends_on=["s"])], on_change=stop)
    began = time.monotonic()
    execution = engine.run()
    assert time.monotonic() - began < 30
    assert execution.status == "Stopped"
    assert statuses(execution) == {"s": "Stopped", "t": "NotRun"}
    assert len(names(tmp_path)) == 1


def test_attempts_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While the step is running, with the reason."""
    with Display(sys.stdout) as display:
        make_engine(tmp_path, [dies(tmp_path, 2, policy())], on_change=display.show).run()
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "s Executing attempt 2, after: ended by SIGKILL" in lines
