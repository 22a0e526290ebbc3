"""The steps of the sales pipeline."""

import json
from pathlib import Path

from constructs_lib import CacheConfig, step
from .helpers import LIMIT, scale, unused

COLUMNS = ("day", "sum")
COMMENT = "not used by any step"


@step(instance_type="ml.m5.large", cache_config=CacheConfig(expire_after="P30D"))
def load(path: Path, count: int) -> list:
    """Read the first rows."""
    text = Path(path).read_text()
    lines = text.splitlines()[: count + 1000]
    return [dict(zip(COLUMNS, line.split(","))) for line in lines]


@step(
    instance_type="ml.m5.xlarge",
    dependencies="requirements.txt",
    cache_config=CacheConfig(expire_after="P30D"),
    environment_variables={"LEVEL": "info"},
)
def fit(rows: list, depth: int, rate: float) -> dict:
    """Fit a model."""
    weights = scale(rows, depth)
    total = sum(weights) * rate
    return {"total": total}


@step
def measure(model: dict, rows: list, mode: str) -> dict:
    """Return the error."""
    return {"rmse": abs(model["total"] - len(rows)) / LIMIT, "mode": mode}


@step
def publish(model: dict, label: str) -> str:
    """Write the model out."""
    return json.dumps({label: model})
