"""Runs of the corpus in fresh processes, each in its own way."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import cloudpickle

ROOT = Path(__file__).resolve().parents[4]
CORPUS = Path(__file__).with_name("corpus.py")

_AS_MODULE = "import importlib, sys; sys.path.insert(0, {folder!r}); {imports}import shapes; "
_AS_CELL = "exec(compile(open({file!r}).read(), '<cell>', 'exec'), globals()); "
_LOAD = """
import json, pathlib, pickle, sys
folder, project = map(pathlib.Path, sys.argv[1:])
uses = json.loads((folder / "uses.json").read_text())
wrong = []
for refers in (False, True):
    if refers:
        sys.path.append(str(project))
    for name, (use, expected, has_references) in uses.items():
        if has_references == refers:
            v = pickle.loads((folder / f"{name}.pkl").read_bytes())
            found = repr(eval(use))
            found == expected or wrong.append((name, found, expected))
    assert refers or "shapes" not in sys.modules, "a pickle by value needs the project"
assert "constructs_lib" not in sys.modules
print(wrong)
"""


def digests(
    folder: Path,
    *,
    above: str = "",
    imports: str = "",
    how: str = "",
    mode: str = "module",
    options: Sequence[str] = (),
    python: str = sys.executable,
    pickles: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Pickle the corpus in a fresh process and return name to sha256."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "shapes.py"
    if not file.exists():
        file.write_text(above + CORPUS.read_text(encoding="utf-8"), encoding="utf-8")
    output = str(pickles) if pickles else ""
    imported = "".join(f"importlib.import_module({name!r});" for name in imports.split(",") if name)
    start = {
        "module": _AS_MODULE.format(folder=str(folder), imports=imported)
        + "shapes.main(*sys.argv[1:])",
        # The name of the module is not '__main__' while the cell runs its definitions only.
        "cell": _AS_CELL.format(file=str(file)),
    }
    command = [str(file)] if mode == "script" else ["-c", start[mode]]
    return json.loads(_run([python, *options, *command, output, how], folder, environment))


def load(pickles: Path, project: Path, python: str = sys.executable) -> str:
    """Load the pickles where constructs_lib is not, and return what was not as it should."""
    return _run([python, "-c", _LOAD, str(pickles), str(project)], pickles, None, ours=False)


def _run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None, ours: bool = True
) -> str:
    libraries = folder / "libraries"
    shutil.copytree(
        Path(cloudpickle.__file__).parent, libraries / "cloudpickle", dirs_exist_ok=True
    )
    path = os.pathsep.join([str(ROOT), str(libraries)] if ours else [str(libraries)])
    result = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": path, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()
