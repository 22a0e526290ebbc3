"""The shell commands that a step runs before anything else."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile

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
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, PRE_EXECUTION_FILE)
        with open(path, "wb") as file:
            file.write(read_file(bundle, PRE_EXECUTION_FILE))
        # Output goes straight to the job's log: a pipe could fill up and block.
        code = subprocess.run([shell, "-eu", path], check=False).returncode
    if code != 0:
        raise StepFailure(
            f"the step's pre-execution commands ended with exit code {code}; their output is in "
            f"the log"
        )
