"""The guide to reviewing pull requests: its workflow, run step by step."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.variants import Edit, write

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "how-to" / "review-pull-requests.md"
MARK = "<!-- constructs-lib diff -->"
# Plays GitHub: answers with the IDs of comments, and notes what is asked and sent.
GH = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in
  *--paginate*) cat "$IDS" ;;
  *) cp body.md "$SENT" ;;
esac
"""
VALUES = {
    "github.event.pull_request.number": "7",
    "github.repository": "shop/sales",
    "github.token": "a token",
}


@pytest.fixture
def workflow() -> dict[str, Any]:
    (text,) = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    # YAML 1.1 takes `on` for true.
    return {str(key): value for key, value in yaml.safe_load(text).items()}


class Runner:
    """Runs the steps that are commands, each as GitHub does."""

    def __init__(self, folder: Path, workflow: dict[str, Any]) -> None:
        self.folder, self.workflow = folder, workflow
        self.checkout = folder / "checkout"
        self.out, self.summary, self.calls, self.ids, self.sent = (
            folder / name for name in ("output", "summary", "calls", "ids", "sent")
        )
        for file in (self.out, self.summary, self.calls, self.ids):
            file.touch()
        tools = folder / "bin"
        tools.mkdir()
        cli = f'#!/bin/sh\nexec "{sys.executable}" -m constructs_lib.cli.main "$@"\n'
        for name, text in (("gh", GH), ("constructs-lib", cli)):
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
        (folder / "temp").mkdir()
        bins = (tools, Path(sys.executable).parent, ROOT / "node_modules" / ".bin")
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join([*map(str, bins), os.environ["PATH"]]),
            "PYTHONPATH": str(ROOT),
            "CDK_VALIDATION": "false",
            "RUNNER_TEMP": str(folder / "temp"),
            "GITHUB_OUTPUT": str(self.out),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "CALLS": str(self.calls),
            "IDS": str(self.ids),
            "SENT": str(self.sent),
        }

    def git(self, *arguments: str) -> None:
        names = {
            f"GIT_{who}_{what}": "a@b"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        subprocess.run(
            ["git", *arguments], cwd=self.checkout, check=True, env={**self.environment, **names}
        )

    def merge(self, *edits: Edit) -> None:
        """Make the sample a repository that is checked out as a pull request with edits."""
        write(self.checkout)
        (self.checkout / ".gitignore").write_text("cdk.out\n__pycache__\n*.md\n")
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "base")
        self.git("checkout", "-q", "-b", "edit")
        for name, old, new in edits:
            path = self.checkout / name
            path.write_text(path.read_text().replace(old, new))
        self.git("commit", "-q", "-a", "-m", "edit", "--allow-empty")
        self.git("checkout", "-q", "main")
        self.git("merge", "-q", "--no-ff", "-m", "merge", "edit")

    def run(self, job: str, name: str, **needs: str) -> None:
        (step,) = [s for s in self.workflow["jobs"][job]["steps"] if s.get("name") == name]
        values = {**VALUES, **needs}
        variables = {
            key: re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values[found[1]], text)
            for key, text in step.get("env", {}).items()
        }
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=self.checkout,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def run_all(self) -> None:
        """Run both jobs; what is installed is there."""
        for name in ("Check out the base", "Synthesize both", "Compare"):
            self.run("compare", name)
        differs = self.out.read_text().strip().removeprefix("differs=")
        self.comment(differs)

    def comment(self, differs: str) -> None:
        self.run("comment", "Comment", **{"needs.compare.outputs.differs": differs})


@pytest.fixture
def runner(tmp_path: Path, workflow: dict[str, Any]) -> Runner:
    return Runner(tmp_path, workflow)


def test_comment_says_what_the_pull_request_does(runner: Runner) -> None:
    """A first comment is made, the next run writes it again; the summary has the same."""
    runner.merge(("app.py", "count=3", "count=4"))
    runner.run_all()
    body = runner.sent.read_text()
    assert body.startswith(f"{MARK}\n### pipeline sales: 1 step changed")
    assert "~   argument count: 3 → 4" in body
    assert runner.summary.read_text() == body.removeprefix(f"{MARK}\n")
    asked, sent = runner.calls.read_text().splitlines()
    assert "repos/shop/sales/issues/7/comments" in asked
    assert sent == "api --silent repos/shop/sales/issues/7/comments -F body=@body.md"

    runner.ids.write_text("11\n12\n")
    runner.comment("1")
    again = runner.calls.read_text().splitlines()[-1]
    assert (
        again == "api --silent --method PATCH repos/shop/sales/issues/comments/11 -F body=@body.md"
    )


def test_nothing_is_written_if_nothing_differs(runner: Runner) -> None:
    """But a comment that was made before is corrected."""
    runner.merge()
    runner.run_all()
    assert not runner.sent.exists()
    runner.ids.write_text("11\n")
    runner.comment("0")
    assert runner.sent.read_text() == f"{MARK}\nThere were no differences\n"


def test_comparison_that_fails_is_no_comment(runner: Runner) -> None:
    """The step ends with the exit code of the comparison."""
    runner.merge()
    runner.run("compare", "Check out the base")
    with pytest.raises(AssertionError, match="is no cloud assembly"):
        runner.run("compare", "Compare")


def test_code_of_the_pull_request_runs_without_rights(workflow: dict[str, Any]) -> None:
    """It can read; what may write comments checks nothing out, and leaves forks alone."""
    jobs = workflow["jobs"]
    assert "pull_request" in workflow.values()
    assert workflow["permissions"] == {}
    assert jobs["compare"]["permissions"] == {"contents": "read"}
    assert jobs["comment"]["permissions"] == {"pull-requests": "write"}
    used = [step.get("uses", "") for step in jobs["comment"]["steps"]]
    assert not any(name.startswith("actions/checkout") for name in used)
    checkout = jobs["compare"]["steps"][0]
    assert checkout["with"]["persist-credentials"] is False
    assert "head.repo.full_name == github.repository" in jobs["comment"]["if"]
    # What a stranger may write, such as a title, stands in no command.
    steps = [step for job in jobs.values() for step in job["steps"]]
    assert "${{" not in json.dumps([step.get("run") for step in steps])
