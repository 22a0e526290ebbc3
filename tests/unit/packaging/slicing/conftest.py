"""A project on disk that a test writes, imports, slices and runs."""

from __future__ import annotations

import importlib
import json
import operator
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from constructs_lib.packaging.project import SourceReference
from constructs_lib.packaging.slicing import Slice, slice_sources, source_reference

CALL = """
import importlib, json, operator, sys
sys.path.insert(0, sys.argv[1])
function = operator.attrgetter(sys.argv[3])(importlib.import_module(sys.argv[2]))
print(json.dumps(function(*json.loads(sys.argv[4]))))
"""


class Project:
    """Files below a folder that is importable."""

    def __init__(self, folder: Path, slices: Path) -> None:
        self.folder = folder
        self.slices = slices

    def write(self, files: dict[str, str | bytes]) -> None:
        """Write files; text is dedented."""
        for path, content in files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            data = dedent(content).encode() if isinstance(content, str) else content
            file.write_bytes(data)
        importlib.invalidate_caches()

    def module(self, name: str) -> ModuleType:
        """Import a module of the project."""
        return importlib.import_module(name)

    def forget(self) -> None:
        """Forget all modules of the project."""
        own = []
        for name, module in sys.modules.items():
            values = vars(module)
            places = [values.get("__file__"), *(values.get("__path__") or [])]
            if any(place and Path(place).is_relative_to(self.folder) for place in places):
                own.append(name)
        for name in own:
            del sys.modules[name]

    def reference(self, name: str) -> SourceReference:
        """Return the reference of ``module:qualname``."""
        module, _, qualname = name.partition(":")
        function = operator.attrgetter(qualname)(self.module(module))
        reference = source_reference(getattr(function, "func", function))
        assert isinstance(reference, SourceReference), reference
        return reference

    def slice(self, *names: str, include: Sequence[str] = ()) -> Slice:
        """Slice definitions, each given as ``module:qualname``."""
        roots = [self.reference(name) for name in names]
        return slice_sources(roots, include=include, step="train", location="stack.py:3")

    def run(self, piece: Slice, name: str, *args: Any, zipped: bool = False) -> Any:
        """Call a function from its slice alone, in a fresh interpreter, with JSON arguments."""
        source = self.slices / str(len(list(self.slices.iterdir())))
        for path, data in piece.files.items():
            file = source / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        if zipped:
            source = Path(shutil.make_archive(str(source), "zip", self.slices, source.name))
            source /= source.stem
        module, _, qualname = name.partition(":")
        done = subprocess.run(
            [sys.executable, "-I", "-c", CALL, str(source), module, qualname, json.dumps(args)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def check(self, name: str, *args: Any, zipped: bool = False) -> Slice:
        """Slice a function and see that it returns the same as the original."""
        piece = self.slice(name)
        module, _, qualname = name.partition(":")
        function = operator.attrgetter(qualname)(self.module(module))
        expected = getattr(function, "func", function)(*args)
        assert self.run(piece, name, *args, zipped=zipped) == json.loads(json.dumps(expected))
        return piece


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """An empty project; the working directory."""
    folder, slices = tmp_path / "project", tmp_path / "slices"
    folder.mkdir()
    slices.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    # A file that is written again in the same second, with the same size, is the same to Python.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(folder)
    found = Project(folder, slices)
    yield found
    found.forget()
