"""The failure file and the exit code of a step that did not return."""

from __future__ import annotations

import os
import sys

from .protocol import FAILURE_LIMIT, LAUNCHED_VARIABLE

_SHIM_FOLDER = os.path.dirname(__file__)


class StepFailure(Exception):
    """The step cannot run or its result cannot be stored; the text is for the user."""


class Terminated(BaseException):
    """SIGTERM: the job is stopped or its spot instance is taken away."""


def report(error: BaseException, base: str) -> int:
    """Write the failure file and the traceback, and return the exit code, which is never 0.

    Args:
        error: What ended the step.
        base: The folder that stands for ``/opt/ml``.
    """
    summary, code = _summary(error)
    trace = "" if isinstance(error, StepFailure) else _trace(error)
    _print(trace or summary)
    text = f"{summary}\n{trace}" if trace else summary
    if len(text) > FAILURE_LIMIT:
        room = FAILURE_LIMIT - min(len(summary), FAILURE_LIMIT // 2) - 3
        text = f"{summary[: FAILURE_LIMIT // 2]}\n…\n{trace[-room + 1 :] if trace else ''}"
    is_launched = LAUNCHED_VARIABLE in os.environ
    if isinstance(error, Terminated) and is_launched:
        return code  # another process has failed, and its reason is the one to tell
    folder = os.path.join(base, "output")
    try:
        os.makedirs(folder, exist_ok=True)
        # Of several processes, the others fail because the first has.
        with open(os.path.join(folder, "failure"), "xb" if is_launched else "wb") as file:
            file.write(text[:FAILURE_LIMIT].encode("utf-8", "replace"))
    except OSError as problem:
        if not (is_launched and isinstance(problem, FileExistsError)):
            _print(f"the failure file cannot be written: {problem}")
    return code


def _summary(error: BaseException) -> tuple[str, int]:
    if isinstance(error, SystemExit):
        given = error.code
        if given is None or given == 0:
            return f"SystemExit: the step called sys.exit({given!r}) before returning", 1
        code = given if isinstance(given, int) and 1 <= given <= 255 else 1
        return f"SystemExit: {given}", code
    codes: dict[type, int] = {Terminated: 143, KeyboardInterrupt: 130}
    try:
        message = str(error)
    except Exception as problem:  # noqa: BLE001 - the user's __str__ may do anything
        message = f"<its text cannot be made: {type(problem).__name__}>"
    name = type(error).__qualname__
    return (f"{name}: {message}" if message else name), codes.get(type(error), 1)


def _trace(error: BaseException) -> str:
    """Return the traceback without the shim's own frames at its beginning."""
    import traceback  # only a step that fails pays for it

    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename.startswith(_SHIM_FOLDER):
        frame = frame.tb_next
    try:
        return "".join(traceback.format_exception(type(error), error, frame or error.__traceback__))
    except Exception:  # noqa: BLE001 - a traceback that cannot be made must not hide the failure
        return ""


def _print(text: str) -> None:
    try:
        sys.stderr.write(text.rstrip("\n") + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass  # a closed stderr; the failure file has the text
