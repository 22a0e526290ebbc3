"""Which edits of a project change which step's slice, and that nothing else does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interpreters import interpreters

REPOSITORY = Path(__file__).resolve().parents[2]

FILES = {
    "flow/__init__.py": "",
    "flow/helpers.py": '''
"""Helpers."""
import json
import math

FACTOR = 2
UNUSED = 1
DEFAULT = 4


def scale(x):
    """Scale."""
    return x * FACTOR


def shift(x, by=DEFAULT):
    return x + by


def unused(x):
    return json.dumps(x)


class Base:
    def low(self, x):
        return x

    def high(self, x):
        return x + 1


class Model(Base):
    def fit(self, x):
        return self.low(scale(x))
''',
    "flow/steps.py": """
import os
import math

import flow.helpers as h
from constructs_lib import step
from flow.helpers import Model, shift

SIZE = "ml.m5.large"


@step(instance_type=SIZE)
def split(x):
    # doubles
    return h.scale(x)


@step
def train(x):
    return Model().fit(x)


@step(name="evaluate")
def evaluate(x):
    return shift(math.floor(x))


def plot(x):
    return os.fspath(x)
""",
}
STEPS = ("split", "train", "evaluate")
NONE: tuple[str, ...] = ()

# Name: file, text, replacement, steps that change.
EDITS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "helper": ("helpers", "x * FACTOR", "FACTOR * x", ("split", "train")),
    "other helper": ("helpers", "x + by", "by + x", ("evaluate",)),
    "constant": ("helpers", "FACTOR = 2", "FACTOR = 3", ("split", "train")),
    "default argument": ("helpers", "DEFAULT = 4", "DEFAULT = 5", ("evaluate",)),
    "docstring of a helper": ("helpers", '"""Scale."""', '"""Grow."""', ("split", "train")),
    "method of a base": ("helpers", "return x\n", "return +x\n", ("train",)),
    "other method of a base": ("helpers", "return x + 1", "return x + 2", ("train",)),
    "body": ("steps", "Model().fit(x)", "Model().fit(x) + 0", ("train",)),
    "unused constant": ("helpers", "UNUSED = 1", "UNUSED = 2", NONE),
    "unused helper": ("helpers", "json.dumps(x)", "json.dumps([x])", NONE),
    "helper added": ("helpers", "def scale", "def more(): pass\n\n\ndef scale", NONE),
    "comment above": ("steps", "@step\ndef train", "# new\n@step\ndef train", NONE),
    "comment inside": ("steps", "# doubles", "# doubles it\n\n    # twice", NONE),
    "comment away": ("steps", "    # doubles\n", "", NONE),
    "layout": ("helpers", "return x * FACTOR", "return (\n        x  *  FACTOR\n    )", NONE),
    "quotes": ("helpers", '"""Scale."""', "'Scale.'", NONE),
    "indentation": ("steps", "    return Model()", "  return Model()", NONE),
    "docstring of the module": ("helpers", '"""Helpers."""', '"""More."""', NONE),
    "step option": ("steps", 'name="evaluate"', 'name="check"', NONE),
    "step option's constant": ("steps", "ml.m5.large", "ml.m5.xlarge", NONE),
    "step option added": ("steps", "@step\ndef train", "@step(name='t')\ndef train", NONE),
    "unused import": ("steps", "import os", "import os, sys", NONE),
    "import in two": (
        "steps",
        "import Model, shift",
        "import Model\nfrom .helpers import shift",
        NONE,
    ),
    "imports sorted": ("helpers", "import json\nimport math", "import math\nimport json", NONE),
    "import moved": (
        "steps",
        "import flow.helpers as h\nfrom constructs_lib import step",
        "from constructs_lib import step\nimport flow.helpers as h",
        NONE,
    ),
    "relative import": ("steps", "from flow.helpers", "from .helpers", NONE),
    "unused function": ("steps", "os.fspath(x)", "os.fsencode(x)", NONE),
    "line ends": ("helpers", "\n", "\r\n", NONE),
    "main part": ("steps", "def plot", 'if __name__ == "__main__":\n    1\n\n\ndef plot', NONE),
}

SLICE = """
import json, sys
from constructs_lib.packaging.slicing import slice_sources, source_reference
import flow.steps
found = {}
for name in sys.argv[1:]:
    root = getattr(flow.steps, name)
    reference = source_reference(root.func)
    piece = slice_sources([reference], step=name, location=None)
    found[name] = [
        {path: data.decode() for path, data in piece.files.items()},
        list(piece.warnings),
        list(piece.definitions.items()),
    ]
print(json.dumps(found))
"""


def slices(folder: Path, *options: str, python: str = sys.executable, seed: str = "0") -> object:
    """Slice all steps of the project in a folder, in a process of its own."""
    done = subprocess.run(
        [python, *options, "-c", SLICE, *STEPS],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": f"{folder}{os.pathsep}{REPOSITORY}",
            "PYTHONHASHSEED": seed,
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def write(folder: Path) -> Path:
    """Write the project."""
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    return folder


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The slices of the project as it is."""
    found = slices(write(tmp_path_factory.mktemp("original")))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_changes_the_steps_that_it_reaches(
    edit: str, original: dict[str, object], tmp_path: Path
) -> None:
    """A step changes if and only if code that it can run changes."""
    file, text, replacement, expected = EDITS[edit]
    path = write(tmp_path) / f"flow/{file}.py"
    content = path.read_text()
    assert text in content
    path.write_bytes(content.replace(text, replacement).encode())
    found = slices(tmp_path)
    assert isinstance(found, dict)
    assert tuple(name for name in STEPS if found[name] != original[name]) == expected


@pytest.mark.parametrize(
    ("options", "seed"), [((), "1"), ((), "2"), (("-O",), "3"), (("-OO",), "4")]
)
def test_the_interpreters_mood_changes_nothing(
    options: tuple[str, ...], seed: str, original: dict[str, object], tmp_path: Path
) -> None:
    """Neither the hash seed nor -O nor where the project lies reaches a slice."""
    folder = write(tmp_path / "elsewhere" / "deep")
    assert slices(folder, *options, seed=seed) == original


@pytest.mark.parametrize("version", [v for v in interpreters() if v != "3.9"])
def test_the_python_version_changes_nothing(
    version: str, original: dict[str, object], tmp_path: Path
) -> None:
    """Any Python that the library supports cuts the same bytes."""
    assert slices(write(tmp_path), python=interpreters()[version]) == original
