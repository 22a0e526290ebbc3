"""Lets the SDK define a pipeline: ``define.py VERSION MODULE [FOLDER]``, as JSON.

Prints the size of the definition, the objects that were uploaded, and how the job of the first
step is started.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from adapters import sdk
from sdk_names import MODULES
from store import Store


def main() -> None:
    """Define a pipeline."""
    version, module, *folder = sys.argv[1:]
    sdk.prepare()
    names = MODULES[version]
    store = Store(Path(folder[0]) if folder else None)
    s3 = import_module(names["s3"])
    store.replace(s3.S3Uploader, s3.S3Downloader)

    import boto3

    context = import_module(names["context"])
    session = context.PipelineSession(
        boto3.Session(region_name=sdk.REGION), default_bucket=sdk.BUCKET
    )
    session._default_bucket = sdk.BUCKET
    pipeline_class = import_module(names["pipeline"]).Pipeline
    texts = [
        pipeline_class(
            name=f"benchmark-{number}", steps=steps, sagemaker_session=session
        ).definition()
        for number, steps in enumerate(_pipelines(module))
    ]
    request = json.loads(texts[0])["Steps"][0]["Arguments"]
    arguments = request["AlgorithmSpecification"]["ContainerArguments"]
    print(  # noqa: T201 - it is what the benchmark reads
        json.dumps(
            {
                "definition": sum(map(len, texts)),
                "objects": store.sizes,
                "args": [a if isinstance(a, str) else "execution" for a in arguments],
                "environment": request.get("Environment", {}),
            }
        )
    )


def _pipelines(module: str) -> list[list[Any]]:
    """Return the last steps of each pipeline."""
    if module == "grid":
        return list(import_module("grid").pipelines())
    return [[import_module("forest.steps").train(3, 0.5, "a b")]]


if __name__ == "__main__":
    main()
