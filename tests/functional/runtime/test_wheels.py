"""Wheels in the container: verified before anything of them is used, then found by every process."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import platform
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.functional.runtime.bundles import Outcome, make_bundle, run_bundle, without_network

PURE = "pkg-1.0-py3-none-any.whl"
BUILT = f"pkg-1.0-cp{sys.version_info[0]}{sys.version_info[1]}-cp3-manylinux_2_17_x86_64.whl"
FILES = {
    "pkg/__init__.py": "VALUE = 7\ndef main():\n    print('command runs')\n",
    "pkg-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n",
    "pkg-1.0.dist-info/entry_points.txt": "[console_scripts]\npkg-say = pkg:main\n",
    "pkg-1.0.data/purelib/more.py": "MORE = 8\n",
    "pkg-1.0.data/scripts/pkg-script": "#!python\nprint('script runs')\n",
    "pkg-1.0.data/headers/pkg.h": "",
    "pkg.pth": "import sys; sys.from_pth = 9\n",
}
USES = """
import subprocess, sys
def f():
    import pkg, more
    def run(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    child = run(sys.executable, "-c", "import pkg; print(pkg.VALUE)")
    return [pkg.VALUE, more.MORE, sys.from_pth, child, run("pkg-say"), run("pkg-script")]
"""


def wheel(files: Mapping[str, str] = FILES) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


def listed(wheels: Mapping[str, bytes], **changes: Any) -> str:
    content = {
        "python": list(sys.version_info[:2]),
        "machine": platform.machine(),
        "glibc": [2, 17],
        "wheels": [[name, hashlib.sha256(data).hexdigest()] for name, data in wheels.items()],
    }
    return json.dumps({**content, **changes})


def run(
    base: Path,
    wheels: Mapping[str, bytes],
    *,
    text: str | None = None,
    tamper: Callable[[Path], None] | None = None,
    requirements: str = "pkg==1.0\n",
    uses: str = USES,
    digest: str | None = None,
    **environment: str,
) -> Outcome:
    """Run a step with wheels; ``text`` is what the archive says of them, if not the truth."""
    true = listed(wheels)
    name = digest or hashlib.sha256((text or true).encode()).hexdigest()
    channel = base.parent / "channel"
    channel.mkdir()
    archive = channel / f"{name}.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("wheels.json", text or true)
        for entry, data in wheels.items():
            file.writestr(entry, data)
    if tamper is not None:
        tamper(archive)
    bundle = make_bundle(
        {"m.py": uses}, {"requirements": True}, {"requirements.txt": requirements.encode()}
    )
    return run_bundle(base, bundle, channels={"dependencies": channel}, wheels=name, **environment)


def test_packages_are_there_for_every_process(tmp_path: Path) -> None:
    """Modules, what .data folders and .pth files say, and commands; also in processes it starts."""
    outcome = run(tmp_path / "ml", {PURE: wheel()})
    assert outcome.failure is None, outcome.output
    assert outcome.result == [7, 8, 9, "7", "command runs", "script runs"]


def test_they_go_before_what_the_image_has(tmp_path: Path) -> None:
    """Locked versions are what runs, whatever else is installed."""
    files = {"json5only.py": "", "m.py": "def f():\n    return 'not this'\n", "typing_x.py": ""}
    outcome = run(tmp_path / "ml", {PURE: wheel({**FILES, **files})})
    assert outcome.result[0] == 7  # the step's own modules still go before them


def test_they_need_no_network(tmp_path: Path) -> None:
    """A step without a network has its packages, and so have the commands that it starts."""
    isolated = without_network(tmp_path)
    if isolated is None:
        pytest.skip("no network namespaces here")
    attempt = "__import__('socket').socket().connect_ex(('127.0.0.1', 1))"
    uses = USES.replace("[pkg.VALUE", f"[{attempt}, pkg.VALUE")
    outcome = run(tmp_path / "ml", {PURE: wheel()}, uses=uses, python=isolated)
    assert outcome.failure is None, outcome.output
    assert outcome.result == [errno.ENETUNREACH, 7, 8, 9, "7", "command runs", "script runs"]


def replace_member(archive: Path, name: str, data: bytes) -> None:
    with zipfile.ZipFile(archive) as file:
        members = {entry: file.read(entry) for entry in file.namelist()}
    with zipfile.ZipFile(archive, "w") as file:
        for entry, content in {**members, name: data}.items():
            file.writestr(entry, content)


def flip(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (lambda a: replace_member(a, PURE, flip(wheel())), f"the wheel {PURE} is not the one"),
        (lambda a: replace_member(a, PURE, wheel({"pkg.py": ""})), f"the wheel {PURE} is not"),
        (lambda a: replace_member(a, "wheels.json", listed({}).encode()), "the list of wheels in"),
        (lambda a: a.write_bytes(b"no zip"), "cannot be unpacked"),
        (lambda a: a.unlink(), "cannot be unpacked"),
    ],
    ids=["one byte of a wheel", "a whole wheel", "the list", "the archive", "nothing there"],
)
def test_what_was_changed_is_not_installed(
    tmp_path: Path, tamper: Callable[[Path], None], message: str
) -> None:
    """The function never runs, and the message names what was altered."""
    outcome = run(tmp_path / "ml", {PURE: wheel()}, tamper=tamper)
    assert outcome.code != 0
    assert message in (outcome.failure or "")
    assert not outcome.has_view


def test_wheel_stays_in_its_folder(tmp_path: Path) -> None:
    """Names that lead out of the folder are those of files inside of it."""
    outcome = run(tmp_path / "ml", {PURE: wheel({**FILES, "../../out.py": "", "/abs.py": ""})})
    assert outcome.code == 0
    outside = [path for path in tmp_path.rglob("out.py") if "unpacked" not in str(path)]
    assert outside == []
    assert not Path("/abs.py").exists()


@pytest.mark.parametrize(
    ("name", "changes", "fits"),
    [
        (PURE, {"python": [3, 99], "machine": "other"}, True),
        (PURE, {"python": [4, 0]}, False),
        (BUILT, {}, True),
        (BUILT, {"python": [3, 99]}, False),
        (BUILT, {"machine": "other"}, False),
        (BUILT, {"glibc": [9, 0]}, False),
    ],
)
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs a Linux with glibc")
def test_wheels_for_another_python_are_refused(
    tmp_path: Path, name: str, changes: dict[str, Any], fits: bool
) -> None:
    """By version, processor and C library, unless all of them are Python alone."""
    data = {name: wheel()}
    outcome = run(tmp_path / "ml", data, text=listed(data, **changes))
    assert (outcome.code == 0) == fits
    if not fits:
        assert "the step's wheels are for Python" in (outcome.failure or "")
        assert 'install="at-start"' in (outcome.failure or "")


@pytest.mark.parametrize(("allowed", "uses_wheels"), [("never", False), ("wheels", True)])
def test_laptop_says_whether_wheels_are_used(
    tmp_path: Path, allowed: str, uses_wheels: bool
) -> None:
    """Where nothing is to be installed, the interpreter's own packages must do."""
    outcome = run(tmp_path / "ml", {PURE: wheel()}, CONSTRUCTS_LIB_INSTALL=allowed)
    assert (outcome.code == 0) == uses_wheels
    if not uses_wheels:
        assert "pkg==1.0 (not found); install them with" in (outcome.failure or "")
