"""Calls the handler of a Lambda function once; a stand-alone program.

It is started by its path, with the paths of two files: the call to be read, and the answer to be
written, both JSON. The answer has ``result``, or ``errorType`` and ``errorMessage``, named as
Lambda names them.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import time
import traceback
import uuid
from typing import Any


class Context:
    """What a handler can ask of its call.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    identity = None
    client_context = None
    function_version = "$LATEST"
    log_stream_name = "local"

    def __init__(self, call: dict[str, Any]) -> None:
        self.function_name = call["name"]
        self.invoked_function_arn = call["arn"]
        self.memory_limit_in_mb = str(call["memory"])
        self.aws_request_id = str(uuid.uuid4())
        self.log_group_name = f"/aws/lambda/{call['name']}"
        self._end = time.monotonic() + call["timeout"]

    def get_remaining_time_in_millis(self) -> int:  # noqa: D102 - as Lambda has it
        return max(0, int((self._end - time.monotonic()) * 1000))


def main(call_path: str, answer_path: str) -> None:
    with open(call_path, encoding="utf-8") as file:
        call = json.load(file)

    def answer(content: str) -> None:
        with open(answer_path, "w", encoding="utf-8") as file:
            file.write(content)

    def expire() -> None:
        reason = f"Task timed out after {call['timeout']:.2f} seconds"
        answer(error("Sandbox.Timedout", reason))
        os._exit(1)

    # Not before: the function's code goes before everything but this file's own modules.
    sys.path[0] = call["folder"]
    try:
        handler = find_handler(call["handler"])
    except Exception as failure:
        traceback.print_exc()
        answer(error(*name_failure(failure)))
        return
    timer = threading.Timer(call["timeout"], expire)
    timer.daemon = True
    timer.start()
    try:
        result = handler(call["event"], Context(call))
    except Exception as failure:
        traceback.print_exc()
        content = error(type(failure).__name__, str(failure))
    else:
        try:
            content = json.dumps({"result": result})
        except (TypeError, ValueError) as failure:
            content = error("Runtime.MarshalError", f"Unable to marshal response: {failure}")
    timer.cancel()
    answer(content)


def find_handler(name: str) -> Any:
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module.replace("/", ".")), function)


def name_failure(failure: Exception) -> tuple[str, str]:
    if isinstance(failure, ImportError):
        return "Runtime.ImportModuleError", f"Unable to import module: {failure}"
    if isinstance(failure, AttributeError):
        return "Runtime.HandlerNotFound", str(failure)
    return type(failure).__name__, str(failure)


def error(kind: str, message: str) -> str:
    return json.dumps({"errorType": kind, "errorMessage": message})


if __name__ == "__main__":
    main(*sys.argv[1:])
