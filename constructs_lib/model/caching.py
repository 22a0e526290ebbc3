"""Reuse of an earlier run of a step."""

from __future__ import annotations

import re
from dataclasses import dataclass

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.location import caller_location

# ISO 8601 durations, without the leading P and in lower case too, as in the service's examples.
# https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching-enabling.html
_DURATION = re.compile(
    r"P?(?=[\dT])(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?", re.IGNORECASE
)


@dataclass(frozen=True)
class CacheConfig:
    """Reuse of an earlier successful run of a step.

    Attributes:
        enable_caching: Whether earlier runs are reused. Default: if ``expire_after`` is given.
        expire_after: How old the earlier run may be: an ISO 8601 duration, such as ``P30D`` or
            ``PT12H``; kept in that form, however it was written.

    Raises:
        StepError: The duration is not ISO 8601, or lacks where caching is enabled.
    """

    enable_caching: bool | None = None
    expire_after: str | None = None

    def __post_init__(self) -> None:
        if self.enable_caching is None:
            object.__setattr__(self, "enable_caching", self.expire_after is not None)
        if not isinstance(self.enable_caching, bool):
            self._fail("enable_caching", self.enable_caching, "True or False")
        if self.expire_after is None:
            if self.enable_caching:
                self._fail("expire_after", None, "an ISO 8601 duration")
            return
        if not isinstance(self.expire_after, str) or not _DURATION.fullmatch(self.expire_after):
            self._fail("expire_after", self.expire_after, "an ISO 8601 duration")
        text = self.expire_after.upper()
        object.__setattr__(self, "expire_after", text if text.startswith("P") else f"P{text}")

    def _fail(self, name: str, found: object, allowed: str) -> None:
        raise StepError(
            Fault(
                what=f"CacheConfig has an invalid {name}",
                found=repr(found),
                allowed=allowed,
                mend="Write expire_after='P30D' for 30 days or 'PT12H' for 12 hours.",
                location=caller_location(),
            )
        )
