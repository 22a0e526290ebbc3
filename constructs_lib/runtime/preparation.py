"""The shell commands that a step runs before anything else."""

from __future__ import annotations

import shutil
import subprocess

from .failure import StepFailure
from .plan import read_file
from .protocol import PRE_EXECUTION_FILE


def prepare(bundle: str) -> None:
    """Run the step's commands; they end at the first that fails.

    Raises:
        StepFailure: One has failed, or there is no shell.
    """
    shell = shutil.which("bash") or shutil.which("sh")
    if shell is None:
        raise StepFailure("the image has no shell for the step's pre-execution commands")
    # As an argument, not a file: an image may have no folder that its user can write to.
    commands = read_file(bundle, PRE_EXECUTION_FILE)
    try:
        # Output goes straight to the job's log: a pipe could fill up and block.
        code = subprocess.run(
            [shell, "-eu", "-c", commands, PRE_EXECUTION_FILE], check=False
        ).returncode
    except OSError as error:
        raise StepFailure(f"the step's pre-execution commands cannot be started: {error}") from None
    if code != 0:
        raise StepFailure(
            f"the step's pre-execution commands ended with exit code {code}; their output is in "
            f"the log"
        )
