"""Cloud assemblies made by hand, with jobs that are small programs: for tests of the engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from constructs_lib.local.assembly import Assembly
from constructs_lib.local.engine import Engine
from constructs_lib.local.execution import Execution
from constructs_lib.local.folders import FolderStore
from constructs_lib.local.machine import engine_for
from constructs_lib.local.steps import Options

# What a job's program may use: base folder, hyperparameters, and a way to return a result.
PRELUDE = """
import json, os, pathlib, sys, time
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
values = json.loads((base / "input/config/hyperparameters.json").read_text())
def give(value):
    (base / "model" / "results.json").write_text(json.dumps({"Result": value}))
"""


def job(
    name: str,
    program: str = "give(1)",
    *,
    depends_on: Sequence[str] = (),
    values: dict[str, Any] | None = None,
    channels: dict[str, Any] | None = None,
    **arguments: Any,
) -> dict[str, Any]:
    """Return a Training step that runs a program."""
    return {
        "Name": name,
        "Type": "Training",
        **({"DependsOn": list(depends_on)} if depends_on else {}),
        "Arguments": {
            "TrainingJobName": f"p-{name}",
            "AlgorithmSpecification": {"ContainerEntrypoint": ["python3", "-c", PRELUDE + program]},
            "HyperParameters": values or {},
            "InputDataConfig": [
                {"ChannelName": channel, "DataSource": {"S3DataSource": {"S3Uri": uri}}}
                for channel, uri in (channels or {}).items()
            ],
            "OutputDataConfig": {
                "S3OutputPath": f"s3://artifacts/p/{name}",
                "CompressionType": "NONE",
            },
            **arguments,
        },
    }


def condition(
    name: str,
    conditions: list[Any],
    if_steps: list[Any] | None = None,
    else_steps: list[Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a Condition step."""
    arguments = {
        "Conditions": conditions,
        "IfSteps": if_steps or [],
        "ElseSteps": else_steps or [],
    }
    return {"Name": name, "Type": "Condition", "Arguments": arguments, **more}


def equals(left: Any, right: Any) -> dict[str, Any]:
    """Return an Equals condition."""
    return {"Type": "Equals", "LeftValue": left, "RightValue": right}


def result_of(step: str, path: str = "Result") -> dict[str, Any]:
    """Return a Std:JsonGet of a step's result."""
    values = [
        {"Get": f"Steps.{step}.OutputDataConfig.S3OutputPath"},
        {"Get": f"Steps.{step}.TrainingJobName"},
        "output/model/results.json",
    ]
    uri = {"Std:Join": {"On": "/", "Values": values}}
    return {"Std:JsonGet": {"S3Uri": uri, "Path": path}}


def write_assembly(
    folder: Path,
    steps: Sequence[dict[str, Any]],
    *,
    parameters: Sequence[dict[str, Any]] = (),
    resources: Mapping[str, Any] | None = None,
    files: Mapping[str, str] | None = None,
    **properties: Any,
) -> Path:
    """Write an assembly with one stack, one pipeline and one bucket ``Raw``.

    Args:
        folder: Of the assembly.
        steps: Of the pipeline.
        parameters: Of the pipeline.
        resources: More of the stack, by logical ID.
        files: Key of an asset, in bucket ``assets``, to its path in the folder.
        **properties: Of the pipeline's resource.
    """
    body = json.dumps({"Version": "2020-12-01", "Parameters": [*parameters], "Steps": [*steps]})
    template = {
        "Resources": {
            "Raw1234ABCD": {"Type": "AWS::S3::Bucket"},
            "PipeAB12CD34": {
                "Type": "AWS::SageMaker::Pipeline",
                "Properties": {
                    "PipelineName": "p",
                    "PipelineDefinition": {
                        "PipelineDefinitionBody": {"Fn::Join": ["\n", body.split("\n")]}
                    },
                    **properties,
                },
                "Metadata": {"aws:cdk:path": "Stack/Pipe/Resource"},
            },
            **(resources or {}),
        }
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Stack.template.json").write_text(json.dumps(template), encoding="utf-8")
    stack = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": "Stack.template.json"},
        "displayName": "Stack",
    }
    assets = {"type": "cdk:asset-manifest", "properties": {"file": "Stack.assets.json"}}
    published = {
        key: {
            "source": {"path": path},
            "destinations": {"here": {"bucketName": "assets", "objectKey": key}},
        }
        for key, path in (files or {}).items()
    }
    (folder / "Stack.assets.json").write_text(json.dumps({"files": published}), encoding="utf-8")
    manifest = {"version": "36.0.0", "artifacts": {"Stack.assets": assets, "Stack": stack}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def run_steps(
    folder: Path,
    steps: Sequence[dict[str, Any]],
    given: dict[str, str] | None = None,
    *,
    parameters: Sequence[dict[str, Any]] = (),
    buckets: dict[str, Path] | None = None,
    options: Options | None = None,
    run: str = "run",
    **properties: Any,
) -> Execution:
    """Run steps and return the record."""
    engine = make_engine(
        folder,
        steps,
        given,
        parameters=parameters,
        buckets=buckets,
        options=options,
        run=run,
        **properties,
    )
    return engine.run()


def make_engine(
    folder: Path,
    steps: Sequence[dict[str, Any]],
    given: dict[str, str] | None = None,
    *,
    parameters: Sequence[dict[str, Any]] = (),
    buckets: dict[str, Path] | None = None,
    options: Options | None = None,
    on_change: Callable[[Execution], None] = lambda _: None,
    run: str = "run",
    **properties: Any,
) -> Engine:
    """Make an engine for steps; runs of other names in the same folder are the earlier ones."""
    path = write_assembly(folder / "cdk.out", steps, parameters=parameters, **properties)
    assembly = Assembly(path)
    return engine_for(
        assembly.find(None),
        given or {},
        lambda _: folder / run,
        lambda root: FolderStore(root, assembly, buckets or {}),
        options or Options(parallel=4, grace_seconds=5),
        on_change,
        earlier=folder,
    )


def statuses(execution: Execution) -> dict[str, str]:
    """Return step name to status."""
    return {record.name: record.status for record in execution.steps}
