"""Prints the arguments that the SDK's classes take by position, as JSON by name."""

from __future__ import annotations

import inspect
import json
import sys
from typing import Any

from adapters import sdk

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)

#: Module to classes that no pipeline of the comparison makes.
MORE = {
    "inputs": ["FileSystemInput"],
    "pipeline_experiment_config": ["PipelineExperimentConfig"],
    "properties": ["PropertyFile"],
    "remote_function.checkpoint_location": ["CheckpointLocation"],
    "remote_function.spark_config": ["SparkConfig"],
    "steps": ["ProcessingStep", "TrainingStep", "TransformStep", "TuningStep"],
}


def positional(value: Any) -> list[str]:
    """Return the names of the arguments that may be given without a name, in order."""
    parameters = inspect.signature(value).parameters.values()
    fields = [field.name for field in getattr(value, "__attrs_attrs__", ())]
    if fields and all(one.name in {"args", "kwargs"} for one in parameters):
        return fields  # a wrapper that only warns hides the fields of the class
    return [one.name for one in parameters if one.kind in _POSITIONAL]


def main(packages: list[str]) -> None:
    """Print those of all common classes.

    Args:
        packages: Where the SDK's modules are; the first that has one wins.
    """
    sdk.prepare()
    found = {}
    for module, names in [*sdk.NAMES.items(), *MORE.items()]:
        content = sdk.first(packages, module)
        found.update({name: positional(getattr(content, name)) for name in names})
    print(json.dumps(found))  # noqa: T201 - it is what the test reads


if __name__ == "__main__":
    main(sys.argv[1:])
