"""Predicts from measurements of a cell sample whether a tumour is malignant.

Each function below runs as a SageMaker training job; here they are ordinary functions, and a unit
test can call ``train.func(frame, 3)``.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split

from constructs_lib import CacheConfig, step
from sample_app.pipelines.features import TARGET, separate


@step(instance_type="ml.m5.large", dependencies="requirements.txt")
def split(raw: Path, test_share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the table into rows to train on and rows held out."""
    frame = pd.read_csv(raw)
    train_frame, test_frame = train_test_split(
        frame, test_size=test_share, stratify=frame[TARGET], random_state=0
    )
    return train_frame, test_frame


@step(
    instance_type="ml.m5.xlarge",
    dependencies="requirements.txt",
    cache_config=CacheConfig(expire_after="P30D"),
)
def train(frame: pd.DataFrame, depth: int, *, trees: int = 200) -> RandomForestClassifier:
    """Fit a forest of trees of limited depth."""
    measurements, target = separate(frame)
    model = RandomForestClassifier(n_estimators=trees, max_depth=depth, random_state=0)
    return model.fit(measurements, target)


@step(dependencies="requirements.txt")
def evaluate(model: RandomForestClassifier, frame: pd.DataFrame) -> dict[str, float]:
    """Measure a model on rows it has not seen."""
    measurements, target = separate(frame)
    return {
        "auc": float(roc_auc_score(target, model.predict_proba(measurements)[:, 1])),
        "accuracy": float(accuracy_score(target, model.predict(measurements))),
    }


@step(dependencies="requirements.txt")
def choose(
    candidates: list[RandomForestClassifier], metrics: list[dict[str, float]]
) -> tuple[RandomForestClassifier, dict[str, float]]:
    """Return the candidate with the best area under the curve, and its metrics."""
    best = max(range(len(candidates)), key=lambda index: metrics[index]["auc"])
    return candidates[best], metrics[best]


@step(dependencies="requirements.txt")
def register(
    model: RandomForestClassifier, frame: pd.DataFrame, metrics: dict[str, float], label: str
) -> dict[str, object]:
    """Record the chosen model: its label, its metrics and its predictions on the held-out rows."""
    measurements, _ = separate(frame)
    malignant = model.predict_proba(measurements)[:, 1]
    return {
        "label": label,
        "metrics": metrics,
        "predictions": {str(row): float(p) for row, p in zip(frame.index, malignant, strict=True)},
    }
