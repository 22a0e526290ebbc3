"""Executions that are read from a folder, which anyone may have written."""

from __future__ import annotations

from pathlib import Path

import pytest

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.execution import Execution, StepRecord
from constructs_lib.report.local_run import find_run, previous_run, read_local
from constructs_lib.report.logs import cut_log, read_log
from constructs_lib.report.page import page


def saved(runs: Path, name: str, *steps: StepRecord, pipeline: str = "shop") -> Path:
    folder = runs / pipeline / name
    Execution(pipeline, "arn:p", name[-12:], folder, {}, list(steps)).save()
    return folder


def test_finds_a_run_by_what_a_user_calls_it(tmp_path: Path) -> None:
    """Folder, its name, the ID, the pipeline for its latest, or nothing for the latest of all."""
    old = saved(tmp_path, "20250101-000000-aaaaaaaaaaaa")
    new = saved(tmp_path, "20250102-000000-bbbbbbbbbbbb")
    other = saved(tmp_path, "20250103-000000-cccccccccccc", pipeline="other")
    assert find_run(tmp_path, str(old)) == old
    assert find_run(tmp_path, old.name) == old
    assert find_run(tmp_path, "aaaaaaaaaaaa") == old
    assert find_run(tmp_path, "Shop") == new
    assert find_run(tmp_path, None) == other
    assert previous_run(new) == old
    with pytest.raises(LocalRunError, match="no run before"):
        previous_run(other)


def test_says_which_runs_there_are(tmp_path: Path) -> None:
    """Who asks for another one is told of those that are there, and of deployed ones."""
    with pytest.raises(LocalRunError, match=r"there is no run in .*: none"):
        find_run(tmp_path, None)
    saved(tmp_path, "20250101-000000-aaaaaaaaaaaa")
    with pytest.raises(LocalRunError, match=r"'x' in .*aaaaaaaaaaaa.*PIPELINE:EXECUTION"):
        find_run(tmp_path, "x")


def test_a_broken_record_is_told(tmp_path: Path) -> None:
    """It is no traceback."""
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(LocalRunError, match="no record of a run"):
        read_local(tmp_path)


def test_reads_nothing_outside_of_the_folder(tmp_path: Path) -> None:
    """A record that names other places has nothing of them shown."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key.txt").write_text("hunter2")
    up = "../../.."  # from the folder of a run
    request = {
        "InputDataConfig": [{"ChannelName": f"../../../../../../{up}/secret", "DataSource": {}}],
        "ProcessingInputs": [
            {"InputName": "p", "S3Input": {"S3Uri": "s3://b/k", "LocalPath": f"../../{up}/secret"}}
        ],
        "ModelArtifacts": {"S3ModelArtifacts": f"s3://../{up}/secret"},
    }
    step = StepRecord("a", "Training", properties=request, log=str(secret / "key.txt"))
    other = StepRecord(f"../{up}/secret", "Training", properties={**request, "ModelArtifacts": {}})
    folder = saved(tmp_path / "runs", "20250101-000000-aaaaaaaaaaaa", step, other)
    (folder / "jobs" / "a" / "opt" / "ml" / "input" / "data").mkdir(parents=True)
    (folder / "buckets").mkdir()
    assert "hunter2" not in repr(read_local(folder))


def test_the_page_of_500_steps_is_bounded(tmp_path: Path) -> None:
    """The more steps, the less is shown of each: long logs and wide tables stay below 5 MB."""
    steps = []
    for index in range(500):
        uri = f"s3://artifacts/{index}/"
        described = {"ModelArtifacts": {"S3ModelArtifacts": uri}}
        log = f"/x/logs/{index}.log"
        steps.append(StepRecord(f"s{index}", "Training", properties=described, log=log))
    folder = saved(tmp_path, "20250101-000000-aaaaaaaaaaaa", *steps)
    (folder / "logs").mkdir()
    for index in range(500):
        (folder / "logs" / f"{index}.log").write_text("a line of a log\n" * 1000)
        output = folder / "buckets" / "artifacts" / str(index)
        output.mkdir(parents=True)
        (output / "wide.csv").write_text((",".join(["0.123456"] * 100) + "\n") * 50)
    text = page(read_local(folder), {})
    assert len(text) < 5_000_000
    assert text.count("are left out here") == 500
    assert text.count("94 more") == 500


def test_a_moved_folder_still_has_its_logs(tmp_path: Path) -> None:
    """The log is looked for where the record is."""
    step = StepRecord("a", "Training", log="/gone/logs/a.log")
    folder = saved(tmp_path, "20250101-000000-aaaaaaaaaaaa", step)
    (folder / "logs").mkdir()
    (folder / "logs" / "a.log").write_text("said")
    assert read_local(folder).steps[0].log.head == "said"


def test_logs_are_cut_in_the_middle(tmp_path: Path) -> None:
    """What begins and ends it is kept, more of the end; what is left out is counted."""
    path = tmp_path / "a.log"
    path.write_text("a" * 1000 + "b" * 1000)
    log = read_log(path, 100)
    assert (log.head, log.tail, log.left_out) == ("a" * 25, "b" * 75, 1900)
    assert read_log(path, 2000).left_out == 0
    assert read_log(path, 2000).head == path.read_text()
    assert read_log(tmp_path / "gone", 10).head == ""


def test_logs_of_the_service_are_cut_too() -> None:
    """Where not all was read, nobody has counted what is left out."""
    assert cut_log(["one", "two"], [], 100, "").head == "one\ntwo"
    cut = cut_log(["x" * 200], [], 100, "")
    assert (len(cut.head), len(cut.tail), cut.left_out) == (25, 75, 100)
    assert cut_log(["one"], ["last"], 100, "").left_out is None
