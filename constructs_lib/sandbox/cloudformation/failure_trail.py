"""CloudTrail, which the CDK asks why a deployment failed."""

from __future__ import annotations

import json
from typing import Any

from moto.cloudtrail.responses import CloudTrailResponse


def _lookup_events(self: Any) -> str:  # noqa: ARG001 - a method
    return json.dumps({"Events": []})


def apply() -> None:
    """Answer that there are no events: moto's error makes the CDK try again for 25 seconds."""
    CloudTrailResponse.lookup_events = _lookup_events
