"""Writes scikit-learn's bundled breast cancer data as the CSV that the pipeline reads."""

from __future__ import annotations

import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer


def write_table(folder: Path) -> Path:
    """Write ``tumour.csv``: 569 rows, 30 measurements, and ``malignant`` as 0 or 1."""
    data = load_breast_cancer(as_frame=True)
    frame = data.frame.drop(columns="target").assign(malignant=1 - data.target)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tumour.csv"
    frame.to_csv(path, index=False)
    return path


if __name__ == "__main__":
    write_table(Path(sys.argv[1]))
