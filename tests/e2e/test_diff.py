"""Plain ``cdk diff`` between two versions of a project."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.e2e.projects import synthesize, write_project


def test_diff_shows_one_line_of_the_definition_and_the_changed_source(
    cdk: Callable, tmp_path: Path
) -> None:
    """A one-line change two modules away is that line, and one line of the step that reaches it."""
    old = synthesize(write_project(tmp_path / "old"))
    new = synthesize(write_project(tmp_path / "new", shop__deep=("left * right", "left + right")))
    output = cdk(
        *("diff", "Shop", "--app", str(new), "--method=template"),
        *("--template", str(old / "Shop.template.json")),
        cwd=tmp_path,
    )
    text = re.sub(r"\x1b\[\d*m", "", output.stdout + output.stderr)
    removed = re.findall(r"\[-\](.*)", text)
    added = re.findall(r"\[\+\](.*)", text)
    assert len(removed) == len(added) == 2, text
    for lines in (removed, added):
        assert re.search(r'ContainerArguments\\": \[ \\"[0-9a-f]{64}\\", \\"fit\\" \]', lines[0])
    assert "return left * right" in removed[1]
    assert "return left + right" in added[1]
    assert text.count("[~] AWS::") == 1
    assert "[~] AWS::SageMaker::Pipeline" in text


def test_nothing_changed_is_no_difference(cdk: Callable, tmp_path: Path) -> None:
    """The same project elsewhere, with a comment, has no differences."""
    old = synthesize(write_project(tmp_path / "old"))
    new = synthesize(
        write_project(tmp_path / "new", shop__deep=("    return left", "    # so\n    return left"))
    )
    output = cdk(
        *("diff", "Shop", "--app", str(new), "--method=template"),
        *("--template", str(old / "Shop.template.json")),
        cwd=tmp_path,
    )
    assert "There were no differences" in output.stdout + output.stderr
