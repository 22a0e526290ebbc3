"""The step's packages as wheels: verified, unpacked and put before what the image has."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import site
import sys
import tempfile
import zipfile
import zlib
from configparser import ConfigParser
from typing import Any

from .failure import StepFailure
from .protocol import DEPENDENCIES_CHANNEL, WHEELS_FILE

_BLOCK = 1 << 20
_LARGEST_LIST = 16 << 20
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error)
# Where a wheel's ``.data`` folders go; headers and data are for building other packages.
# https://packaging.python.org/en/latest/specifications/binary-distribution-format/
_SCHEMES = {"purelib": "", "platlib": "", "scripts": "bin/"}


def install(base: str, sha256: str) -> None:
    """Unpack the wheels that the definition names into a folder of this job.

    Nothing is installed into the image's own folders, so that they may be read-only, and nothing
    of a wheel is run to install it.

    Args:
        base: The folder that stands for ``/opt/ml``.
        sha256: Of the list of wheels, in hex; the archive's name.

    Raises:
        StepFailure: The wheels are not those that were locked, or not for this Python.
    """
    channel = os.path.join(base, "input", "data", DEPENDENCIES_CHANNEL)
    path = os.path.join(channel, f"{sha256}.zip")
    folder = _folder(channel)
    try:
        with zipfile.ZipFile(path) as archive:
            listed = _read_list(archive)
            if hashlib.sha256(listed).hexdigest() != sha256:
                raise StepFailure(f"the list of wheels in {path} was changed: deploy again")
            wheels = json.loads(listed)
            _check_python(wheels)
            for name, expected in wheels["wheels"]:
                _unpack(archive, name, expected, folder)
    except (OSError, EOFError, KeyError, RuntimeError, *_ZIP_ERRORS) as error:
        raise StepFailure(
            f"the step's wheels cannot be unpacked from {path}: {error}; deploy again"
        ) from None
    _put_first(folder)


def _read_list(archive: zipfile.ZipFile) -> bytes:
    # Nothing says yet that the archive is the right one, and a list is read as a whole.
    if archive.getinfo(WHEELS_FILE).file_size > _LARGEST_LIST:
        raise OSError(f"{WHEELS_FILE} has more than {_LARGEST_LIST} bytes")
    return archive.read(WHEELS_FILE)


def _check_python(wheels: dict[str, Any]) -> None:
    if all(name.endswith("-any.whl") for name, _ in wheels["wheels"]):
        here, wanted = sys.version_info[0], wheels["python"][0]
        fits = here == wanted
    else:
        fits = (
            list(sys.version_info[:2]) == wheels["python"]
            and platform.machine() == wheels["machine"]
            and _glibc() >= wheels["glibc"]
        )
    if not fits:
        version = ".".join(map(str, wheels["python"]))
        glibc = ".".join(map(str, wheels["glibc"]))
        raise StepFailure(
            f"the step's wheels are for Python {version} on {wheels['machine']} with glibc "
            f"{glibc} or later, but this is Python {platform.python_version()} on "
            f"{platform.machine()} with {' '.join(platform.libc_ver()) or 'another C library'}; "
            f"give the image's Python with Image.uri(..., python=...) and lock again, or set "
            f'install="at-start"'
        )


def _glibc() -> list[int]:
    name, version = platform.libc_ver()
    numbers = version.split(".")[:2]
    return [int(n) for n in numbers] if name == "glibc" and "".join(numbers).isdigit() else [0]


def _folder(channel: str) -> str:
    """Make a folder to unpack into, the same on every host of a job.

    The volume of the job's data is as large as the user asked for.
    """
    folder = os.path.join(channel, "unpacked")
    try:
        os.mkdir(folder)
    except OSError:  # the channel is read-only
        return tempfile.mkdtemp(prefix="unpacked-")
    return folder


def _unpack(archive: zipfile.ZipFile, name: str, expected: str, folder: str) -> None:
    found = hashlib.sha256()
    with archive.open(name) as member:
        while block := member.read(_BLOCK):
            found.update(block)
    if found.hexdigest() != expected:
        raise StepFailure(f"the wheel {name} is not the one that was locked: deploy again")
    with archive.open(name) as member, zipfile.ZipFile(member) as wheel:
        for item in wheel.infolist():
            target = _target(item.filename)
            if target is not None:
                item.filename = target
                _write(wheel, item, folder)
        for entry in wheel.namelist():
            if entry.endswith(".dist-info/entry_points.txt"):
                _make_commands(wheel.read(entry).decode(), folder)


def _target(name: str) -> str | None:
    """Return where a file of a wheel goes, or None if nowhere."""
    top, _, rest = name.partition("/")
    if not top.endswith(".data"):
        return name
    scheme, _, inner = rest.partition("/")
    return f"{_SCHEMES[scheme]}{inner}" if scheme in _SCHEMES and inner else None


def _write(wheel: zipfile.ZipFile, item: zipfile.ZipInfo, folder: str) -> None:
    path = wheel.extract(item, folder)
    if item.filename.startswith("bin/") and not item.is_dir():
        with open(path, "rb") as file:
            first, rest = file.readline(), file.read()
        if first.startswith(b"#!python"):
            with open(path, "wb") as file:
                file.write(f"#!{sys.executable}\n".encode() + rest)
        os.chmod(path, 0o755)
    elif item.external_attr >> 16 & 0o111 and not item.is_dir():
        os.chmod(path, 0o755)


def _make_commands(text: str, folder: str) -> None:
    """Write the commands that a wheel's entry points stand for, such as ``torchrun``."""
    points = ConfigParser(delimiters=("=",))
    points.optionxform = str  # type: ignore[assignment,method-assign]
    points.read_string(text)
    if not points.has_section("console_scripts"):
        return
    os.makedirs(os.path.join(folder, "bin"), exist_ok=True)
    for name, reference in points.items("console_scripts"):
        module, _, rest = reference.partition(":")
        call = rest.partition("[")[0].strip()
        path = os.path.join(folder, "bin", os.path.basename(name))
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                f"#!{sys.executable}\nimport sys\nimport {module.strip()} as module\n"
                f"sys.exit(module.{call}())\n"
            )
        os.chmod(path, 0o755)


def _put_first(folder: str) -> None:
    """Let this process, and those that it starts, find the packages."""
    sys.path.insert(1, folder)  # behind the bundle
    site.addsitedir(folder)  # for what its .pth files say
    programs = os.path.join(folder, "bin")
    for variable, entry in (("PYTHONPATH", folder), ("PATH", programs)):
        rest = os.environ.get(variable)
        os.environ[variable] = f"{entry}{os.pathsep}{rest}" if rest else entry
