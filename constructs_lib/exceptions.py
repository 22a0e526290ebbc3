"""Every error this library raises on purpose.

A message has four parts: what is wrong, what was found, what is allowed and how to mend it,
with the user's file and line in front where one is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class ConstructsLibError(Exception):
    """Base of all errors raised by constructs_lib."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a pipeline.

    Attributes:
        what: What is wrong, in the user's words, naming the step and the argument.
        found: The offending value, as the user wrote it.
        allowed: What would have been accepted.
        mend: What to change.
        location: ``file:line`` of the user's code, if known.
    """

    what: str
    found: str
    allowed: str
    mend: str
    location: str | None = None

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        return f"{place}{self.what}: found {self.found}, allowed: {self.allowed}. {self.mend}"


def suggestion(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return how to mend a name that is not known: by the nearest one, or otherwise."""
    import difflib  # only an error needs it

    near = difflib.get_close_matches(name, known, 1)
    return f"Did you mean {near[0]!r}?" if near else otherwise


class StepError(ConstructsLibError):
    """A step is declared or called wrongly; raised where the user wrote it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class BundleError(StepError):
    """A step's function or one of its arguments cannot be shipped to the container."""


class PipelineError(ConstructsLibError):
    """A pipeline has one or more faults; all of them are listed."""

    def __init__(self, pipeline: str, faults: Sequence[Fault]) -> None:
        self.pipeline = pipeline
        self.faults = tuple(faults)
        count = f"{len(self.faults)} fault" + ("s" if len(self.faults) > 1 else "")
        lines = "".join(f"\n  - {fault}" for fault in self.faults)
        super().__init__(f"pipeline {pipeline!r} has {count}:{lines}")


class LocalRunError(ConstructsLibError):
    """A synthesized pipeline cannot be run on this machine as asked."""


class RemoteError(ConstructsLibError):
    """A deployed pipeline cannot be reached, or not be used as asked."""


class RemoteFunctionError(ConstructsLibError):
    """A function that was run as a job has failed there, or was stopped.

    Attributes:
        step: The step's name.
        job_name: Name of the training job.
        reason: The job's ``FailureReason``: type and message of the error, end of its traceback.
        log: The last lines of the job's log.
    """

    def __init__(self, step: str, job_name: str, reason: str, log: Sequence[str]) -> None:
        self.step = step
        self.job_name = job_name
        self.reason = reason
        self.log = tuple(log)
        end = "".join(f"\n  {line}" for line in self.log)
        log_text = f"\nthe end of its log:{end}" if end else ""
        super().__init__(f"step {step!r} failed as training job {job_name}: {reason}{log_text}")


class SandboxError(ConstructsLibError):
    """The embedded AWS cannot do what it is asked for."""
