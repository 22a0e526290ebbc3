"""Users' projects, as the benchmarks need them: source files that are written when they are run."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = "constructs_lib"
MODULES = {
    "here": HERE,
    "v2": "sagemaker.workflow.function_step",
    "v3": "sagemaker.mlops.workflow.function_step",
}
SETTINGS = {
    "instance_type": "ml.m5.large",
    "image_uri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/train:1",
}
_SDK_SETTINGS = {"role": "arn:aws:iam::111122223333:role/r"}

# Most steps of a pipeline of a grid: a definition may have 1 MiB, a stack 500 resources.
MOST_STEPS = 200

# Steps of a grid depend on the step this many before them.
CHAINS = 10

_FOREST = {
    "__init__.py": "",
    "paths.py": """
        import os

        def name_of(path):
            return os.path.basename(path)
        """,
    "text.py": """
        from .paths import name_of

        def words(line):
            return [name_of(word) for word in line.split()]
        """,
    "features.py": """
        from .text import words

        class Feature:
            def __init__(self, name, weight=1.0):
                self.name, self.weight = name, weight

        def features(line):
            return [Feature(word) for word in words(line)]
        """,
    "models.py": """
        from .features import Feature, features

        class Model:
            def __init__(self, depth, rate):
                self.depth, self.rate = depth, rate

            def fit(self, line):
                return sum(f.weight * self.rate for f in features(line) if isinstance(f, Feature))
        """,
    "steps.py": """
        import os

        from {module} import step
        from .models import Model

        @step({settings})
        def train(depth, rate, line):
            os._exit(0)  # the measurement ends here
            return Model(depth, rate).fit(line)

        def captured(depth):
            @step({settings})
            def train(rate, line, more):
                os._exit(0)
                return depth, rate, line, more

            return train
        """,
}


def write_forest(folder: Path, version: str) -> None:
    """Write a package of five modules with a step of three arguments that ends at once.

    Args:
        folder: Where the package ``forest`` goes.
        version: Whose ``step`` it is: here, v2 or v3.
    """
    package = folder / "forest"
    package.mkdir(parents=True, exist_ok=True)
    for name, text in _FOREST.items():
        filled = text.replace("{module}", MODULES[version]).replace("{settings}", _given(version))
        (package / name).write_text(_dedented(filled), encoding="utf-8")


def write_grid(folder: Path, steps: int, version: str) -> None:
    """Write a module ``grid`` with some step functions, and ``pipelines()``, which calls them.

    In each pipeline every step but the first ten takes the result of the step ten before it.

    Args:
        folder: Where the module goes.
        steps: Number of functions.
        version: Whose ``step`` it is: here, v2 or v3.
    """
    lines = [f"from {MODULES[version]} import step", "from helpers import scaled", ""]
    for number in range(steps):
        lines += [
            f"@step({_given(version)})",
            f"def step_{number:04}(value, rate):",
            f'    """Step {number} of the grid."""',
            "    total = 0.0",
            "    for part in range(10):",
            f"        total += scaled(value, rate) * part + {number}",
            "    return total",
            "",
        ]
    names = ", ".join(f"step_{number:04}" for number in range(steps))
    lines += [
        f"STEPS = [{names}]",
        "",
        "def pipelines():",
        f"    starts = range(0, len(STEPS), {MOST_STEPS})",
        f"    return [leaves(STEPS[start : start + {MOST_STEPS}]) for start in starts]",
        "",
        "def leaves(steps):",
        "    results = []",
        "    for number, function in enumerate(steps):",
        f"        value = results[number - {CHAINS}] if number >= {CHAINS} else number",
        "        results.append(function(value, 0.5))",
        f"    return results[-{CHAINS}:]",
        "",
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "grid.py").write_text("\n".join(lines), encoding="utf-8")
    helper = "def scaled(value, rate):\n    return value * rate\n"
    (folder / "helpers.py").write_text(helper, encoding="utf-8")


def write_fan(folder: Path, steps: int, seconds: float) -> None:
    """Write a module ``grid`` whose one pipeline has steps that only wait, all at once.

    Args:
        folder: Where the module goes.
        steps: Number of steps.
        seconds: How long each waits.
    """
    text = f"""
        import time

        from {HERE} import step

        @step({_given("here")})
        def nap(number):
            time.sleep({seconds})
            return number

        def pipelines():
            return [[nap(number) for number in range({steps})]]
        """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "grid.py").write_text(_dedented(text), encoding="utf-8")


def load(folder: Path, module: str) -> ModuleType:
    """Import a module of a project, in the place of one of the same name."""
    sys.modules.pop(module, None)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    return importlib.import_module(module)


def _given(version: str) -> str:
    settings: Mapping[str, Any] = SETTINGS if version == "here" else {**SETTINGS, **_SDK_SETTINGS}
    return ", ".join(f"{key}={value!r}" for key, value in settings.items())


def _dedented(text: str) -> str:
    return "\n".join(line.removeprefix(" " * 8) for line in text.splitlines()).strip() + "\n"
