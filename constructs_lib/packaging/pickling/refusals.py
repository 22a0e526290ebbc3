"""What must not be pickled, and what to do instead."""

from __future__ import annotations

import io
import os
import sys
import types
from dataclasses import dataclass

from constructs_lib.packaging.pickling.names import is_importable
from constructs_lib.packaging.project import shipped_name
from constructs_lib.packaging.slicing.live import CDK_PACKAGES, OWN_PACKAGE, is_ours

# CDK writes values that only CloudFormation knows as such text, in lists of text too, and numbers
# as very large negative floats.
_TOKEN = "${Token["
_LIST_TOKEN = "#{Token["
_NUMBER_TOKENS_BELOW = -1e200

_INSIDE = "Make it inside the step."
_VALUE = "Pass the value that the step needs, such as bucket.bucket_name, as an argument."
_ITEMS = "Pass a list of its values."
_LIST_MEND = "Pass cdk.Fn.join(',', values), and split the text in the step."
_SECRET = "Pass the secret itself, not its value: the step gets its ARN, and may read it."
_TOKEN_MEND = "Pass it to the step as a text argument of its own, or inside a list, dict or tuple."

_SECRET_VALUE = "aws_cdk.SecretValue"
_IN_MEMORY = (io.BytesIO, io.StringIO)
_AWS = frozenset({"boto3", "botocore"})
# Modules whose objects belong to this process: locks, threads, pools, loops, connections.
_OF_THIS_PROCESS = (
    "_thread",
    "_asyncio",
    "_socket",
    "asyncio",
    "concurrent.futures",
    "multiprocessing",
    "queue",
    "selectors",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "threading",
)
_PUBLIC_NAMES = {
    "_thread.lock": "threading.Lock",
    "_thread.RLock": "threading.RLock",
    "_thread._local": "threading.local",
}
_RUNNING = (
    types.GeneratorType,
    types.CoroutineType,
    types.AsyncGeneratorType,
    types.FrameType,
    types.TracebackType,
)


@dataclass(frozen=True)
class Refusal:
    """Why an object is refused: what it is, and how to mend it."""

    what: str
    mend: str


def refusal_of(value: object) -> Refusal | None:
    """Return why this very object must not be pickled, or None if it may.

    Some of these would pickle without an error: a token as text without meaning, ``os.environ``
    with all its secrets, a class that the container does not have.
    """
    if isinstance(value, (str, float)):
        return _token(value)
    if isinstance(value, type):
        return _class(value)
    if isinstance(value, types.ModuleType):
        return _module(value)
    if isinstance(value, types.FunctionType) and is_ours(value):
        return Refusal(f"function {value.__qualname__} of constructs_lib", _not_there(OWN_PACKAGE))
    if value is os.environ or value is getattr(os, "environb", None):
        return Refusal("os.environ", "Pass the variables that the step needs.")
    return None


def refusal_of_instances(kind: type) -> Refusal | None:
    """Return why no instance of a class may be pickled, or None if they may.

    Some of these would pickle without an error: a construct as a dead shell, a session with its
    secret key, an open file with its whole content.
    """
    # Types of Cython can have a descriptor there.
    module = str(kind.__module__)
    name, top = f"{module}.{kind.__qualname__}", module.partition(".")[0]
    if _is_jsii(kind):
        return Refusal(f"CDK construct {name}", _SECRET if name == _SECRET_VALUE else _VALUE)
    if any(str(base.__module__).partition(".")[0] == OWN_PACKAGE for base in kind.__mro__):
        mend = "Pass it to the step as an argument of the call."
        return Refusal(f"constructs_lib {kind.__qualname__}", mend)
    if top in _AWS:
        return Refusal(_aws_name(kind), f"{_INSIDE} It may hold credentials.")
    if issubclass(kind, io.IOBase) and kind not in _IN_MEMORY:
        return Refusal("open file", "Pass the file as an S3Input, or open it inside the step.")
    if issubclass(kind, _RUNNING):
        return Refusal(kind.__qualname__, _ITEMS)
    if kind is memoryview:
        return Refusal("memoryview", "Pass bytes(value).")
    owner = next((m for m in _OF_THIS_PROCESS if f"{module}.".startswith(f"{m}.")), None)
    if owner is not None and not issubclass(kind, (BaseException, type)) and not _is_enum(kind):
        return Refusal(_PUBLIC_NAMES.get(name, name), _INSIDE)
    return None


def _token(value: str | float) -> Refusal | None:
    if isinstance(value, float):
        # Minus infinity is a number as any other.
        found = -sys.float_info.max <= value < _NUMBER_TOKENS_BELOW
    elif _LIST_TOKEN in value:
        return Refusal("list that only CloudFormation knows: a CDK token", _LIST_MEND)
    else:
        found = _TOKEN in value
    what = "text or number that only CloudFormation knows: a CDK token"
    return Refusal(what, _TOKEN_MEND) if found else None


def _class(cls: type) -> Refusal | None:
    top = cls.__module__.partition(".")[0] if isinstance(cls.__module__, str) else ""
    if _is_jsii(cls):
        return Refusal(f"CDK class {cls.__module__}.{cls.__qualname__}", _VALUE)
    if top == OWN_PACKAGE:
        return Refusal(f"class {cls.__qualname__} of constructs_lib", _not_there(OWN_PACKAGE))
    return None


def _module(module: types.ModuleType) -> Refusal | None:
    top = module.__name__.partition(".")[0]
    if top == OWN_PACKAGE or top in CDK_PACKAGES:
        return Refusal(f"module {module.__name__}", _not_there(top))
    name = shipped_name(module.__name__)
    if sys.modules.get(module.__name__) is not module or (
        name == "__main__" or not is_importable(module.__name__)
    ):
        return Refusal(f"module {name}, which cannot be imported", "Put it in a file.")
    return None


def _not_there(package: str) -> str:
    return f"The container does not have {package}: use it outside the step's function."


def _is_jsii(cls: type) -> bool:
    return any("__jsii_type__" in vars(base) for base in cls.__mro__)


def _is_enum(kind: type) -> bool:
    return hasattr(kind, "__members__")


def _aws_name(kind: type) -> str:
    if kind.__module__ == "botocore.client":
        return f"boto3 {kind.__name__} client"
    if kind.__module__ == "boto3.resources.factory":
        return f"boto3 {kind.__name__} resource"
    return f"{kind.__module__.partition('.')[0]} {kind.__qualname__}"
