"""``constructs-lib diff`` with a git revision."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# An app without the CDK: what it finds becomes arguments of its only step.
APP = """
import json, os, pathlib
from settings import SIZE
from tests.functional.local.assemblies import job, write_assembly

context = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
looked_up = {"zone": context.get("zone", ""), "place": context.get("place", "")}
folder = pathlib.Path(os.environ.get("CDK_OUTDIR", "cdk.out"))
write_assembly(folder, [job("fit", values={"size": SIZE, **looked_up})])
"""
PYTHON = f'"{sys.executable}" app.py'


def git(folder: Path, *arguments: str) -> str:
    """Run git without any configuration of the machine's."""
    environment = {
        **{key: text for key, text in os.environ.items() if not key.startswith("GIT_")},
        **{
            f"GIT_{who}_{what}": "a@b"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(folder: Path, files: Mapping[str, str]) -> None:
    """Write files, and commit them."""
    write(folder, files)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "-")


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def environment(**more: str) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **more}


def diff(
    folder: Path, *arguments: str, code: int = 0, **more: str
) -> subprocess.CompletedProcess[str]:
    """Compare as a user would; returns what was written."""
    done = subprocess.run(
        [sys.executable, "-m", "constructs_lib.cli.main", "diff", *arguments],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def synthesize(folder: Path, context: str = "{}") -> None:
    """Write ``cdk.out`` of the working tree."""
    more = environment(CDK_CONTEXT_JSON=context)
    subprocess.run([sys.executable, "app.py"], cwd=folder, env=more, check=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a project in its root, of which one commit is tagged ``v1``."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    files = {
        ".gitignore": "cdk.out/\n.venv/\n",
        "app.py": APP,
        "cdk.json": json.dumps({"app": PYTHON}),
        "settings.py": "SIZE = '1'\n",
    }
    commit(folder, files)
    git(folder, "tag", "v1")
    return folder


def assert_clean(repository: Path) -> None:
    """Nothing is left beside the working tree."""
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_app_is_synthesized_as_it_was_then(repository: Path) -> None:
    """Edits that are not committed stay, and are not in the revision."""
    write(repository, {"settings.py": "SIZE = '2'\n", "notes.txt": "mine"})
    git(repository, "add", "notes.txt")
    synthesize(repository)
    before = git(repository, "status", "--short")
    assert "argument size: 1 → 2" in diff(repository, "v1").stdout
    assert git(repository, "status", "--short") == before
    assert_clean(repository)


def test_both_versions_can_be_revisions(repository: Path) -> None:
    """Whatever ``cdk.out`` has."""
    commit(repository, {"settings.py": "SIZE = '2'\n"})
    assert "argument size: 1 → 2" in diff(repository, "v1", "HEAD").stdout
    assert "argument size: 2 → 1" in diff(repository, "main", "main~1").stdout
    assert "no differences" in diff(repository, "main", "HEAD").stdout


def test_project_can_be_in_a_folder_of_the_repository(repository: Path) -> None:
    """The same folder of the revision is the project; one that was not there is said."""
    files = {
        name: (repository / name).read_text() for name in ("app.py", "cdk.json", "settings.py")
    }
    commit(repository, {f"deep/infra/{name}": text for name, text in files.items()})
    folder = repository / "deep" / "infra"
    (folder / "settings.py").write_text("SIZE = '3'\n")
    synthesize(folder)
    assert "argument size: 1 → 3" in diff(folder, "main").stdout
    assert "v1 has no folder deep/infra" in diff(folder, "v1", code=2).stderr
    assert_clean(repository)


def test_context_is_that_of_the_revision(repository: Path) -> None:
    """What is written in ``cdk.json`` wins over what was looked up, as with the CDK CLI."""
    configuration = {"app": PYTHON, "context": {"zone": "a"}}
    looked_up = json.dumps({"zone": "b", "place": "c"})
    commit(
        repository,
        {"cdk.json": json.dumps(configuration), "cdk.context.json": looked_up},
    )
    write(repository, {"cdk.context.json": "{}"})
    synthesize(repository, '{"zone": "x", "place": "y"}')
    found = diff(repository, "main").stdout
    assert "argument zone: a → x" in found
    assert "argument place: c → y" in found


def test_app_is_a_command_of_the_shell(repository: Path) -> None:
    """With quotes, variables and several commands."""
    command = f'SIZE="1 2" && export SIZE && "{sys.executable}" -c "exec(open(\'app.py\').read())"'
    commit(
        repository,
        {
            "cdk.json": json.dumps({"app": command}),
            "settings.py": "import os\nSIZE = os.environ['SIZE']\n",
        },
    )
    assert "argument size: 1 → 1 2" in diff(repository, "v1", "main").stdout


def test_app_can_be_given(repository: Path) -> None:
    """For a revision whose ``cdk.json`` has another one, or none."""
    commit(repository, {"cdk.json": "{}"})
    assert "name its command with --app" in diff(repository, "v1", "main", code=2).stderr
    assert "no differences" in diff(repository, "v1", "main", "--app", PYTHON).stdout


@pytest.mark.parametrize(
    "place", [".venv/bin/python", "./.venv/bin/python", "infra/../.venv/bin/python"]
)
def test_interpreter_of_the_working_tree_is_taken(repository: Path, place: str) -> None:
    """The revision has no virtual environment, as git keeps none."""
    interpreter = repository / ".venv" / "bin" / "python"
    write(interpreter.parent, {"python": f'#!/bin/sh\nexport SIZE=lent\n"{sys.executable}" "$@"'})
    interpreter.chmod(0o755)
    files = {
        "cdk.json": json.dumps({"app": f"{place} app.py"}),
        "settings.py": "import os\nSIZE = os.environ['SIZE']\n",
        "infra/x": "",
    }
    commit(repository, files)
    assert "argument size: 1 → lent" in diff(repository, "v1", "main").stdout
    assert interpreter.is_file()
    assert_clean(repository)


def test_a_file_that_is_new_is_not_lent(repository: Path) -> None:
    """What git keeps, but not in this revision, was not there then."""
    commit(repository, {"main.py": APP, "cdk.json": json.dumps({"app": PYTHON})})
    command = PYTHON.replace("app.py", "main.py")
    assert "main.py" in diff(repository, "v1", "main", "--app", command, code=2).stderr


@pytest.mark.parametrize("layout", ["src/settings.py", "settings.py"])
def test_modules_are_those_of_the_revision(repository: Path, layout: str) -> None:
    """Also if the working tree is on the path, as it is with an editable installation."""
    git(repository, "rm", "-q", "settings.py")
    commit(repository, {layout: "SIZE = '1'\n", "moved": ""})
    write(repository, {layout: "SIZE = '2'\n"})
    installed = str((repository / layout).parent)
    path = os.pathsep.join([str(ROOT), installed])
    found = diff(repository, "main", "v1", PYTHONPATH=path).stdout
    assert "no differences" in found


def test_app_may_name_its_folder_itself(repository: Path) -> None:
    """As ``outdir`` of the CDK's App does, or ``output`` of ``cdk.json``."""
    app = APP.replace('os.environ.get("CDK_OUTDIR", "cdk.out")', '"cdk.out"')
    commit(repository, {"app.py": app, "settings.py": "SIZE = '2'\n"})
    assert "argument size: 1 → 2" in diff(repository, "v1", "main").stdout


def test_failure_of_the_app_is_shown(repository: Path) -> None:
    """With the end of what it has said; nothing is left behind."""
    commit(repository, {"settings.py": "raise ValueError('no size')\n"})
    error = diff(repository, "v1", "main", code=2).stderr
    assert "main cannot be synthesized: the app" in error
    assert "ValueError: no size" in error
    assert "Traceback (most recent call last):\n  File" in error
    assert_clean(repository)
    commit(repository, {"app.py": "print('hello')\n"})
    error = diff(repository, "v1", "main", code=2).stderr
    assert "wrote no cloud assembly\nhello" in error


def test_ctrl_c_leaves_nothing_behind(repository: Path) -> None:
    """Exit code 130, as of any interrupted program."""
    commit(
        repository,
        {
            "settings.py": "import time\nprint('here', flush=True)\nopen('../up', 'w')\ntime.sleep(60)\n"
        },
    )
    # What runs in the background of a shell ignores it, and so does all that is started there.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    running = subprocess.Popen(
        [sys.executable, "-m", "constructs_lib.cli.main", "diff", "main"],
        cwd=repository,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    signal.signal(signal.SIGINT, before)
    for _ in range(1200):
        if len(git(repository, "worktree", "list").splitlines()) == 2:
            break
        time.sleep(0.05)
    time.sleep(0.5)
    os.killpg(running.pid, signal.SIGINT)
    _, error = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in error.split("settings.py")[0]
    assert_clean(repository)


def test_submodules_are_said_to_be_empty(repository: Path, tmp_path: Path) -> None:
    """An app that does without them is compared."""
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    commit(other, {"x": ""})
    git(repository, "submodule", "--quiet", "add", str(other), "vendor/other")
    commit(repository, {"settings.py": "SIZE = '2'\n"})
    done = diff(repository, "v1", "main")
    assert "argument size: 1 → 2" in done.stdout
    assert (
        "submodules are not checked out for main, their folders are empty: vendor/other"
        in done.stderr
    )


def test_hooks_do_not_run(repository: Path) -> None:
    """They are meant for a checkout that somebody works in."""
    hook = repository / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{repository}/ran'\n")
    hook.chmod(0o755)
    diff(repository, "v1", "main")
    assert not (repository / "ran").exists()


@pytest.mark.parametrize("text", ["nowhere", "-x", "main:app.py"])
def test_what_is_no_version_is_said(repository: Path, text: str) -> None:
    """With all that it could be."""
    error = diff(repository, "--", text, code=2).stderr
    assert f"{text} is no cloud assembly, no project and no git revision" in error


def test_working_tree_can_be_synthesized_as_well(repository: Path) -> None:
    """A folder with a ``cdk.json`` is a version: nobody has to think of ``cdk synth``."""
    write(repository, {"settings.py": "SIZE = '2'\n"})
    assert "argument size: 1 → 2" in diff(repository, "v1", ".").stdout
    write(repository, {"settings.py": "1 / 0\n"})
    assert "ZeroDivisionError" in diff(repository, "v1", ".", code=2).stderr


def test_assembly_that_is_not_there_is_to_be_synthesized(repository: Path) -> None:
    """The second version is ``cdk.out`` if none is given."""
    assert "run `cdk synth` first" in diff(repository, "v1", code=2).stderr


def test_folder_without_git_is_no_trouble(tmp_path: Path) -> None:
    """A revision cannot be found there."""
    assert "no git revision" in diff(tmp_path, "main", code=2).stderr
