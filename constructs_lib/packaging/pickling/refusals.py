"""What must not be pickled, and what to do instead."""

from __future__ import annotations

import io
import os
import socket
import threading
import types
from dataclasses import dataclass

_OWN_PACKAGE = __name__.partition(".")[0]
_TOKEN = "${Token["
# CDK encodes numbers that only CloudFormation knows as very large negative floats.
_NUMBER_TOKENS_BELOW = -1e200

_AS_ARGUMENT = "Pass it to the step as an argument of the call."
_INSIDE = "Make it inside the step."
_LOCKS = (type(threading.Lock()), type(threading.RLock()), threading.Thread, socket.socket)
_RUNNING = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType, types.FrameType)


@dataclass(frozen=True)
class Refusal:
    """Why an object is refused: what it is, and how to mend it."""

    what: str
    mend: str


def refusal_of(value: object) -> Refusal | None:
    """Return why an object must not be pickled, or None if it may.

    Some of these would pickle without an error: a construct as a dead shell, a session with its
    secret key, an open file with its whole content.
    """
    kind = type(value)
    if kind is str:
        return _token() if _TOKEN in value else None  # type: ignore[operator]  # a str
    if kind is float:
        return _token() if value < _NUMBER_TOKENS_BELOW else None  # type: ignore[operator]
    module = kind.__module__
    root = module.partition(".")[0]
    if any("__jsii_type__" in vars(base) for base in kind.__mro__):
        what = f"CDK construct {kind.__module__}.{kind.__qualname__}"
        return Refusal(what, "Pass the value that the step needs, such as bucket.bucket_name.")
    if root == _OWN_PACKAGE and not hasattr(value, "__wrapped__"):
        return Refusal(f"constructs_lib {kind.__qualname__}", _AS_ARGUMENT)
    if root in {"boto3", "botocore"}:
        return Refusal(f"{_aws_name(value)} of {root}", _INSIDE + " It may hold credentials.")
    if isinstance(value, io.IOBase):
        return Refusal("open file", "Pass the path as an S3Input, or open it inside the step.")
    if value is os.environ:
        return Refusal("os.environ", "Pass the variables that the step needs.")
    if isinstance(value, _LOCKS):
        return Refusal(f"{kind.__module__}.{kind.__qualname__}", _INSIDE)
    if isinstance(value, _RUNNING):
        return Refusal(kind.__qualname__, "Pass a list of its values.")
    if kind is memoryview:
        return Refusal("memoryview", "Pass bytes(value).")
    return None


def _token() -> Refusal:
    return Refusal(
        "text or number that only CloudFormation knows (a CDK token)",
        "Pass it to the step as a text argument of its own, or inside a list, dict or tuple.",
    )


def _aws_name(value: object) -> str:
    service = getattr(getattr(value, "meta", None), "service_model", None)
    name = getattr(service, "service_name", None)
    return f"{name} client" if name else type(value).__qualname__
