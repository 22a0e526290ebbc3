"""A change as JSON, for tools."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from constructs_lib.review.changes import PipelineChange


def as_json(changes: Sequence[PipelineChange]) -> str:
    """Return ``{"pipelines": [...]}``; the members are those of ``PipelineChange``."""
    return json.dumps({"pipelines": [asdict(c) for c in changes]}, indent=1, ensure_ascii=False)
