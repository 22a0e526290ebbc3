"""What an execution was started with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

_FILE = "request.json"


@dataclass(frozen=True)
class ExecutionRequest:
    """A StartPipelineExecution, with what it found of the pipeline at that time.

    Attributes:
        pipeline: The pipeline's name.
        pipeline_arn: Its ARN, in lower case.
        definition: The definition's text when it was started.
        role_arn: The pipeline's role.
        parameters: Those that were given, as text.
        display_name: Of the execution.
        description: Of the execution.
        max_parallel_steps: Limit of steps at once, or None.
        selected_steps: Steps to run; empty for all.
        source_arn: Execution whose outputs the selected steps use, or None.
        token: ClientRequestToken.
    """

    pipeline: str
    pipeline_arn: str
    definition: str
    role_arn: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    display_name: str | None = None
    description: str | None = None
    max_parallel_steps: int | None = None
    selected_steps: tuple[str, ...] = ()
    source_arn: str | None = None
    token: str | None = None

    @property
    def account(self) -> str:
        """Account ID."""
        return self.pipeline_arn.split(":")[4]

    @property
    def region(self) -> str:
        """Region, such as ``us-east-1``."""
        return self.pipeline_arn.split(":")[3]

    @property
    def body(self) -> dict[str, Any]:
        """The definition."""
        content: dict[str, Any] = json.loads(self.definition)
        return content

    def with_parallelism(self, most: int | None) -> ExecutionRequest:
        """Return a copy with another limit of steps at once, unless it is None."""
        return self if most is None else replace(self, max_parallel_steps=most)

    def save(self, folder: Path) -> None:
        """Write it beside the execution's record."""
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"{_FILE}.new"
        draft.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        draft.replace(folder / _FILE)

    @classmethod
    def load(cls, folder: Path) -> ExecutionRequest:
        """Read what :meth:`save` wrote.

        Raises:
            OSError: There is none.
            ValueError: It is no request.
        """
        content = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        try:
            return cls(**{**content, "selected_steps": tuple(content["selected_steps"])})
        except (KeyError, TypeError) as error:
            raise ValueError(f"{folder}: no request of an execution: {error}") from error
