"""Edits that mean nothing show nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from constructs_lib.review.comparison import compare
from constructs_lib.review.snapshot import read_snapshots
from tests.e2e.variants import TEMPLATE, Edit, ours, synthesize, write

STEPS, HELPERS, DEEP, APP = "shop/steps.py", "shop/helpers.py", "shop/deep.py", "app.py"
BODY = "    weights = scale(rows, depth)\n"

EDITS: dict[str, tuple[Edit, ...]] = {
    "comment above a step": ((STEPS, "@step\ndef measure", "# The error.\n@step\ndef measure"),),
    "comment in a step": ((STEPS, BODY, f"    # heavier ones first\n{BODY}"),),
    "comment behind a line": ((STEPS, BODY, f"{BODY[:-1]}  # why\n"),),
    "comment at the end of the file": ((STEPS, "", "\n# the end\n"),),
    "blank line in a step": ((STEPS, BODY, f"\n{BODY}\n"),),
    "blank lines between steps": ((STEPS, "\n\n\n@step\ndef measure", "\n\n\n\n\n@step\ndef measure"),),
    "spaces at a line's end": ((STEPS, BODY, f"{BODY[:-1]}   \n"),),
    "spaces around an operator": ((STEPS, "count + 1000", "count+1000"),),
    "indentation of two": ((DEEP, "    return left * right", "  return left * right"),),
    "line ends of Windows": ((DEEP, "left * right\n", "left * right\r\n"),),
    "signature on lines of its own": (
        (STEPS, "def fit(rows: list, depth: int, rate: float)", "def fit(\n    rows: list,\n    depth: int,\n    rate: float,\n)"),
    ),
    "trailing comma": ((STEPS, "scale(rows, depth)", "scale(rows, depth,)"),),
    "parentheses": ((DEEP, "left * right", "(left * right)"),),
    "other quotes": ((STEPS, 'split(",")', "split(',')"),),
    "underscore in a number": ((STEPS, "count + 1000", "count + 1_000"),),
    "continued line": ((STEPS, "sum(weights) * rate", "sum(weights) \\\n        * rate"),),
    "two statements in a line": (
        (STEPS, BODY + "    total = sum", "    weights = scale(rows, depth); total = sum"),
    ),
    "decorator on one line": (
        (STEPS, "@step(\n    instance_type=\"ml.m5.xlarge\",\n", "@step(instance_type=\"ml.m5.xlarge\",\n"),
    ),
    "decorator's settings in another order": (
        (STEPS, '    dependencies="requirements.txt",\n', ""),
        (STEPS, '    environment_variables={"LEVEL": "info"},\n', '    environment_variables={"LEVEL": "info"},\n    dependencies="requirements.txt",\n'),
    ),
    "module's docstring": ((STEPS, "The steps of the sales pipeline.", "Steps."),),
    "imports in another order": (
        (STEPS, "import json\nfrom pathlib import Path\n", "from pathlib import Path\nimport json\n"),
    ),
    "import on lines of their own": (
        (STEPS, "from .helpers import LIMIT, scale, unused", "from .helpers import LIMIT\nfrom .helpers import scale"),
    ),
    "import that nothing uses": ((STEPS, "import json\n", "import csv\nimport json\n"),),
    "constant that nothing uses": ((STEPS, "not used by any step", "still not"),),
    "helper that nothing uses": ((HELPERS, "return 0", "return 1"),),
    "helper that nothing uses is gone": ((DEEP, "\n\ndef other():\n    return None\n", ""),),
    "helper that is new": ((HELPERS, "", "\n\ndef later(rows):\n    return scale(rows, 2)\n"),),
    "step that nothing calls": ((STEPS, "", "\n\n@step\ndef later(rows: list) -> int:\n    return len(rows)\n"),),
    "steps in another order": (
        (STEPS, '\n\n@step\ndef publish(model: dict, label: str) -> str:\n    """Write the model out."""\n    return json.dumps({label: model})\n', ""),
        (STEPS, "@step\ndef measure", '@step\ndef publish(model: dict, label: str) -> str:\n    """Write the model out."""\n    return json.dumps({label: model})\n\n\n@step\ndef measure'),
    ),
    "another file": (("shop/notes.py", "", "NOTES = 1\n"),),
    "tests": (("tests/test_shop.py", "", "def test_shop():\n    assert True\n"),),
    "readme": (("README.md", "", "# Shop\n"),),
    "comment in the app": ((APP, "depth = P", "# Of the trees.\ndepth = P"),),
    "constant of the app": ((APP, 'REVISION = "unused"', 'REVISION = "other"'),),
    "import of the app": ((APP, "import os\n", ""),),
    "arguments in another order": ((APP, "depth=depth, rate=0.1", "rate=0.1, depth=depth"),),
    "name of a variable of the app": (
        (APP, "quality = steps.measure", "errors = steps.measure"),
        (APP, 'quality["rmse"]', 'errors["rmse"]'),
    ),
    "blank line in the requirements": (("shop/requirements.txt", "scikit", "\nscikit"),),
    "comment in the requirements": (("shop/requirements.txt", "pandas==2.2.0", "pandas==2.2.0  # pinned"),),
}  # fmt: skip


@pytest.fixture(scope="module")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every variant, and the original as "", each in a checkout of its own."""
    folder = tmp_path_factory.mktemp("noise")
    edits = {"": (), **EDITS}
    return synthesize({name: write(folder / str(n), edits[name]) for n, name in enumerate(edits)})


def test_there_are_thirty() -> None:
    """The table is as long as is promised."""
    assert len(EDITS) >= 30


@pytest.mark.parametrize("edit", EDITS)
def test_nothing_is_shown(assemblies: dict[str, Path], edit: str) -> None:
    """Template and bundles are the same bytes; ``constructs-lib diff`` has nothing to say."""
    original, edited = assemblies[""], assemblies[edit]
    assert ours(edited) == ours(original)
    assert compare(read_snapshots(original), read_snapshots(edited)) == []


def package(folder: Path, version: str) -> str:
    """Install a package that has nothing to do with the app; returns its folder."""
    info = folder / f"unrelated-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Name: unrelated\nVersion: {version}\n")
    (folder / "unrelated.py").write_text(f"VERSION = {version!r}\n")
    return str(folder)


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "7", "HOME": "/nonexistent", "USER": "somebody", "LOGNAME": "somebody"},
        {"TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8", "LC_ALL": "C"},
        {"PYTHONDONTWRITEBYTECODE": "", "PYTHONOPTIMIZE": "1"},
    ],
    ids=["hash seed and user", "time zone and language", "optimized bytecode"],
)
def test_nothing_is_shown_on_another_machine(
    assemblies: dict[str, Path], tmp_path: Path, environment: dict[str, str]
) -> None:
    """Neither are the machine, its user and the time when the files were written."""
    folder = write(tmp_path / "moved check out")
    for file in folder.rglob("*.py"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
    found = synthesize({"it": folder}, **environment)["it"]
    assert ours(found) == ours(assemblies[""])


def test_nothing_is_shown_of_an_upgraded_package(tmp_path: Path) -> None:
    """A package that no step imports can have any version."""
    found = [
        synthesize(
            {"it": write(tmp_path / version)},
            PYTHONPATH=os.pathsep.join(
                [
                    package(tmp_path / f"site-{version}", version),
                    *os.environ.get("PYTHONPATH", "").split(os.pathsep),
                    str(Path(__file__).parents[2]),
                ]
            ),
        )["it"]
        for version in ("1.0", "2.0")
    ]
    assert ours(found[0]) == ours(found[1])


@pytest.mark.parametrize("edit", ["comment in a step", "steps in another order", "another file"])
def test_the_cli_says_so(cdk: Callable, assemblies: dict[str, Path], edit: str) -> None:
    """The real ``cdk diff`` finds no differences."""
    output = cdk(
        *("diff", "Shop", "--app", str(assemblies[edit]), "--method=template", "--fail"),
        *("--template", str(assemblies[""] / TEMPLATE)),
        cwd=assemblies[""],
    )
    assert "There were no differences" in output.stdout + output.stderr
