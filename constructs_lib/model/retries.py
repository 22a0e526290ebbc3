"""When the service runs a step again that has failed.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.location import caller_location

_LONGEST_INTERVAL = 43_200
_MOST_ATTEMPTS = 20
_LONGEST_EXPIRATION = 14_400


class StepExceptionTypeEnum(Enum):
    """What can go wrong when the service creates a job."""

    SERVICE_FAULT = "Step.SERVICE_FAULT"
    THROTTLING = "Step.THROTTLING"


class SageMakerJobExceptionTypeEnum(Enum):
    """What can go wrong with a job, other than its code."""

    INTERNAL_ERROR = "SageMaker.JOB_INTERNAL_ERROR"
    CAPACITY_ERROR = "SageMaker.CAPACITY_ERROR"
    RESOURCE_LIMIT = "SageMaker.RESOURCE_LIMIT"


@dataclass(frozen=True)
class RetryPolicy:
    """How often and when something is tried again; use one of the two subclasses.

    Attributes:
        backoff_rate: Each wait is this many times the one before; above 0.
        interval_seconds: The first wait, 1 to 43,200 seconds.
        max_attempts: 1 to 20. Default: 5, if ``expire_after_mins`` is not given.
        expire_after_mins: For how long, 1 to 14,400 minutes; excludes ``max_attempts``.

    Raises:
        StepError: A number is out of its range, or both limits are given.
    """

    backoff_rate: float = 2.0
    interval_seconds: int = 1
    max_attempts: int | None = None
    expire_after_mins: int | None = None

    def __post_init__(self) -> None:
        if self.max_attempts is not None and self.expire_after_mins is not None:
            self._fail("max_attempts and expire_after_mins", "both", "one of the two")
        if self.max_attempts is None and self.expire_after_mins is None:
            object.__setattr__(self, "max_attempts", 5)
        ranges = {
            "interval_seconds": (1, _LONGEST_INTERVAL),
            "max_attempts": (1, _MOST_ATTEMPTS),
            "expire_after_mins": (1, _LONGEST_EXPIRATION),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if value is not None and not (_is_int(value) and low <= value <= high):
                self._fail(name, repr(value), f"{low} to {high:,}")
        rate = self.backoff_rate
        is_number = isinstance(rate, (int, float)) and not isinstance(rate, bool)
        if not is_number or not 0 < rate < math.inf:
            self._fail("backoff_rate", repr(rate), "a number above 0")

    @property
    def exceptions(self) -> tuple[str, ...]:
        """What is tried again, in the service's words."""
        raise NotImplementedError

    def _choose(self, name: str, given: object, kind: type[Enum]) -> None:
        """Set the failures of a kind that are tried again."""
        entries = tuple(given) if isinstance(given, (list, tuple)) else (given,)
        for entry in entries:
            if not isinstance(entry, kind):
                names = ", ".join(str(member) for member in kind)
                self._fail(name, repr(entry), f"a list of {names}")
        object.__setattr__(self, name, entries)

    def _fail(self, name: str, found: str, allowed: str) -> None:
        raise StepError(
            Fault(
                what=f"{type(self).__name__} has an invalid {name}",
                found=found,
                allowed=allowed,
                mend="Correct the argument.",
                location=caller_location(),
            )
        )


@dataclass(frozen=True, init=False)
class StepRetryPolicy(RetryPolicy):
    """Tries to create the job again.

    Attributes:
        exception_types: Which failures. Default: both kinds.
    """

    exception_types: Sequence[StepExceptionTypeEnum] = tuple(StepExceptionTypeEnum)

    def __init__(
        self,
        exception_types: Sequence[StepExceptionTypeEnum] = tuple(StepExceptionTypeEnum),
        backoff_rate: float = 2.0,
        interval_seconds: int = 1,
        max_attempts: int | None = None,
        expire_after_mins: int | None = None,
    ) -> None:
        super().__init__(backoff_rate, interval_seconds, max_attempts, expire_after_mins)
        self._choose("exception_types", exception_types, StepExceptionTypeEnum)

    @property
    def exceptions(self) -> tuple[str, ...]:
        """Such as ``Step.THROTTLING``."""
        return tuple(kind.value for kind in self.exception_types)


@dataclass(frozen=True, init=False)
class SageMakerJobStepRetryPolicy(RetryPolicy):
    """Runs the job again if it failed for lack of capacity, a limit, or a fault of the service.

    A failure of the step's own code is never tried again.

    Attributes:
        exception_types: Which failures of the job's creation or run.
        failure_reason_types: The same list; the SageMaker SDK has it under both names.
    """

    exception_types: Sequence[SageMakerJobExceptionTypeEnum] = ()
    failure_reason_types: Sequence[SageMakerJobExceptionTypeEnum] = ()

    def __init__(
        self,
        exception_types: Sequence[SageMakerJobExceptionTypeEnum] | None = None,
        failure_reason_types: Sequence[SageMakerJobExceptionTypeEnum] | None = None,
        backoff_rate: float = 2.0,
        interval_seconds: int = 1,
        max_attempts: int | None = None,
        expire_after_mins: int | None = None,
    ) -> None:
        super().__init__(backoff_rate, interval_seconds, max_attempts, expire_after_mins)
        lists = {"exception_types": exception_types, "failure_reason_types": failure_reason_types}
        for name, given in lists.items():
            self._choose(name, () if given is None else given, SageMakerJobExceptionTypeEnum)
        if not self.exceptions:
            self._fail("exception_types", "none", "one or more")

    @property
    def exceptions(self) -> tuple[str, ...]:
        """Such as ``SageMaker.CAPACITY_ERROR``."""
        kinds = (*self.exception_types, *self.failure_reason_types)
        return tuple(dict.fromkeys(kind.value for kind in kinds))


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
