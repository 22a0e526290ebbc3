"""Slices of packages that others wrote, as if they were the project."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

# Runs with the copied package in front of the installed one: writes the slice of each public
# function and class, those with the same files once.
SLICE_ALL = """
import hashlib, importlib, inspect, json, pkgutil, sys
from pathlib import Path
from constructs_lib.packaging.slicing import slice_sources, source_reference

package, out = sys.argv[1], Path(sys.argv[2])
top = importlib.import_module(package)
modules, found = {top.__name__: top}, {}
for info in pkgutil.walk_packages(top.__path__, package + "."):
    try:
        modules[info.name] = importlib.import_module(info.name)
    except (ImportError, AttributeError):
        continue  # needs another system, or something that is not installed
reasons = {}
for module in modules.values():
    for name, value in sorted(vars(module).items()):
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if not inspect.isfunction(value) and not inspect.isclass(value):
            continue
        reference = source_reference(value)
        if isinstance(reference, str):
            reasons[f"{module.__name__}.{name}"] = reference
            continue
        piece = slice_sources([reference], step=name, location=None)
        digest = hashlib.sha256(repr(piece.files).encode()).hexdigest()[:16]
        for path, data in piece.files.items():
            file = out / digest / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        found.setdefault(digest, []).append([reference.module, reference.qualname])
names = {module: sorted(vars(value)) for module, value in modules.items()}
print(json.dumps({"slices": found, "refused": reasons, "names": names}))
"""

# Runs without the repository on the path: imports every slice in a process of its own.
IMPORT_ALL = """
import builtins, dis, importlib, json, operator, os, sys, traceback, types

folder, top = sys.argv[1:]
answer = json.load(sys.stdin)
slices, names = answer["slices"], answer["names"]


def globals_read(code):
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL":
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from globals_read(constant)


for installed in ("email", "http.client", "json", "logging", "queue", "ssl", "urllib.parse",
                  "multiprocessing", "concurrent.futures", "datetime", "typing", "botocore",
                  "pickle", "six", "asyncio", "decimal"):
    try:
        importlib.import_module(installed)
    except ImportError:
        continue
for name in [n for n in sys.modules if n.split(".")[0] == top]:
    del sys.modules[name]
failures = {}
for digest, references in slices.items():
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            sys.path.insert(0, os.path.join(folder, digest))
            importlib.invalidate_caches()
            for module, qualname in references:
                loaded = importlib.import_module(module)
                assert loaded.__file__.startswith(folder), loaded.__file__
                operator.attrgetter(qualname)(loaded)
            for name, module in list(sys.modules.items()):
                if name in names and module.__file__.startswith(folder):
                    with open(module.__file__) as file:
                        read = set(globals_read(compile(file.read(), name, "exec")))
                    missing = (read & set(names[name])) - vars(module).keys() - set(dir(builtins))
                    assert not missing, (name, missing)
            os.write(writer, b"ok")
        except BaseException:
            os.write(writer, traceback.format_exc()[-1500:].encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    if text != "ok":
        failures[str(references)] = text
print(json.dumps(failures))
"""


@pytest.mark.parametrize(
    ("package", "at_least"),
    [
        ("cloudpickle", 30),
        ("dateutil", 35),
        ("jmespath", 30),
        ("joblib", 100),
        ("s3transfer", 80),
        ("urllib3", 60),
    ],
)
def test_every_public_definition_can_be_imported_from_its_slice_alone(
    package: str, at_least: int, tmp_path: Path
) -> None:
    """What a slice holds is enough to import each function and class of a real package."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    copy, out = tmp_path / "project", tmp_path / "slices"
    without_tests = shutil.ignore_patterns("test", "tests")
    shutil.copytree(Path(spec.origin).parent, copy / package, ignore=without_tests)
    answer = _run(
        ["-c", SLICE_ALL, package, str(out)], PYTHONPATH=f"{copy}:{REPOSITORY}", PYTHONHASHSEED="1"
    )
    slices = json.loads(answer)
    reasons = ("it is defined inside", "is not this class")
    assert [why for why in slices["refused"].values() if not any(r in why for r in reasons)] == []
    assert sum(map(len, slices["slices"].values())) >= at_least
    failures = json.loads(_run(["-I", "-c", IMPORT_ALL, str(out), package], stdin=answer))
    assert failures == {}


def _run(arguments: list[str], stdin: str = "", **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
