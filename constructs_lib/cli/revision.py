"""The app as it was in a git revision, synthesized beside the working tree."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from constructs_lib.cli.options import UsageError

_CONFIGURATION = "cdk.json"


def is_revision(text: str) -> bool:
    """Tell whether git knows a revision by this name."""
    return (
        _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{text}^{{commit}}")
        is not None
    )


@contextmanager
def synthesized(revision: str, folder: Path) -> Iterator[Path]:
    """Yield the assembly of a revision.

    The app runs in a worktree of its own, with the ``app`` and the context of that revision's
    ``cdk.json``, and with the packages that are installed now.

    Args:
        revision: A commit, branch or tag.
        folder: An empty one.

    Raises:
        UsageError: The app cannot be synthesized.
    """
    tree, output = folder / "tree", folder / "cdk.out"
    here = _git("rev-parse", "--show-prefix") or ""
    if _git("worktree", "add", "--detach", "--quiet", str(tree), revision) is None:
        raise UsageError(f"git cannot check out {revision} beside the working tree")
    try:
        _synthesize(revision, tree / here, output)
        yield output
    finally:
        _git("worktree", "remove", "--force", str(tree))


def _synthesize(revision: str, project: Path, output: Path) -> None:
    configuration = project / _CONFIGURATION
    if not configuration.is_file():
        raise UsageError(f"{revision} has no {_CONFIGURATION} here: run this where the app is")
    content = json.loads(configuration.read_text(encoding="utf-8"))
    context = {"aws:cdk:enable-path-metadata": True, **content.get("context", {})}
    lookups = project / "cdk.context.json"
    if lookups.is_file():
        context.update(json.loads(lookups.read_text(encoding="utf-8")))
    done = subprocess.run(
        shlex.split(content["app"]),
        cwd=project,
        env={
            **os.environ,
            "CDK_OUTDIR": str(output),
            "CDK_CONTEXT_JSON": json.dumps(context),
            # What is imported from the working tree is imported from the revision.
            "PYTHONPATH": os.pathsep.join(
                filter(None, (str(project), os.environ.get("PYTHONPATH")))
            ),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not (output / "manifest.json").is_file():
        end = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise UsageError(f"the app of {revision} cannot be synthesized: {content['app']}\n{end}")


def _git(*arguments: str) -> str | None:
    """Return what git says, or None if it fails or is not there."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
