"""When a failed step is tried again.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# What goes wrong here, of the kinds that policies can name.
JOB_INTERNAL_ERROR = "SageMaker.JOB_INTERNAL_ERROR"
SERVICE_FAULT = "Step.SERVICE_FAULT"
THROTTLING = "Step.THROTTLING"

_MAX_ATTEMPTS = 5


class Retries:
    """What is left of a step's policies.

    Args:
        policies: Its RetryPolicies in the definition.
    """

    def __init__(self, policies: Sequence[Mapping[str, Any]]) -> None:
        self._policies = policies
        self._made = [0] * len(policies)

    def next_delay(self, kind: str | None, elapsed: float) -> float | None:
        """Return the seconds until the next attempt, or None if there is none.

        The first policy that names the failure decides, by the attempts it has already given.

        Args:
            kind: Of the failure.
            elapsed: Seconds since the step began.
        """
        for index, policy in enumerate(self._policies):
            if kind is None or kind not in policy["ExceptionType"]:
                continue
            made = self._made[index]
            if _is_used_up(policy, made, elapsed):
                return None
            self._made[index] += 1
            first: float = policy.get("IntervalSeconds", 1)
            rate: float = policy.get("BackoffRate", 2.0)
            return first * rate**made
        return None


def _is_used_up(policy: Mapping[str, Any], made: int, elapsed: float) -> bool:
    if "ExpireAfterMin" in policy:
        return bool(elapsed > policy["ExpireAfterMin"] * 60)
    return bool(made >= policy.get("MaxAttempts", _MAX_ATTEMPTS))
