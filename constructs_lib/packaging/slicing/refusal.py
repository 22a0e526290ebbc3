"""The errors for what exists only at synth time, with the names that lead to it."""

from __future__ import annotations

from typing import NoReturn

from constructs_lib.exceptions import BundleError, Fault
from constructs_lib.packaging.slicing.imports import Imported
from constructs_lib.packaging.slicing.live import OWN_PACKAGE
from constructs_lib.packaging.slicing.modules import Module
from constructs_lib.packaging.slicing.names import code_names
from constructs_lib.packaging.slicing.units import Unit

Path = list[tuple[Module, Unit]]

# What a function gets a path of.
_PATHS = ("CheckpointLocation", "FileSystemInput", "S3Input")


class Refusal:
    """Raises the errors of one slice.

    Args:
        step: The step's name.
        location: ``file:line`` of the step's call.
    """

    def __init__(self, step: str, location: str | None) -> None:
        self._step = step
        self._location = location

    def synth_value(self, path: Path, name: str, reason: str) -> NoReturn:
        """Refuse a value of the CDK or of constructs_lib."""
        self._fail(
            f"{_path(path)}: {name!r} is {reason}, which exists only at synth time",
            f"Pass what the step needs of {name!r} as an argument of the step.",
        )

    def synth_import(
        self, path: Path, module: Module, imported: Imported, package: str
    ) -> NoReturn:
        """Refuse a name imported from the CDK or from constructs_lib."""
        place = f"{imported.bound} ({module.place(imported.line)})"
        if imported in (path[-1][1].inner_imports if path else ()):
            lead = f"{_path(path)} imports {imported.bound!r} from {package}"
        else:
            lead = f"{_path(path)} -> {place}" if path else place
        used_in_code = not path or imported.bound in code_names(path[-1][1].node)
        if used_in_code:
            mend = f"Pass what the step needs of {imported.bound!r} as an argument of the step."
        elif any(
            name == imported.name or (name,) in path[-1][1].chains[imported.bound]
            for name in _PATHS
        ):
            mend = "Annotate with pathlib.Path: that is what the function gets."
        else:
            mend = (
                f"Annotate with what the function gets in the container, "
                f"or import {imported.bound!r} under `if TYPE_CHECKING:`."
            )
        used = "" if used_in_code else "an annotation uses it, and "
        self._fail(f"{lead}: {used}{package} is not in the container", mend)

    def unprintable(self, module: Module, error: Exception) -> NoReturn:
        """Refuse syntax that is newer than this library."""
        raise BundleError(
            Fault(
                what=f"step {self._step!r} cannot be shipped",
                found=f"{module.place(1).rpartition(':')[0]}: {error}",
                allowed="syntax of the Python versions that constructs_lib supports",
                mend="Write it in other words, or update constructs_lib.",
                location=self._location,
            )
        ) from error

    def bad_include(self, entry: str) -> NoReturn:
        """Refuse an entry of ``include``."""
        raise BundleError(
            Fault(
                what=f"step {self._step!r}: include cannot be shipped",
                found=repr(entry),
                allowed="dotted names of modules and packages of the project",
                mend="Name a module that can be imported where the app runs, as in 'app.plugins'; "
                "data files are shipped with their package.",
                location=self._location,
            )
        )

    def missing(self, reference: str) -> NoReturn:
        """Refuse a reference that the source does not hold."""
        raise BundleError(
            Fault(
                what=f"step {self._step!r} cannot be shipped",
                found=f"{reference}, which its module does not define",
                allowed="definitions at the top level of a project module",
                mend="Define it at the top level of a module.",
                location=self._location,
            )
        )

    def _fail(self, found: str, mend: str) -> NoReturn:
        synth = f"code that runs without the CDK app and without {OWN_PACKAGE}"
        what = f"step {self._step!r} cannot be shipped"
        raise BundleError(Fault(what, found, synth, mend, self._location))


def _path(path: Path) -> str:
    return " -> ".join(f"{unit.label} ({module.place(unit.line)})" for module, unit in path)
