"""Values and texts that nobody would write, made from those that somebody did.

A case is made from its number alone: whoever sees a failure can run that one again. How long is
searched is up to ``FUZZ_SECONDS``; the first cases are always the same.
"""

from __future__ import annotations

import copy
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SECONDS = float(os.environ.get("FUZZ_SECONDS", "4"))
# Of one case.
_PATIENCE = 30

DEEP: Any = "leaf"
for _ in range(3000):
    DEEP = [DEEP]

ODD = (
    *(None, True, False, 0, -1, 2**70, 1e308, "", " ", "\0", "a\nb", "-rf", "$(touch pwned)"),
    *(
        "..",
        "../../escaped",
        "/etc/passwd",
        "s3://",
        "s3://b/../../escaped",
        "~",
        "größe",
        "\ud800",
    ),
    *("x" * 5000, "'; touch pwned #", [], {}, [[]], [None], {"": None}, {"Get": "Steps.a.B"}),
    *({"Get": "Steps"}, {"Get": 3}, {"Std:Join": 3}, {"Std:JsonGet": {"S3Uri": "x", "Path": "["}}),
    *({"Ref": "Nothing"}, {"Fn::Join": 1}, {"Fn::Select": [9, []]}, {"Get": "Execution.X"}),
)


def cases(seconds: float = SECONDS, least: int = 50) -> Iterator[tuple[int, random.Random]]:
    """Yield number and source of chance of one case after the other, until the time is over."""
    end = time.monotonic() + seconds
    number = 0
    while number < least or time.monotonic() < end:
        yield number, random.Random(number)
        number += 1


def altered(value: Any, chance: random.Random) -> Any:
    """Return a copy of a JSON value with one to three places changed."""
    result = copy.deepcopy(value)
    for _ in range(chance.randint(1, 3)):
        holder, key = chance.choice(_places(result))
        if holder is None:
            continue
        kind = chance.randrange(5)
        if kind == 0 and isinstance(holder, (dict, list)):
            del holder[key]
        elif kind == 1:
            holder[key] = copy.deepcopy(holder[chance.choice(_keys(holder))])
        elif kind == 2:
            holder[key] = [holder[key]]
        else:
            holder[key] = copy.deepcopy(chance.choice(ODD))
    return result


def altered_bytes(data: bytes, chance: random.Random) -> bytes:
    """Return bytes with a piece replaced, left out, repeated or put in."""
    start = chance.randrange(len(data) + 1)
    end = min(len(data), start + chance.choice((0, 1, 1, 4, 64)))
    piece = chance.choice(
        (b"", b"\xff", b"\0", b"[" * 5000, b"9" * 6000, data[start:end] * 2, chance.randbytes(8))
    )
    return data[:start] + piece + data[end:]


def _keys(holder: Any) -> list[Any]:
    return list(holder) if isinstance(holder, dict) else list(range(len(holder)))


def _places(value: Any) -> list[tuple[Any, Any]]:
    places: list[tuple[Any, Any]] = [(None, None)]
    pending = [value]
    while pending:
        holder = pending.pop()
        if isinstance(holder, (dict, list)):
            places += [(holder, key) for key in _keys(holder)]
            pending += [holder[key] for key in _keys(holder)]
    return places[1:] or places


def files_in(folder: Path, *without: str) -> dict[str, bytes]:
    """Return what is in a folder, but for some of its own entries."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] not in without
    }


@contextmanager
def one_case(number: int, *refusals: type[BaseException]) -> Iterator[None]:
    """Let a case end in time, well or with one of our own errors, and in no other way."""

    def late(*_: object) -> None:
        raise TimeoutError

    odd: list[Any] = []
    before, threading.excepthook = threading.excepthook, odd.append
    handler = signal.signal(signal.SIGALRM, late)
    signal.alarm(_PATIENCE)
    try:
        yield
    except refusals:
        pass
    except BaseException as error:
        if hasattr(error, "add_note"):
            error.add_note(f"fuzz case {number}")
        raise
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, handler)
        threading.excepthook = before
    if odd:
        pytest.fail(f"fuzz case {number}: {odd[0].exc_type.__name__}: {odd[0].exc_value}")
