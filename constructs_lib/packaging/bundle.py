"""The code bundle of a step: all that its container needs, named by its content."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.exceptions import BundleError, Fault
from constructs_lib.model.placement import Placement
from constructs_lib.model.shipped import ShippedFunction
from constructs_lib.model.steps import FunctionStep, function_name
from constructs_lib.packaging.archive import archive
from constructs_lib.packaging.dependencies import Dependencies, read_dependencies
from constructs_lib.packaging.pickling import Pickled, pickle_function, pickle_literal
from constructs_lib.packaging.plan import PlanWriter
from constructs_lib.packaging.pre_execution import pre_execution_text
from constructs_lib.packaging.project import (
    SourceReference,
    is_project_module,
    shipped_name,
)
from constructs_lib.packaging.shim import shim_files
from constructs_lib.packaging.shown import shown_texts
from constructs_lib.packaging.slicing import slice_sources, source_reference
from constructs_lib.runtime.protocol import (
    ENVIRONMENT_FILE,
    MINIMUM_PYTHON,
    PICKLE_FOLDER,
    PLAN_FILE,
    PRE_EXECUTION_FILE,
    PROTOCOL_VERSION,
    REQUIREMENTS_FILE,
    SHIPPED_PACKAGE,
    SOURCE_FOLDER,
    FunctionReference,
    Launcher,
    Plan,
    PythonRequirement,
    SerializerReference,
)


@dataclass(frozen=True)
class Bundle:
    """What runs a step.

    Attributes:
        data: The zip archive.
        sha256: Of the data, in hex; the archive's name.
        exact_python: Python version that it needs, as (major, minor); None for any from 3.9 on.
        shown: What reviewers read of it: name to lines, of each project definition by its
            qualified name, and of the step's requirements, commands and longer arguments.
        warnings: What cannot be told by looking at the source.
        dependencies: What it needs besides its image; None if nothing, or if the image is to have
            it.
    """

    data: bytes
    sha256: str
    exact_python: tuple[int, int] | None
    shown: Mapping[str, tuple[str, ...]]
    warnings: tuple[str, ...]
    dependencies: Dependencies | None = None


def build_bundle(
    step: FunctionStep, name: str, placement: Placement, *, data_only: bool = False
) -> Bundle:
    """Pack a step's function, its project code and its literals.

    Args:
        step: The step.
        name: Its name in the pipeline, for errors.
        placement: Where its arguments travel.
        data_only: Whether results are neither pickled nor read from pickles.

    Raises:
        BundleError: Something the step needs cannot be shipped.
    """
    return _Builder(step, name, placement, data_only).build()


class _Builder:
    def __init__(
        self, step: FunctionStep, name: str, placement: Placement, data_only: bool
    ) -> None:
        self.step = step
        self.name = name
        self.placement = placement
        self.data_only = data_only
        self.files: dict[str, bytes] = {}
        self.references: set[SourceReference] = set()
        self.modules: set[str] = set(step.settings.include or ())
        self.by_value = False
        self.dependencies = self._dependencies()

    def build(self) -> Bundle:
        plan = self._plan()
        definitions: Mapping[str, tuple[str, ...]] = {}
        warnings: tuple[str, ...] = ()
        if self.references or self.modules:
            piece = slice_sources(
                sorted(self.references),
                include=sorted(self.modules),
                step=self.name,
                location=self.step.location,
            )
            self.files.update({f"{SOURCE_FOLDER}/{p}": data for p, data in piece.files.items()})
            definitions, warnings = piece.definitions, piece.warnings
        if self.by_value:
            self.files.update(_cloudpickle_files())
        self.files.update(shim_files(plan))
        text = json.dumps(plan, separators=(",", ":"), allow_nan=False)
        self.files[PLAN_FILE] = text.encode()
        data = archive(self.files)
        exact = (sys.version_info[0], sys.version_info[1]) if self.by_value else None
        sha256 = hashlib.sha256(data).hexdigest()
        shown = {**definitions, **shown_texts(self.name, plan, self.files)}
        return Bundle(data, sha256, exact, shown, warnings, self.dependencies)

    def _plan(self) -> Plan:
        function = self._function()
        writer = PlanWriter(self._store_pickle, self._refer_to, self._serializer)
        args = [writer.node(p, n) for n, positional, p in self.placement.arguments if positional]
        kwargs = {
            n: writer.node(p, n) for n, positional, p in self.placement.arguments if not positional
        }
        item = self.placement.item
        return Plan(
            protocol=PROTOCOL_VERSION,
            python=self._python(),
            function=function,
            args=args,
            kwargs=kwargs,
            elements=self.step.elements,
            requirements=REQUIREMENTS_FILE in self.files,
            environment=ENVIRONMENT_FILE in self.files,
            pre_execution=self._pre_execution(),
            launcher=self._launcher(),
            item=None if item is None else writer.node(item, "item"),
            serializer=self._serializer(self.step.serializer),
            data_only=self.data_only,
        )

    def _function(self) -> FunctionReference:
        if isinstance(self.step.function, ShippedFunction):
            shipped = self.step.function
            self.files.update({name: _text(path) for name, path in shipped.files.items()})
            return FunctionReference(
                module=f"{SHIPPED_PACKAGE}.{shipped.module}", qualname=shipped.name
            )
        reference = source_reference(self.step.function)
        if isinstance(reference, SourceReference):
            self.references.add(reference)
            return FunctionReference(module=reference.module, qualname=reference.qualname)
        pickled = pickle_function(
            self.step.function,
            name=function_name(self.step.function),
            step=self.name,
            location=self.step.location,
        )
        return FunctionReference(pickle=self._add_pickle("function", pickled))

    def _store_pickle(self, value: object, name: str) -> str:
        pickled = pickle_literal(
            value, name=f"argument {name!r}", step=self.name, location=self.step.location
        )
        return self._add_pickle(str(sum(f.startswith(PICKLE_FOLDER) for f in self.files)), pickled)

    def _add_pickle(self, name: str, pickled: Pickled) -> str:
        self.by_value |= pickled.by_value
        self.references |= pickled.references
        self.modules |= pickled.modules
        file = f"{PICKLE_FOLDER}/{name}.pkl"
        self.files[file] = pickled.data
        return file

    def _refer_to(self, cls: type, name: str) -> SourceReference:
        reference = source_reference(cls)
        if isinstance(reference, str):
            raise BundleError(
                Fault(
                    what=f"step {self.name!r}: argument {name!r} cannot be shipped",
                    found=f"{cls.__qualname__} with variables in it: {reference}",
                    allowed="dataclasses and named tuples at the top level of a project module",
                    mend="Move the class there, or pass a dict.",
                    location=self.step.location,
                )
            )
        self.references.add(reference)
        return reference

    def _serializer(self, choice: Any) -> Any:
        """Return what the plan says of a chosen serializer."""
        if isinstance(choice, tuple):
            return [self._serializer(entry) for entry in choice]
        if choice is None or isinstance(choice, str):
            return choice
        if not is_project_module(shipped_name(choice.__module__)):
            return SerializerReference(module=choice.__module__, qualname=choice.__qualname__)
        reference = source_reference(choice)
        if isinstance(reference, str):
            raise BundleError(
                Fault(
                    what=f"step {self.name!r}: its serializer cannot be shipped",
                    found=f"{choice.__qualname__}: {reference}",
                    allowed="classes at the top level of a project module, or of an installed one",
                    mend="Move the class there.",
                    location=self.step.location,
                )
            )
        self.references.add(reference)
        return SerializerReference(module=reference.module, qualname=reference.qualname)

    def _python(self) -> PythonRequirement:
        if self.by_value:
            return PythonRequirement(exact=list(sys.version_info[:2]))
        return PythonRequirement(minimum=MINIMUM_PYTHON)

    def _dependencies(self) -> Dependencies | None:
        settings = self.step.settings
        if settings.dependencies is None or settings.install == "none":
            return None
        found = read_dependencies(
            settings.dependencies,
            folder=self._folder(),
            function=function_name(self.step.function),
            step=self.name,
            location=self.step.location,
        )
        if found.requirements:
            self.files[REQUIREMENTS_FILE] = found.text.encode()
        if found.environment is not None and settings.install == "at-start":
            self.files[ENVIRONMENT_FILE] = found.environment.encode()
        return found

    def _pre_execution(self) -> bool:
        settings = self.step.settings
        text = pre_execution_text(
            settings.pre_execution_commands or (),
            settings.pre_execution_script,
            folder=self._folder(),
            step=self.name,
            location=self.step.location,
        )
        if text:
            self.files[PRE_EXECUTION_FILE] = text.encode()
        return bool(text)

    def _launcher(self) -> Launcher | None:
        settings = self.step.settings
        if settings.launcher is None:
            return None
        spark = settings.spark_config
        return Launcher(
            kind=settings.launcher,
            processes=settings.nproc_per_node,
            options=[] if spark is None else spark.options(),
        )

    def _folder(self) -> Path:
        """Return where the paths of the step's settings begin."""
        code = getattr(inspect.unwrap(self.step.function), "__code__", None)
        return Path(code.co_filename).parent if code is not None else Path.cwd()


@functools.cache
def _cloudpickle_files() -> Mapping[str, bytes]:
    import cloudpickle

    folder = Path(cloudpickle.__file__).parent
    return {f"cloudpickle/{path.name}": _text(path) for path in folder.glob("*.py")}


def _text(path: Path) -> bytes:
    """Read a file; source with the same line ends on every system."""
    data = path.read_bytes()
    return data.replace(b"\r\n", b"\n") if path.suffix == ".py" else data
