"""The setting ``dependencies``: a list, or a file of one of several kinds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from constructs_lib.exceptions import BundleError, Fault
from constructs_lib.packaging.dependencies.conda import read_environment
from constructs_lib.packaging.dependencies.locked import LockedPackage, LockError, LockReader
from constructs_lib.packaging.dependencies.poetry_lock import read_poetry_lock
from constructs_lib.packaging.dependencies.pylock import read_pylock
from constructs_lib.packaging.dependencies.pyproject import read_pyproject
from constructs_lib.packaging.dependencies.requirements_file import read_requirements
from constructs_lib.packaging.dependencies.uv_lock import read_uv_lock
from constructs_lib.wheels.target import Target

_ALLOWED = (
    "a requirements file (.txt, .in), pyproject.toml, uv.lock, poetry.lock, pylock.toml, a conda "
    "environment (.yml), or a list such as ['scikit-learn==1.5.2']; a group of a project is "
    "'pyproject.toml:GROUP'"
)
_LOCAL = re.compile(r"(-e\b|--editable|\.{0,2}/|file:)")
_GROUP = re.compile(r"(.*\.(?:toml|lock))(?::([A-Za-z0-9._-]+))?")
_PYLOCK = re.compile(r"pylock(\.[^.]+)?\.toml")
_LOCKS: dict[str, LockReader] = {"uv.lock": read_uv_lock, "poetry.lock": read_poetry_lock}


@dataclass(frozen=True)
class Dependencies:
    """What a step needs besides its image.

    Attributes:
        requirements: Lines for pip, without comments and blank lines; of a lock file, only what
            says nothing of a platform, since they are known for one alone.
        name: What a lock file of them is called.
        folder: Where it is.
        environment: Text of a conda environment file, if they are in one.
        packages: Returns what a lock file has for a target; None if they have to be locked.
    """

    requirements: tuple[str, ...]
    name: str
    folder: Path
    environment: str | None = None
    packages: Callable[[Target], list[LockedPackage]] | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        """The requirements as a file."""
        return "".join(f"{line}\n" for line in self.requirements)


def read_dependencies(
    dependencies: str | Sequence[str],
    *,
    folder: Path,
    function: str,
    step: str,
    location: str | None,
) -> Dependencies:
    """Read what the setting ``dependencies`` says.

    Args:
        dependencies: Path of a file, with ``:GROUP`` behind it for a group of a project; or the
            requirements themselves.
        folder: Where relative paths begin: the folder of the file that declares the step. The
            working directory is tried after it.
        function: The step's function, which a list's lock file is named for.
        step: The step's name, for errors.
        location: The user's ``file:line``, for errors.

    Raises:
        BundleError: There is no such file, it cannot be read, or a requirement exists on this
            machine only.
    """
    if not isinstance(dependencies, str):
        lines = [" ".join(line.split()) for line in dependencies]
        found = Dependencies(tuple(lines), _file_name(function), folder)
    else:
        try:
            found = _read(dependencies, folder)
        except LockError as error:
            raise BundleError(
                Fault(
                    what=f"step {step!r}: its dependencies cannot be read",
                    found=f"{dependencies!r}: {error}",
                    allowed=_ALLOWED,
                    mend="Correct the file, or give a list.",
                    location=location,
                )
            ) from None
    for line in found.requirements:
        if _LOCAL.match(line):
            raise BundleError(
                Fault(
                    what=f"step {step!r}: a dependency exists on this machine only",
                    found=repr(line),
                    allowed="requirements that pip can install in the container",
                    mend="Project code ships by itself when the step uses it: remove the line.",
                    location=location,
                )
            )
    return found


def _read(text: str, folder: Path) -> Dependencies:
    split = _GROUP.fullmatch(text)
    name, group = (split[1], split[2]) if split else (text, None)
    path = _find(name, folder)
    label = path.stem if group is None else f"{path.stem}-{group}"
    if path.suffix in {".txt", ".in"}:
        return Dependencies(tuple(read_requirements(path)), label, path.parent)
    if path.suffix in {".yml", ".yaml"}:
        every, _ = read_environment(path)
        environment = path.read_text(encoding="utf-8")
        return Dependencies(tuple(every), label, path.parent, environment)
    reader = _LOCKS.get(path.name) or (read_pylock if _PYLOCK.fullmatch(path.name) else None)
    if reader is not None:
        return _locked(reader, path, group, label)
    if path.suffix == ".toml":
        return Dependencies(tuple(read_pyproject(path, group)), label, path.parent)
    raise LockError("its name is of no known kind")


def _locked(reader: LockReader, path: Path, group: str | None, label: str) -> Dependencies:
    chosen = reader  # for the checker: a parameter of a closure

    def packages(target: Target) -> list[LockedPackage]:
        return chosen(path, group, target)

    return Dependencies((), label, path.parent, packages=packages)


def _find(name: str, folder: Path) -> Path:
    for path in (folder / name, Path.cwd() / name):
        if path.is_file():
            return path
    raise LockError(
        "there is no such file, neither beside the file that declares the step nor in the "
        "working directory"
    )


def _file_name(function: str) -> str:
    return re.sub(r"\W+", "_", function).strip("_") or "step"
