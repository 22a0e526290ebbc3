"""The metrics of a job, read from its log."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def final_metrics(log: Path, definitions: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return the last value of each metric, as FinalMetricDataList.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_MetricData.html

    Args:
        log: What the job has printed; may not be there yet.
        definitions: The job's MetricDefinitions; the first group of a Regex is the value.
    """
    if not definitions or not log.is_file():
        return []
    text = log.read_text(encoding="utf-8", errors="replace")
    metrics = []
    for definition in definitions:
        values = [match.group(1) for match in re.finditer(definition["Regex"], text)]
        numbers = [float(value) for value in values if _is_number(value)]
        if numbers:
            timestamp = log.stat().st_mtime
            metrics.append(
                {"MetricName": definition["Name"], "Value": numbers[-1], "Timestamp": timestamp}
            )
    return metrics


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
