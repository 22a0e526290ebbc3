"""What is odd about a pipeline, as data."""

from __future__ import annotations

from dataclasses import dataclass

ERROR, WARNING, NOTE = "error", "warning", "note"


@dataclass(frozen=True)
class Finding:
    """One thing that somebody should know before the pipeline is deployed.

    Attributes:
        level: error if an execution cannot succeed, warning if one may fail or waste something,
            note if it is not known.
        rule: Such as ``grant``; the same for all findings of one kind.
        pipeline: Path of its construct.
        step: Its name; None if it is about the pipeline.
        what: What was found.
        allowed: What would do.
        mend: What to change.
    """

    level: str
    rule: str
    pipeline: str
    step: str | None
    what: str
    allowed: str
    mend: str

    @property
    def text(self) -> str:
        """A sentence: what was found, and what would do."""
        where = "" if self.step is None else f"step {self.step!r} "
        return f"{where}{self.what}" + (f"; {self.allowed}" if self.allowed else "")

    @property
    def path(self) -> str:
        """Path of the construct that it is about."""
        return self.pipeline if self.step is None else f"{self.pipeline}/Steps/{self.step}"
