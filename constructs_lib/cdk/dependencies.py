"""How the dependencies of function steps come into their containers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Stack

from constructs_lib.exceptions import Fault
from constructs_lib.model.images import Image
from constructs_lib.model.steps import FunctionStep
from constructs_lib.packaging.bundle import Bundle
from constructs_lib.packaging.dependencies import Dependencies
from constructs_lib.packaging.dependencies.locked import LockedPackage, LockError
from constructs_lib.wheels.lock_file import (
    LockFileError,
    lock_path,
    parse_lock,
    requirements_hash,
)
from constructs_lib.wheels.target import Target
from constructs_lib.wheels.wheel_set import Wheel, WheelSet, choose_wheel

# CDK context: file that a line is written to for each set of requirements that can be locked.
LOCK_REQUESTS = "constructs-lib:lock"

# One argument of a command can have 128 KiB on Linux.
_LONGEST_PINS = 120_000
_WAYS_OUT = (
    'set install="at-start" to leave it to pip in the container, or install="none" if the image '
    "has it"
)


@dataclass(frozen=True)
class StepDependencies:
    """What a step's dependencies come to.

    Attributes:
        wheels: What is installed; None if nothing is, or if the container sees to it.
        warning: What to know about them, or None.
        faults: Why they cannot be shipped.
    """

    wheels: WheelSet | None = None
    warning: str | None = None
    faults: tuple[Fault, ...] = ()


def step_dependencies(
    step: FunctionStep, name: str, bundle: Bundle, image: Image, stack: Stack
) -> StepDependencies:
    """Return what is installed for a step.

    Args:
        step: The step.
        name: Its name in the pipeline.
        bundle: Its code.
        image: What it runs in.
        stack: Gives the context.
    """
    requests = stack.node.try_get_context(LOCK_REQUESTS)
    finder = _Finder(step, name, None if requests is None else Path(requests))
    return (
        StepDependencies()
        if bundle.dependencies is None
        else finder.find(bundle.dependencies, image)
    )


def shown_wheels(
    bundles: Mapping[str, Bundle], dependencies: Mapping[str, StepDependencies]
) -> dict[str, list[str]]:
    """Return what reviewers are shown of wheels: each list once, and for each step which it is.

    Args:
        bundles: Step to its code.
        dependencies: Step to what is installed for it.
    """
    shown: dict[str, list[str]] = {}
    for step, found in dependencies.items():
        declared, wheels = bundles[step].dependencies, found.wheels
        if declared is None or wheels is None:
            continue
        pins = [f"{wheel.name}=={wheel.version}" for wheel in sorted(wheels.wheels)]
        name = f"{declared.name} for {wheels.target}"
        if shown.get(name, pins) != pins:
            name = f"{name}, of {step}"
        shown[name] = pins
        shown[f"wheels of {step}"] = [name]
    return shown


@dataclass(frozen=True)
class _Finder:
    step: FunctionStep
    name: str
    requests: Path | None

    def find(self, declared: Dependencies, image: Image) -> StepDependencies:
        install = self.step.settings.install
        if install == "at-start":
            return self._at_start(declared)
        required = install == "wheels" or declared.packages is not None
        if image.python is None:
            return self._unknown_python(required=required)
        target = Target(image.python, image.architecture)
        if declared.packages is not None:
            found = self._select(declared.packages, target)
        elif declared.requirements:
            found = self._read_lock(declared, target, required=required)
        else:
            return StepDependencies()
        if found.wheels is None or len(found.wheels.pins) <= _LONGEST_PINS:
            return found
        return self._fault(
            f"{len(found.wheels.wheels)} wheels",
            "about 1,000 wheels",
            "Put most of them into an image of your own: Image.from_asset(...).",
        )

    def _at_start(self, declared: Dependencies) -> StepDependencies:
        if declared.packages is None:
            return StepDependencies()
        return self._fault(
            'install="at-start" with a lock file',
            "wheels of what a lock file names",
            "Leave install out, or give a requirements file.",
        )

    def _unknown_python(self, *, required: bool) -> StepDependencies:
        if not required:
            return self._unlocked("the image's Python is not known")
        return self._fault(
            "an image whose Python is not known",
            "an image with a known Python",
            f"Give Image.uri(..., python='3.12'), or {_WAYS_OUT}.",
        )

    def _select(
        self, packages: Callable[[Target], list[LockedPackage]], target: Target
    ) -> StepDependencies:
        try:
            locked = packages(target)
        except LockError as error:
            return self._fault(str(error), "a lock file as its tool writes it", "Lock again.")
        wheels, faults = [], []
        for package in locked:
            chosen = choose_wheel(package.files, target)
            if chosen is None:
                faults.append(self._no_wheel(package, target))
            else:
                wheels.append(Wheel(package.name, package.version, *chosen))
        return StepDependencies(
            wheels=WheelSet(target, tuple(wheels)) if wheels else None, faults=tuple(faults)
        )

    def _read_lock(
        self, declared: Dependencies, target: Target, *, required: bool
    ) -> StepDependencies:
        path = lock_path(declared.folder, declared.name, target)
        if self.requests is not None:
            _request(self.requests, path, declared, target, self.name)
            return StepDependencies()
        if not path.is_file():
            if not required:
                return self._unlocked(f"there is no {path.name}")
            return self._fault(
                f"no {path.name}",
                f"a lock file of the dependencies for {target}",
                f"Run `constructs-lib lock`, or {_WAYS_OUT}.",
            )
        try:
            wheels, made_for = parse_lock(path.read_text(encoding="utf-8"), target)
        except (LockFileError, UnicodeDecodeError) as error:
            return self._fault(
                f"{path.name}: {error}", "a file as it was made", "Run `constructs-lib lock`."
            )
        if made_for != requirements_hash(declared.text):
            return self._fault(
                f"{path.name}, which is for other requirements",
                "a lock file of the dependencies as they are",
                "Run `constructs-lib lock`, and commit the file.",
            )
        return StepDependencies(wheels=wheels if wheels.wheels else None)

    def _unlocked(self, why: str) -> StepDependencies:
        isolated = self.step.settings.enable_network_isolation is True
        outcome = ", which it has no network for," if isolated else ""
        return StepDependencies(
            warning=f"step {self.name!r}: its dependencies are resolved by pip each time a job "
            f"starts{outcome} because {why}. Run `constructs-lib lock` to ship locked wheels, or "
            f'set install="at-start" if that is meant.'
        )

    def _fault(self, found: str, allowed: str, mend: str) -> StepDependencies:
        what = f"step {self.name!r}: its dependencies cannot be shipped as wheels"
        return StepDependencies(faults=(Fault(what, found, allowed, mend, self.step.location),))

    def _no_wheel(self, package: LockedPackage, target: Target) -> Fault:
        return Fault(
            what=f"step {self.name!r}: a dependency has no wheel",
            found=f"{package.name} {package.version} without a wheel for {target}",
            allowed="packages with a wheel, which need nothing to be built",
            mend="Choose another version or image, put a wheel that you have built into an index, "
            f"or {_WAYS_OUT}.",
            location=self.step.location,
        )


def _request(requests: Path, path: Path, found: Dependencies, target: Target, step: str) -> None:
    line = {
        "lock": str(path),
        "requirements": found.text,
        "python": target.python,
        "architecture": target.architecture,
        "step": step,
    }
    with requests.open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(line)}\n")
