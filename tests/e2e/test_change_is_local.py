"""What changes in the assembly when the project is edited, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.projects import code_of_steps, synthesize, write_project

ALL = {"load", "fit", "report", "here"}


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it is, synthesized."""
    return synthesize(write_project(tmp_path_factory.mktemp("original")))


def ours(assembly: Path) -> dict[str, bytes]:
    """Return the files of an assembly that are the library's: template and bundles."""
    files = [assembly / "Shop.template.json", *assembly.glob("asset.*.zip")]
    return {file.name: file.read_bytes() for file in files}


def test_every_step_has_code(original: Path) -> None:
    """The project's four steps are found."""
    assert code_of_steps(original).keys() == ALL


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LANG": "C", "HOME": "/nonexistent"},
        {"PYTHONHASHSEED": "77", "TZ": "America/New_York", "LC_ALL": "C.UTF-8", "USER": "other"},
    ],
)
def test_nothing_of_the_machine_is_in_the_assembly(
    original: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    """Another checkout path, user, hash seed, time zone and locale give the same bytes."""
    folder = write_project(tmp_path / "some where" / "else")
    assert ours(synthesize(folder, **environment)) == ours(original)


@pytest.mark.parametrize(
    "edits",
    [
        {"shop__steps": ("return scale", "# why\n\n    return scale")},
        {"shop__steps": ("def fit(rows, depth):", "def fit(\n    rows,\n    depth,\n):")},
        {"shop__steps": ('text = "model"', "text = ('model')")},
        {
            "shop__steps": (
                "@step\ndef load",
                "x = 1\n\n\ndef new():\n    return x\n\n\n@step\ndef load",
            )
        },
        {"shop__helpers": ("return 0", "return 1")},
        {"shop__deep": ("return None", "return 5")},
        {"app": ('"unused"', '"changed"')},
        {"app": ("from shop import steps", "import os\n\nfrom shop import steps")},
    ],
    ids=[
        "comment",
        "formatter",
        "quotes",
        "unrelated function",
        "unused helper",
        "unused deep",
        "constant of the app",
        "import of the app",
    ],
)
def test_edit_that_means_nothing_changes_nothing(
    original: Path, tmp_path: Path, edits: dict[str, tuple[str, str]]
) -> None:
    """Layout, comments and code that no step reaches are not in the assembly."""
    assert ours(synthesize(write_project(tmp_path, **edits))) == ours(original)


@pytest.mark.parametrize(
    ("edits", "changed"),
    [
        ({"shop__steps": ("list(range(count))", "list(range(count + 1))")}, {"load"}),
        ({"shop__steps": ('text = "model"', 'text = "other"')}, {"report"}),
        ({"shop__deep": ("left * right", "left + right")}, {"fit"}),
        ({"shop__helpers": ("rows, factor)", "rows, factor=2)")}, {"fit"}),
        ({"app": ("value + 1", "value + 2")}, {"here"}),
    ],
    ids=["body", "other body", "two modules away", "helper", "in the app's file"],
)
def test_edit_changes_the_steps_that_reach_it(
    original: Path, tmp_path: Path, edits: dict[str, tuple[str, str]], changed: set[str]
) -> None:
    """Editing a definition changes the bundles of the steps that reach it, and no others."""
    before, after = (
        code_of_steps(original),
        code_of_steps(synthesize(write_project(tmp_path, **edits))),
    )
    assert {name for name in ALL if before[name] != after[name]} == changed


def test_changed_argument_changes_no_code(original: Path, tmp_path: Path) -> None:
    """A plain argument is in the definition, not in the bundle."""
    folder = write_project(tmp_path, app=("depth=6", "depth=8"))
    assembly = synthesize(folder)
    assert code_of_steps(assembly) == code_of_steps(original)
    assert ours(assembly) != ours(original)
