"""Whatever a step does, the job ends as it should: never a silent success, never a hang."""

from __future__ import annotations

from pathlib import Path

import pytest

from constructs_lib.runtime.protocol import FAILURE_LIMIT
from tests.functional.runtime.bundles import run_function


@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        ("raise ValueError('bad rows')", 1, "ValueError: bad rows"),
        ("raise KeyError('k')", 1, "KeyError: 'k'"),
        ("import sys; sys.exit(3)", 3, "SystemExit: 3"),
        ("import sys; sys.exit(0)", 1, "SystemExit: the step called sys.exit(0) before returning"),
        ("import sys; sys.exit()", 1, "SystemExit: the step called sys.exit(None) before"),
        ("import sys; sys.exit('no rows')", 1, "SystemExit: no rows"),
        ("import sys; sys.exit(256)", 1, "SystemExit: 256"),
        ("raise KeyboardInterrupt", 130, "KeyboardInterrupt"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", 143, "Terminated: SIGTERM"),
        ("raise BaseException('odd')", 1, "BaseException: odd"),
        ("return f()", 1, "RecursionError: "),
        ("raise ValueError('\\ud800\\x00 größe')", 1, "ValueError: "),
        ("import nothing_of_this_name", 1, "ModuleNotFoundError: No module named"),
        (
            "class E(Exception):\n        def __str__(self): raise RuntimeError\n    raise E",
            1,
            "f.<locals>.E: <its text cannot be made: RuntimeError>",
        ),
    ],
)
def test_failing_step_tells_why(tmp_path: Path, body: str, code: int, reason: str) -> None:
    """Type and message first, then the traceback; the exit code is never 0."""
    outcome = run_function(tmp_path, f"def f():\n    {body}\n")
    assert outcome.code == code, outcome.output
    assert outcome.failure.startswith(reason)
    assert len(outcome.failure) <= FAILURE_LIMIT
    assert not (tmp_path / "model" / "manifest.json").exists()


def test_failure_shows_the_users_frames_only(tmp_path: Path) -> None:
    """The traceback begins in the user's function."""
    outcome = run_function(tmp_path, "def g():\n    1 / 0\ndef f():\n    g()\n")
    assert "in f" in outcome.failure
    assert "in g" in outcome.failure
    assert "1 / 0" in outcome.failure
    assert "_constructs_lib_runtime" not in outcome.failure
    assert outcome.failure.splitlines()[1:] == outcome.output.splitlines()


def test_long_failure_keeps_its_beginning_and_its_end(tmp_path: Path) -> None:
    """Of a long message and a long traceback the ends stay: what and where."""
    text = "def f(n=60):\n    if n:\n        return f(n - 1)\n    last_line()\n"
    failure = run_function(tmp_path / "a", text).failure
    assert len(failure) <= FAILURE_LIMIT
    assert failure.startswith("NameError: name 'last_line' is not defined")
    assert "    last_line()" in failure
    long = run_function(tmp_path / "b", "def f():\n    raise ValueError('x' * 5000)\n").failure
    assert len(long) <= FAILURE_LIMIT
    assert long.startswith("ValueError: xxx")


def test_cleanup_runs_when_the_job_is_stopped(tmp_path: Path) -> None:
    """SIGTERM reaches the function as an exception, so its finally blocks run."""
    text = (
        "import os, signal, time\n"
        "def f():\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        time.sleep(30)\n"
        "    finally:\n"
        "        open('cleaned', 'w').close()\n"
    )
    outcome = run_function(tmp_path, text)
    assert outcome.code == 143
    assert (tmp_path / "cleaned").exists()


def test_own_signal_handler_is_respected(tmp_path: Path) -> None:
    """A step that handles SIGTERM itself may go on and succeed."""
    text = (
        "import os, signal\n"
        "def f():\n"
        "    seen = []\n"
        "    signal.signal(signal.SIGTERM, lambda *_: seen.append(1))\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    return seen\n"
    )
    assert run_function(tmp_path, text).result == [1]


def test_much_output_is_no_problem(tmp_path: Path) -> None:
    """A megabyte on stderr and on stdout passes through."""
    text = "import sys\ndef f():\n    sys.stderr.write('e' * 10**6)\n    print('o' * 10**6)\n"
    outcome = run_function(tmp_path, text)
    assert outcome.code == 0
    assert len(outcome.output) == 2 * 10**6 + 1


def test_threads_may_finish_their_work(tmp_path: Path) -> None:
    """A thread that still runs when the function returns ends before the job does."""
    text = (
        "import threading, time\n"
        "def late():\n    time.sleep(0.3)\n    open('late', 'w').close()\n"
        "def f():\n    threading.Thread(target=late).start()\n    return 1\n"
    )
    outcome = run_function(tmp_path, text)
    assert (outcome.code, outcome.result) == (0, 1)
    assert (tmp_path / "late").exists()


def test_unwritable_failure_file_does_not_hide_the_failure(tmp_path: Path) -> None:
    """Without a failure file there is still the exit code and stderr."""
    (tmp_path / "output").write_text("a file where the folder should be")
    outcome = run_function(tmp_path, "def f():\n    raise ValueError('bad')\n")
    assert outcome.code == 1
    assert "ValueError: bad" in outcome.output
    assert "the failure file cannot be written" in outcome.output
