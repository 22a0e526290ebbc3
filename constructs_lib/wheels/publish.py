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

LIST_FILE = "wheels.json"  # in the archive; the shim reads it
_EPOCH = (1980, 1, 1, 0, 0, 0)


def main(sha256: str, text: str, pins: str) -> str:
    """Return the path of the archive, an uncompressed zip whose bytes the wheels alone decide."""
    wheels = json.loads(text)
    folder = tempfile.mkdtemp(prefix="constructs-lib-wheels-")
    download(wheels, pins, folder)
    path = os.path.join(folder, f"{sha256}.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(LIST_FILE, _EPOCH), text)
        for name, expected in wheels["wheels"]:
            source = os.path.join(folder, name)
            if digest(source) != expected:
                sys.exit(f"{name} is not the wheel that was locked: run `constructs-lib lock`")
            with open(source, "rb") as file, archive.open(
                zipfile.ZipInfo(name, _EPOCH), "w", force_zip64=True
            ) as member:
                shutil.copyfileobj(file, member, 1 << 20)
            os.remove(source)
    return path


def download(wheels: dict, pins: str, folder: str) -> None:
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


def pip() -> list:
    """Return how pip is started."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    for program, options in (("uvx", ["pip"]), ("pip3", []), ("pip", [])):
        if shutil.which(program):
            return [program, *options]
    sys.exit("the wheels of a step are downloaded by pip: install pip or uv")


def digest(path: str) -> str:
    """Return the sha256 of a file, in hex."""
    with open(path, "rb") as file:
        found = hashlib.sha256()
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
