"""Lock files of other tools: which packages they mean for a Python on a machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from constructs_lib.packaging.dependencies.locked import LockedPackage, LockError
from constructs_lib.packaging.dependencies.poetry_lock import read_poetry_lock
from constructs_lib.packaging.dependencies.pylock import read_pylock
from constructs_lib.packaging.dependencies.uv_lock import read_uv_lock
from constructs_lib.wheels.target import Target

INTEL = Target((3, 12), "x86_64")
OLD = Target((3, 10), "x86_64")
ARM = Target((3, 12), "arm64")


def names(packages: list[LockedPackage]) -> list[str]:
    return [f"{package.name} {package.version}" for package in packages]


UV = """
version = 1
[[package]]
name = "mine"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
  { name = "a", extra = ["fast"] },
  { name = "old", marker = "python_full_version < '3.11'" },
  { name = "arm", marker = "platform_machine == 'aarch64'" },
  { name = "windows", marker = "sys_platform == 'win32'" },
  { name = "forked", version = "1", marker = "python_full_version < '3.11'" },
  { name = "forked", version = "2", marker = "python_full_version >= '3.11'" },
]
[package.optional-dependencies]
gpu = [{ name = "b" }]
[package.dev-dependencies]
test = [{ name = "c" }, { name = "member" }]
[[package]]
name = "member"
version = "0.1.0"
source = { editable = "packages/member" }
dependencies = [{ name = "b" }]
[[package]]
name = "a"
version = "1.0"
source = { registry = "https://example.com/simple" }
dependencies = [{ name = "b" }]
sdist = { url = "https://example.com/a-1.0.tar.gz", hash = "sha256:aa" }
wheels = [{ url = "https://example.com/x/a-1.0%2Bcpu-py3-none-any.whl", hash = "sha256:bb" }]
[package.optional-dependencies]
fast = [{ name = "c" }]
""" + "".join(
    f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ registry = "x" }}\n'
    for name, version in [
        *[("b", "1"), ("c", "1"), ("old", "1"), ("arm", "1"), ("windows", "1")],
        *[("forked", "1"), ("forked", "2")],
    ]
)


@pytest.mark.parametrize(
    ("group", "target", "expected"),
    [
        (None, INTEL, ["a 1.0", "b 1", "c 1", "forked 2"]),
        (None, OLD, ["a 1.0", "b 1", "c 1", "forked 1", "old 1"]),
        (None, ARM, ["a 1.0", "arm 1", "b 1", "c 1", "forked 2"]),
        ("gpu", INTEL, ["b 1"]),
        ("test", INTEL, ["b 1", "c 1"]),
    ],
)
def test_uv_lock(tmp_path: Path, group: str | None, target: Target, expected: list[str]) -> None:
    """What the project's entries lead to where their markers hold; its own folders are code."""
    path = tmp_path / "uv.lock"
    path.write_text(UV)
    assert names(read_uv_lock(path, group, target)) == expected


def test_files_of_uv_lock(tmp_path: Path) -> None:
    """Wheels and source archives by name, as an index calls them."""
    path = tmp_path / "uv.lock"
    path.write_text(UV)
    (found, *_) = read_uv_lock(path, None, INTEL)
    assert found.files == {"a-1.0+cpu-py3-none-any.whl": "bb", "a-1.0.tar.gz": "aa"}


POETRY = """
[[package]]
name = "a"
version = "1"
optional = false
groups = ["main", "train"]
files = [{file = "a-1-py3-none-any.whl", hash = "sha256:aa"}]
[package.markers]
train = "python_version < '3.11'"
[[package]]
name = "b"
version = "2"
optional = false
groups = ["main"]
markers = "sys_platform == 'win32'"
files = []
[[package]]
name = "c"
version = "3"
optional = false
groups = ["train"]
files = []
[[package]]
name = "d"
version = "4"
optional = true
groups = ["main"]
files = []
"""


@pytest.mark.parametrize(
    ("group", "target", "expected"),
    [(None, INTEL, ["a 1"]), ("train", INTEL, ["c 3"]), ("train", OLD, ["a 1", "c 3"])],
)
def test_poetry_lock(
    tmp_path: Path, group: str | None, target: Target, expected: list[str]
) -> None:
    """Each package says which groups need it, and where; extras are not asked for."""
    path = tmp_path / "poetry.lock"
    path.write_text(POETRY)
    assert names(read_poetry_lock(path, group, target)) == expected


PYLOCK = """
lock-version = "1.0"
created-by = "test"
extras = ["gpu"]
dependency-groups = ["test"]
default-groups = ["base"]
[[packages]]
name = "a"
version = "1"
wheels = [{ url = "https://example.com/a-1-py3-none-any.whl", hashes = { sha256 = "aa" } }]
[[packages]]
name = "b"
version = "1"
wheels = [{ name = "b-1-py3-none-any.whl", path = "x", hashes = { sha256 = "bb" } }]
marker = "'gpu' in extras"
[[packages]]
name = "c"
version = "1"
wheels = [{ name = "c-1-py3-none-any.whl", path = "x", hashes = { sha256 = "bb" } }]
marker = "'test' in dependency_groups"
[[packages]]
name = "d"
version = "1"
wheels = [{ name = "d-1-py3-none-any.whl", path = "x", hashes = { sha256 = "bb" } }]
marker = "'base' in dependency_groups and python_version < '3.11'"
"""


@pytest.mark.parametrize(
    ("group", "target", "expected"),
    [
        (None, INTEL, ["a 1"]),
        (None, OLD, ["a 1", "d 1"]),
        ("gpu", INTEL, ["a 1", "b 1"]),
        ("test", INTEL, ["a 1", "c 1"]),
    ],
)
def test_pylock(tmp_path: Path, group: str | None, target: Target, expected: list[str]) -> None:
    """The standard's own selection: markers that may ask for extras and groups."""
    path = tmp_path / "pylock.toml"
    path.write_text(PYLOCK)
    found = read_pylock(path, group, target)
    assert names(found) == expected
    assert found[0].files == {"a-1-py3-none-any.whl": "aa"}


@pytest.mark.parametrize(
    ("reader", "content", "group", "message"),
    [
        (read_uv_lock, "version = 1\n", None, "no package for the project's own folder"),
        (read_uv_lock, UV, "none", "no group 'none', only gpu, test"),
        (read_uv_lock, "<<<", None, "it is not TOML"),
        (
            read_uv_lock,
            UV.replace('name = "c"\nversion', 'name = "x"\nversion'),
            None,
            "no package 'c'",
        ),
        (read_poetry_lock, '[[package]]\nname = "a"\n', None, "lock again with Poetry 2"),
        (read_poetry_lock, POETRY, "none", "no group 'none', only main, train"),
        (read_pylock, 'lock-version = "9.0"\n', None, "created-by"),
        (read_pylock, PYLOCK, "none", "no group 'none', only gpu, test"),
    ],
)
def test_unusable_lock_is_refused(
    tmp_path: Path, reader: Callable[..., object], content: str, group: str | None, message: str
) -> None:
    path = tmp_path / "lock"
    path.write_text(content)
    with pytest.raises(LockError, match=message):
        reader(path, group, INTEL)
