"""The files of a notebook job: the notebook, and what stands beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from constructs_lib.exceptions import BundleError, Fault
from constructs_lib.model.notebook_job_step import NotebookJobStep
from constructs_lib.packaging.archive import archive

# Made by tools beside the files that somebody has written.
_LEFT_OUT = frozenset({"__pycache__", ".ipynb_checkpoints"})


@dataclass(frozen=True)
class NotebookFiles:
    """Files that a notebook job finds in one folder.

    Attributes:
        content: Relative POSIX path to content.
    """

    content: dict[str, bytes]

    @property
    def sha256(self) -> str:
        """Of names and content, in hex."""
        return hashlib.sha256(archive(self.content)).hexdigest()


def collect_files(step: NotebookJobStep, name: str) -> NotebookFiles:
    """Read the files of a step.

    Each lies under its own name; a folder under its name, with all that is in it.

    Args:
        step: The step.
        name: Its name, for errors.

    Raises:
        BundleError: A path is not there, the notebook or the script is a folder, or two files
            would have the same name.
    """
    single = {step.input_notebook, step.initialization_script}
    content: dict[str, bytes] = {}
    for path in step.paths:
        found = _find(step, path)
        if found is None or (path in single and not found.is_file()):
            kind = "a file" if path in single else "a file or a folder"
            raise _error(
                step,
                f"step {name!r} needs {kind} that is not there",
                repr(path),
                f"{kind}, relative to the file that makes the step or to the working directory",
                "Correct the path.",
            )
        for key, file in _files(found):
            if key in content:
                raise _error(
                    step,
                    f"step {name!r} has two files of one name",
                    f"{key!r}, the second at {path!r}",
                    "names that are unique: all files lie beside the notebook",
                    "Rename one of them, or give a folder that holds it.",
                )
            content[key] = file.read_bytes()
    return NotebookFiles(content)


def _find(step: NotebookJobStep, path: str) -> Path | None:
    folder = Path(step.location.rpartition(":")[0]).parent if step.location else Path()
    return next((place for place in (folder / path, Path(path)) if place.exists()), None)


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if path.is_file():
        yield path.name, path
        return
    root = path.resolve()
    for file in sorted(root.rglob("*")):
        relative = file.relative_to(root.parent)
        if file.is_file() and not _LEFT_OUT & set(relative.parts):
            yield relative.as_posix(), file


def _error(step: NotebookJobStep, what: str, found: str, allowed: str, mend: str) -> BundleError:
    return BundleError(Fault(what, found, allowed, mend, step.location))
