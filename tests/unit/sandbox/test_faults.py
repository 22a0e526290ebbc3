"""Errors of services, by what a retry policy calls them."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from constructs_lib.sandbox.executions.faults import step_failure


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("ThrottlingException", 400, "Step.THROTTLING"),
        ("TooManyRequestsException", 429, "Step.THROTTLING"),
        ("SlowDown", 503, "Step.THROTTLING"),
        ("InternalError", 500, "Step.SERVICE_FAULT"),
        ("AccessDenied", 403, None),
        ("404", 404, None),
    ],
)
def test_throttling_and_faults_of_a_service_can_be_tried_again(
    code: str, status: int, kind: str | None
) -> None:
    """What the caller has done wrong cannot."""
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    failure = step_failure(ClientError(answer, "GetObject"), "why")
    assert (str(failure), failure.kind) == ("why", kind)
