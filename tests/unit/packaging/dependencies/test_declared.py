"""The setting ``dependencies``: every kind of file comes to the same requirements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from constructs_lib import BundleError
from constructs_lib.packaging.dependencies import Dependencies, read_dependencies


def read(dependencies: Any, folder: Path) -> Dependencies:
    return read_dependencies(
        dependencies, folder=folder, function="train", step="s", location="f.py:1"
    )


def test_list_is_what_it_says(tmp_path: Path) -> None:
    """Its lock file is called like the function, and is beside the file that declares it."""
    found = read(["a==1", " b  >= 2 "], tmp_path)
    assert found.text == "a==1\nb >= 2\n"
    assert (found.folder, found.name) == (tmp_path, "train")


def test_lambda_has_a_name_for_its_lock_file(tmp_path: Path) -> None:
    found = read_dependencies(["a"], folder=tmp_path, function="<lambda>", step="s", location=None)
    assert found.name == "lambda"


def test_requirements_are_read_without_comments(tmp_path: Path) -> None:
    """Comments, blank lines, hashes and spacing change nothing; included files are part of it."""
    (tmp_path / "more.txt").write_text(
        "scikit-learn==1.5.2 --hash=sha256:00 \\\n --hash=sha256:11\n"
    )
    (tmp_path / "r.txt").write_text(
        "# why\npandas>=2   # because\n\n-r more.txt\nnumpy \\\n  >=1\npkg @ https://x/y#egg=z\n"
    )
    found = read("r.txt", tmp_path)
    assert found.text == "pandas>=2\nscikit-learn==1.5.2\nnumpy >=1\npkg @ https://x/y#egg=z\n"
    assert (found.folder, found.name) == (tmp_path, "r")


PYPROJECT = """
[project]
dependencies = ["a>=1"]
[project.optional-dependencies]
gpu = ["torch"]
[dependency-groups]
base = ["b"]
train = ["c==1", {include-group = "base"}, "b"]
"""


@pytest.mark.parametrize(
    ("setting", "text", "name"),
    [
        ("pyproject.toml", "a>=1\n", "pyproject"),
        ("pyproject.toml:gpu", "torch\n", "pyproject-gpu"),
        ("pyproject.toml:train", "c==1\nb\n", "pyproject-train"),
    ],
)
def test_group_of_a_project(tmp_path: Path, setting: str, text: str, name: str) -> None:
    """A dependency group with those that it includes, or an extra; else the project's own."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    found = read(setting, tmp_path)
    assert (found.text, found.name) == (text, name)


def test_conda_environment(tmp_path: Path) -> None:
    """Its packages are taken for wheels of the same name; the interpreter is the image's."""
    text = (
        "dependencies:\n- python=3.12\n- conda-forge::numpy=1.26\n- pandas==2.2.2\n- pip\n"
        "- scipy =1.11.4=py312_0\n- lightgbm >=4\n- pip:\n  - boto3>=1\n"
    )
    (tmp_path / "environment.yml").write_text(text)
    found = read("environment.yml", tmp_path)
    assert found.requirements == (
        *("numpy==1.26.*", "pandas==2.2.2", "scipy==1.11.4.*", "lightgbm>=4", "boto3>=1"),
    )
    assert found.environment == text


@pytest.mark.parametrize("line", ["-e .", "./wheel.whl", "../x", "/abs/path", "file:///x.whl"])
def test_requirement_of_this_machine_is_refused(tmp_path: Path, line: str) -> None:
    """A local path means nothing in the container."""
    (tmp_path / "r.txt").write_text(f"{line}\n")
    with pytest.raises(BundleError, match="exists on this machine only"):
        read("r.txt", tmp_path)


@pytest.mark.parametrize(
    ("setting", "content", "found"),
    [
        ("missing.txt", None, "neither beside the file that declares the step"),
        ("deps.cfg", "", "its name is of no known kind"),
        ("r.txt", "-r other.txt\n", "it includes 'other.txt', which is not there"),
        ("r.txt", "-c limits.txt\n", "write the constraint as a requirement"),
        ("pyproject.toml", "[project", "it is not TOML"),
        ("pyproject.toml:none", PYPROJECT, "no group 'none', only base, gpu, train"),
        (
            "pyproject.toml:a",
            '[dependency-groups]\na = [{include-group = "a"}]\n',
            "its group 'a' includes itself",
        ),
        ("environment.yml", "name: x\n", "it has no list of dependencies"),
        ("environment.yml", "a: [", "it is not YAML"),
        ("environment.yml", "dependencies:\n- '!'\n", "it has the dependency '!'"),
    ],
)
def test_unusable_file_is_refused(
    tmp_path: Path, setting: str, content: str | None, found: str
) -> None:
    """The message names the setting, what is wrong, and every kind of file there is."""
    if content is not None:
        (tmp_path / setting.partition(":")[0]).write_text(content)
    with pytest.raises(BundleError, match=r"uv\.lock, poetry\.lock, pylock\.toml") as caught:
        read(setting, tmp_path)
    assert found in str(caught.value)
    assert repr(setting) in str(caught.value)
