"""How the dependencies of function steps come into their containers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from aws_cdk import Stack

from constructs_lib.exceptions import Fault
from constructs_lib.model.images import Image
from constructs_lib.model.steps import FunctionStep
from constructs_lib.packaging.bundle import Bundle
from constructs_lib.packaging.dependencies import Dependencies
from constructs_lib.packaging.dependencies.locked import LockError
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


class StepDependencies:
    """What a step's dependencies come to.

    Args:
        step: The step.
        name: Its name in the pipeline.
        bundle: Its code.
        image: What it runs in.
        stack: Gives the context.

    Attributes:
        wheels: What is installed; None if the container sees to it.
        faults: Why they cannot be shipped.
        warning: What to know about them, or None.
    """

    def __init__(
        self, step: FunctionStep, name: str, bundle: Bundle, image: Image, stack: Stack
    ) -> None:
        self._step = step
        self._name = name
        self.wheels: WheelSet | None = None
        self.warning: str | None = None
        self.faults: list[Fault] = []
        self._requests: str | None = stack.node.try_get_context(LOCK_REQUESTS)
        found = bundle.dependencies
        if found is None:
            return
        if step.settings.install != "at-start":
            self.faults += self._find_wheels(found, image)
        elif found.packages is not None:
            self.faults.append(
                self._fault(
                    f'{found.name}.lock with install="at-start"',
                    "wheels of what a lock file names",
                    "Leave install out, or give a requirements file.",
                )
            )

    def _find_wheels(self, found: Dependencies, image: Image) -> Iterator[Fault]:
        required = self._step.settings.install == "wheels" or found.packages is not None
        if image.python is None:
            if required:
                yield self._fault(
                    "an image whose Python is not known",
                    "an image with a known Python",
                    f"Give Image.uri(..., python='3.12'), or {_WAYS_OUT}.",
                )
            else:
                self.warning = self._unlocked("the image's Python is not known")
            return
        target = Target(image.python, image.architecture)
        if found.packages is not None:
            yield from self._select(found, target)
        elif found.requirements:
            yield from self._read_lock(found, target, required=required)
        if self.wheels is not None and len(self.wheels.pins) > _LONGEST_PINS:
            yield self._fault(
                f"{len(self.wheels.wheels)} wheels",
                "about 1,000 wheels",
                "Put most of them into an image of your own: Image.from_asset(...).",
            )

    def _select(self, found: Dependencies, target: Target) -> Iterator[Fault]:
        assert found.packages is not None
        try:
            packages = found.packages(target)
        except LockError as error:
            yield self._fault(str(error), "a lock file as its tool writes it", "Lock again.")
            return
        wheels = []
        for package in packages:
            chosen = choose_wheel(package.files, target)
            if chosen is None:
                yield no_wheel_fault(
                    self._name, f"{package.name} {package.version}", target, self._step.location
                )
            else:
                wheels.append(Wheel(package.name, package.version, *chosen))
        self.wheels = WheelSet(target, tuple(wheels)) if wheels else None

    def _read_lock(self, found: Dependencies, target: Target, *, required: bool) -> Iterator[Fault]:
        path = lock_path(found.folder, found.name, target)
        if self._requests is not None:
            _request(Path(self._requests), path, found, target, self._name)
            return
        if not path.is_file():
            if required:
                yield self._fault(
                    f"no {path.name}",
                    f"a lock file of the dependencies for {target}",
                    f"Run `constructs-lib lock`, or {_WAYS_OUT}.",
                )
            else:
                self.warning = self._unlocked(f"there is no {path.name}")
            return
        try:
            wheels, made_for = parse_lock(path.read_text(encoding="utf-8"), target)
        except (LockFileError, UnicodeDecodeError) as error:
            yield self._fault(
                f"{path.name}: {error}", "a file as it was made", "Run `constructs-lib lock`."
            )
            return
        if made_for != requirements_hash(found.text):
            yield self._fault(
                f"{path.name}, which is for other requirements",
                "a lock file of the dependencies as they are",
                "Run `constructs-lib lock`, and commit the file.",
            )
            return
        self.wheels = wheels if wheels.wheels else None

    def _unlocked(self, why: str) -> str:
        return (
            f"step {self._name!r}: its dependencies are resolved by pip each time a job starts, "
            f"because {why}. Run `constructs-lib lock` to ship locked wheels, or set "
            f'install="at-start" if that is meant.'
        )

    def _fault(self, found: str, allowed: str, mend: str) -> Fault:
        return Fault(
            what=f"step {self._name!r}: its dependencies cannot be shipped as wheels",
            found=found,
            allowed=allowed,
            mend=mend,
            location=self._step.location,
        )


def no_wheel_fault(step: str, package: str, target: Target, location: str | None) -> Fault:
    """Return why a package cannot be shipped."""
    return Fault(
        what=f"step {step!r}: a dependency has no wheel",
        found=f"{package} without a wheel for {target}",
        allowed="packages with a wheel, which need nothing to be built",
        mend="Choose another version or image, put a wheel that you have built into an index, or "
        f"{_WAYS_OUT}.",
        location=location,
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
