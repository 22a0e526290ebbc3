"""The app as it was in a git revision, synthesized beside the working tree."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from constructs_lib.cli.app import read_app
from constructs_lib.cli.options import UsageError

_WORD = re.compile(r"""[^\s"'`;&|()<>=]+""")


def find_commit(text: str) -> str | None:
    """Return the hash of a commit, branch or tag; None if git knows none of that name."""
    return _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{text}^{{commit}}")


@contextmanager
def synthesized(revision: str, folder: Path, command: str | None = None) -> Iterator[Path]:
    """Yield the assembly of a revision.

    The app runs in a worktree of its own, with the command and the context of that revision's
    ``cdk.json``, and with the packages that are installed now. The working tree stays as it is.

    Args:
        revision: A commit, branch or tag.
        folder: An empty one.
        command: Of the app, instead of that in ``cdk.json``.

    Raises:
        UsageError: The app cannot be synthesized.
    """
    commit, top = find_commit(revision), _git("rev-parse", "--show-toplevel")
    if commit is None or top is None:
        raise UsageError(f"git knows no revision {revision} here")
    tree = folder.resolve() / "tree"
    project = tree / (_git("rev-parse", "--show-prefix") or "")
    try:
        # A hook that runs after a checkout is meant for the working tree.
        added = _git(
            *("-c", f"core.hooksPath={os.devnull}", "worktree", "add", "--detach", "--quiet"),
            *(str(tree), commit),
        )
        if added is None:
            raise UsageError(f"git cannot check out {revision} beside the working tree")
        submodules = _submodules(commit)
        if submodules:
            sys.stderr.write(
                f"constructs-lib: submodules are not checked out for {revision}, their folders "
                f"are empty: {', '.join(submodules)}\n"
            )
        if not project.is_dir():
            raise UsageError(f"{revision} has no folder {project.relative_to(tree)}")
        app = read_app(project, command)
        _lend(app.command, Path.cwd(), Path(top), tree)
        paths = os.pathsep.join(_import_paths(project, Path(top), tree))
        try:
            assembly = app.write(folder / "cdk.out", {"PYTHONPATH": paths})
        except UsageError as error:
            raise UsageError(f"{revision} cannot be synthesized: {error}") from None
        yield assembly
    finally:
        _git("worktree", "remove", "--force", str(tree))


def _import_paths(project: Path, top: Path, tree: Path) -> Iterator[str]:
    """Yield where modules are looked for.

    What is imported from the working tree, also by a package that is installed as editable, is
    imported from the revision.
    """
    for folder in (project, *project.parents):
        yield from (str(folder), str(folder / "src"))
        if folder == tree:
            break
    for entry in filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        path = Path(entry).resolve()
        yield str(tree / path.relative_to(top)) if path.is_relative_to(top) else entry


def _lend(command: str, here: Path, top: Path, tree: Path) -> None:
    """Link what a command names but git does not keep, such as ``.venv/bin/python``."""
    for word in _WORD.findall(command):
        path = Path(os.path.normpath(here / word))
        if Path(word).is_absolute() or not path.is_relative_to(top) or not path.exists():
            continue
        parts = path.relative_to(top).parts
        for number in range(1, len(parts) + 1):
            place = tree.joinpath(*parts[:number])
            if not place.exists():
                own = top.joinpath(*parts[:number])
                if not _git("-C", str(top), "ls-files", "--", str(own)):
                    place.symlink_to(own)
                break


def _submodules(commit: str) -> list[str]:
    entries = (_git("ls-tree", "-r", "--full-tree", commit) or "").splitlines()
    return [entry.partition("\t")[2] for entry in entries if entry.startswith("160000 ")]


def _git(*arguments: str) -> str | None:
    """Return what git says, or None if it fails or is not there."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
