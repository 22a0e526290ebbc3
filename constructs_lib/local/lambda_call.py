"""A call of a Lambda function as a process on this machine."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.functions import LambdaFunction
from constructs_lib.local.process import PID_FILE, Process, inherited_environment

_PROGRAM = Path(__file__).parent / "programs" / "call_function.py"
# Time to import the handler's module, which is not part of the function's timeout.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
_INIT_SECONDS = 10.0
# https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html#step-type-lambda
_LONGEST_CALL = 600.0
_TYPES: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (float, int),
    "Boolean": (bool,),
}
# A function of the app must not find the credentials of who runs it here.
_NO_CREDENTIALS = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


class LambdaCall:
    """One call.

    Args:
        function: What to call.
        event: What the handler gets.
        folder: For the code and the files of the call.
        log: File for what the function prints.
        environment: What the platform adds to the function's variables.
        python: Interpreter that stands for the function's runtime.
        grace_seconds: Time between SIGTERM and SIGKILL when the call is stopped.
    """

    def __init__(
        self,
        function: LambdaFunction,
        event: Mapping[str, Any],
        *,
        folder: Path,
        log: Path,
        environment: Mapping[str, str],
        python: str,
        grace_seconds: float,
    ) -> None:
        self._function = function
        self._event = event
        self._folder = folder
        self._log = log
        self._timeout = min(function.timeout, _LONGEST_CALL)
        self._code = folder / "code"
        region = function.arn.split(":")[3]
        variables = {
            **inherited_environment(),
            **function.environment,
            **_NO_CREDENTIALS,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "LAMBDA_TASK_ROOT": str(self._code),
            "_HANDLER": function.handler,
            **environment,
        }
        command = [python, str(_PROGRAM), str(folder / "call.json"), str(folder / "answer.json")]
        self._process = Process(
            command, self._code, variables, log, folder / PID_FILE, grace_seconds
        )
        self._stopped = False

    def run(self, outputs: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """Call the function and return its outputs.

        Args:
            outputs: OutputParameters of the step: names and types.

        Raises:
            StepFailedError: The function failed, took too long or returned something else.
        """
        if self._folder.exists():
            shutil.rmtree(self._folder)
        self._log.unlink(missing_ok=True)
        self._function.unpack(self._code)
        call = {
            "folder": str(self._code),
            "handler": self._function.handler,
            "event": self._event,
            "name": self._function.name,
            "arn": self._function.arn,
            "memory": self._function.memory,
            "timeout": self._timeout,
        }
        (self._folder / "call.json").write_text(json.dumps(call), encoding="utf-8")
        code, _ = self._process.run(self._timeout + _INIT_SECONDS)
        if self._stopped:
            raise StepFailedError("the call was stopped")
        answer = self._answer(code)
        if "errorType" in answer:
            raise StepFailedError(f"{answer['errorType']}: {answer['errorMessage']}")
        return _checked(answer["result"], outputs)

    def stop(self) -> None:
        """End the call: SIGTERM, later SIGKILL; returns at once."""
        self._stopped = True
        self._process.stop()

    def kill(self) -> None:
        """End the call at once."""
        self._stopped = True
        self._process.kill()

    def _answer(self, code: int) -> dict[str, Any]:
        try:
            text = (self._folder / "answer.json").read_text(encoding="utf-8")
            answer: dict[str, Any] = json.loads(text)
        except (FileNotFoundError, ValueError):
            raise StepFailedError(
                f"Runtime.ExitError: Runtime exited with exit status {code}"
            ) from None
        return answer


def _checked(result: Any, outputs: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return the declared outputs of what a function has returned."""
    if not outputs:
        return {}
    if not isinstance(result, dict):
        raise StepFailedError(
            f"the function returned {result!r}: return a flat dict with the declared outputs"
        )
    values = {}
    for output in outputs:
        name, kind = output["OutputName"], output.get("OutputType", "String")
        if name not in result:
            found = ", ".join(map(repr, result)) or "nothing"
            raise StepFailedError(f"the function returned no output {name!r}, but {found}")
        value = result[name]
        is_boolean = isinstance(value, bool)
        if not isinstance(value, _TYPES[kind]) or is_boolean != (kind == "Boolean"):
            raise StepFailedError(
                f"output {name!r} of the function is {value!r}, which is no {kind}"
            )
        values[name] = value
    return values
