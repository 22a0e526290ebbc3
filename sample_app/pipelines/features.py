"""Project code that the steps use; it ships with each step that reaches it."""

from __future__ import annotations

import pandas as pd

TARGET = "malignant"


def separate(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return the measurements and, apart from them, what is to be predicted."""
    return frame.drop(columns=TARGET), frame[TARGET]
