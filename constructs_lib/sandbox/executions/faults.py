"""Errors of the sandbox's services, as failures of a step."""

from __future__ import annotations

from botocore.exceptions import ClientError

from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.retries import JOB_INTERNAL_ERROR, SERVICE_FAULT, THROTTLING

# The codes of these errors differ between services, but not that.
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
_THROTTLED = ("Throttl", "TooManyRequests", "SlowDown", "RequestLimitExceeded")


def step_failure(error: ClientError, reason: str) -> StepFailedError:
    """Return the failure of a step whose call of a service has failed.

    Args:
        error: What the service has answered: throttling and its own faults can be tried again.
        reason: What the step's failure reason says.
    """
    if str(error.response["Error"]["Code"]).startswith(_THROTTLED):
        return StepFailedError(reason, THROTTLING)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return StepFailedError(reason, SERVICE_FAULT if status >= 500 else None)


def job_failure(error: StepFailedError) -> str:
    """Return why a job failed, in the service's words, or Stopped."""
    if str(error) == "the job was stopped":
        return "Stopped"
    who = "InternalServerError" if error.kind == JOB_INTERNAL_ERROR else "AlgorithmError"
    return f"{who}: {error}"
