"""Folders that play file systems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from constructs_lib.local.assembly import Assembly
from constructs_lib.local.execution import Execution
from constructs_lib.local.folders import FolderStore
from constructs_lib.local.machine import engine_for
from constructs_lib.local.steps import Options
from tests.functional.local.assemblies import job, run_steps, write_assembly

READ = "give((base / 'input/data/images/a.txt').read_text())"


def mounting(kind: str, path: str, program: str = READ) -> dict[str, Any]:
    """Return a step that mounts a directory."""
    source = {
        "FileSystemId": "fs-1",
        "FileSystemType": kind,
        "DirectoryPath": path,
        "FileSystemAccessMode": "ro",
    }
    channel = {"ChannelName": "images", "DataSource": {"FileSystemDataSource": source}}
    return job("look", program, InputDataConfig=[channel])


def run(folder: Path, step: dict[str, Any], system: Path) -> Execution:
    """Run a step with a folder for its file system."""
    assembly = Assembly(write_assembly(folder / "cdk.out", [step]))
    engine = engine_for(
        assembly.find(None),
        {},
        lambda _: folder / "run",
        lambda root: FolderStore(root, assembly, {}, {"fs-1": system}),
        Options(),
        lambda _: None,
    )
    return engine.run()


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A folder for a file system."""
    path = tmp_path / "system"
    (path / "raw").mkdir(parents=True)
    (path / "raw" / "a.txt").write_text("a")
    return path


@pytest.mark.parametrize(("kind", "path"), [("EFS", "/raw/"), ("FSxLustre", "/mount/raw")])
def test_directory_is_the_folder_itself(tmp_path: Path, system: Path, kind: str, path: str) -> None:
    """Not a copy; the mount name of FSx for Lustre stands for the whole folder."""
    program = "(base / 'input/data/images/b.txt').write_text('b');" + READ
    assert run(tmp_path, mounting(kind, path, program), system).step("look").result == "a"
    assert (system / "raw" / "b.txt").read_text() == "b"


def test_next_run_in_the_same_folder_leaves_the_file_system(tmp_path: Path, system: Path) -> None:
    """What is removed before a job starts is the link, not what it leads to."""
    for _ in range(2):
        assert run(tmp_path, mounting("EFS", "/raw"), system).step("look").result == "a"


@pytest.mark.parametrize("path", ["/cooked", "/../system", "/raw/a.txt"])
def test_directory_that_is_not_there_is_told(tmp_path: Path, system: Path, path: str) -> None:
    """As is one outside of the file system."""
    record = run(tmp_path, mounting("EFS", path), system).step("look")
    assert record.status == "Failed"
    assert f"has no directory '{path}'" in record.reason


def test_file_system_without_a_folder_names_the_option(tmp_path: Path) -> None:
    """The step fails with what to do."""
    reason = run_steps(tmp_path, [mounting("EFS", "/raw")]).step("look").reason
    assert reason.startswith("channel 'images': file system 'fs-1' is not on this machine")
    assert "--file-system fs-1=FOLDER" in reason


def test_other_sources_are_a_clear_failure(tmp_path: Path) -> None:
    """Not an error of the engine."""
    channel = {"ChannelName": "x", "DataSource": {"DatasetSource": {"DatasetArn": "arn"}}}
    reason = run_steps(tmp_path, [job("look", InputDataConfig=[channel])]).step("look").reason
    assert "channel 'x' has a DatasetSource" in reason
