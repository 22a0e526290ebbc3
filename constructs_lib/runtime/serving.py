"""Loads a packed model in a container that serves it; travels in the model's archive."""

from __future__ import annotations

import os
from typing import Any

from .loading import load_result
from .model_package import RESULT_FOLDER


def model_fn(model_dir: str) -> Any:
    """Return the model: what the training step had returned.

    Args:
        model_dir: Where the archive was unpacked.

    Raises:
        RuntimeError: The archive holds files, which the user's own ``model_fn`` has to load.
    """
    folder = os.path.join(model_dir, RESULT_FOLDER)
    if not os.path.isdir(folder):
        raise RuntimeError("the model is made of files: define model_fn(model_dir) to load them")
    return load_result(folder, [], "model")
