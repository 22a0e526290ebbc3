"""The lock file: what is written is what is read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from constructs_lib.wheels.lock_file import (
    LockFileError,
    format_lock,
    parse_lock,
    requirements_hash,
)
from constructs_lib.wheels.target import Target
from constructs_lib.wheels.wheel_set import Wheel, WheelSet

TARGET = Target((3, 12), "x86_64")
PURE = Wheel("b-c", "2.0", "b_c-2.0-py3-none-any.whl", "b" * 64)
BUILT = Wheel("a", "1.0+cpu", "a-1.0+cpu-cp312-cp312-manylinux_2_28_x86_64.whl", "a" * 64)
OPTION = "--extra-index-url https://wheels.example.com/cpu"
WHEELS = WheelSet(TARGET, (PURE, BUILT), (OPTION,))


def test_what_is_written_is_read() -> None:
    text = format_lock(WHEELS, "a\nb-c>=2\n")
    found, made_for = parse_lock(text, TARGET)
    assert set(found.wheels) == {PURE, BUILT}
    assert found.index_options == (OPTION,)
    assert made_for == requirements_hash("a\nb-c>=2\n")
    assert format_lock(found, "a\nb-c>=2\n") == text


def test_order_does_not_matter() -> None:
    """The same wheels are one archive, however they were found."""
    turned = WheelSet(TARGET, (BUILT, PURE), (OPTION,))
    assert turned.sha256 == WHEELS.sha256
    assert turned.pins == WHEELS.pins


def test_index_is_not_part_of_the_wheels() -> None:
    """Where a wheel is downloaded from does not change what it is."""
    assert WheelSet(TARGET, (PURE, BUILT)).sha256 == WHEELS.sha256


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("numpy>=2", "line 4 is 'numpy>=2'"),
        ("<<<<<<< HEAD", "line 4 is '<<<<<<< HEAD'"),
        ("c==1 --hash=sha256:" + "c" * 64, "line 4"),
        (f"c==1 --hash=sha256:{'c' * 64}  # c-1-cp39-cp39-win32.whl", "is not for Python 3.12"),
    ],
)
def test_edited_lock_file_is_refused(line: str, found: str) -> None:
    """What a merge or a hand has left is named by its line."""
    text = format_lock(WheelSet(TARGET, (PURE,)), "b\n")
    with pytest.raises(LockFileError, match=found):
        parse_lock(text + line, TARGET)


def test_pip_reads_it(tmp_path: Path) -> None:
    """The format is pip's own, so its tools and scanners understand it."""
    path = tmp_path / "a.lock"
    path.write_text(format_lock(WheelSet(TARGET, (PURE,)), "b\n"))
    options = ["--no-index", "--require-hashes", "--no-deps", "--dest", str(tmp_path)]
    command = [sys.executable, "-m", "pip", "download", *options, "-r", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "No matching distribution found for b-c==2.0" in ended.stderr
