"""Stands alone: gathers locked wheels into one archive when a stack is deployed.

The CDK CLI runs it as ``python3 -c <this file> <sha256> <wheel set> <pins>`` and uploads the file
whose path it prints. pip downloads the wheels, so its configuration holds: indexes, proxies,
credentials, certificates.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from typing import Any

LIST_FILE = "wheels.json"  # in the archive; the shim reads it
_EPOCH = (1980, 1, 1, 0, 0, 0)
_BLOCK = 1 << 20


def main(sha256: str, text: str, pins: str) -> str:
    """Return the path of the archive, an uncompressed zip whose bytes the wheels alone decide."""
    wheels = json.loads(text)["wheels"]
    home = cache()
    path = os.path.join(home, f"{sha256}.zip")
    if os.path.exists(path) and holds(path, text, wheels):
        return path
    with tempfile.TemporaryDirectory(dir=home) as folder:
        download(json.loads(text), pins, folder)
        made = os.path.join(folder, "wheels.zip")
        with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(zipfile.ZipInfo(LIST_FILE, _EPOCH), text)
            for name, _ in wheels:
                with (
                    open(os.path.join(folder, name), "rb") as file,
                    archive.open(zipfile.ZipInfo(name, _EPOCH), "w", force_zip64=True) as member,
                ):
                    shutil.copyfileobj(file, member, _BLOCK)
        if not holds(made, text, wheels):
            sys.exit("a wheel is not the one that was locked: run `constructs-lib lock`")
        os.replace(made, path)
    return path


def cache() -> str:
    """Return a folder for archives that is made already."""
    parent = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.path.join(parent, "constructs-lib", "wheels")
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:
        return tempfile.mkdtemp()
    return folder if os.access(folder, os.W_OK) else tempfile.mkdtemp()


def holds(path: str, text: str, wheels: list[list[str]]) -> bool:
    """Tell whether an archive holds exactly the wheels that are listed."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [LIST_FILE, *(name for name, _ in wheels)]
            if archive.namelist() != names or archive.read(LIST_FILE) != text.encode():
                return False
            return all(digest(archive, name) == expected for name, expected in wheels)
    except (OSError, zipfile.BadZipFile):
        return False


def download(wheels: dict[str, Any], pins: str, folder: str) -> None:
    """Have pip download the wheels."""
    listed = os.path.join(folder, "requirements.txt")
    with open(listed, "w", encoding="utf-8") as file:
        file.write(pins)
    major, minor = wheels["python"]
    glibc, machine = wheels["glibc"], wheels["machine"]
    names = [f"manylinux_{glibc[0]}_{n}" for n in range(glibc[1], 4, -1)]
    names += ["manylinux2014", "manylinux2010", "manylinux1", "linux"]
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", folder]
    options += ["--implementation", "cp", "--python-version", f"{major}.{minor}"]
    for abi in (f"cp{major}{minor}", "abi3", "none"):
        options += ["--abi", abi]
    for name in names:
        options += ["--platform", f"{name}_{machine}"]
    command = [*pip(), "download", "--quiet", "--disable-pip-version-check", *options]
    # What pip says goes to stderr: stdout is for the path.
    ended = subprocess.run([*command, "--requirement", listed], check=False, stdout=sys.stderr)
    if ended.returncode != 0:
        sys.exit("pip could not download the locked wheels")


def pip() -> list[str]:
    """Return how pip is started."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    for program, options in (("uvx", ["pip"]), ("pip3", []), ("pip", [])):
        if shutil.which(program):
            return [program, *options]
    sys.exit("the wheels of a step are downloaded by pip: install pip or uv")


def digest(archive: zipfile.ZipFile, name: str) -> str:
    """Return the sha256 of a member, in hex."""
    found = hashlib.sha256()
    with archive.open(name) as member:
        while block := member.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


if __name__ == "__main__":
    sys.stdout.write(f"{main(*sys.argv[1:])}\n")
