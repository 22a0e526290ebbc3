"""Models that steps return, packed for the service's containers, run on this machine."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from constructs_lib import (
    ModelStep,
    ParameterString,
    Pipeline,
    RegisterModel,
    S3Input,
    StepError,
    TrainingStep,
    TransformStep,
    get_result_uri,
    package_model,
    step,
)
from constructs_lib.local.execution import Execution
from tests.functional.synthesized import run_app

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image:1"
# What a toolkit does: the archive is unpacked, its code is on the path.
SERVE = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1] + "/code")
served = importlib.import_module("constructs_lib_entry")
model = served.model_fn(sys.argv[1])
print(json.dumps(served.predict_fn([2, 3], model) if len(sys.argv) > 2 else model.predict([2, 3])))
"""
Run = Callable[..., Execution]


class Scale:
    """A model of the project."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def predict(self, rows: list[float]) -> list[float]:
        return [self.factor * row for row in rows]


@step
def train(factor: float) -> Any:
    return Scale(factor)


@step
def train_with_metrics(factor: float) -> dict:
    return {"model": Scale(factor), "auc": 0.9}


@step
def write_files() -> Path:
    folder = Path("files")
    (folder / "deep").mkdir(parents=True)
    (folder / "weights.txt").write_text("3")
    (folder / "deep" / "vocabulary").write_text("a b")
    return folder


@step
def write_unannotated() -> Any:
    Path("weights.txt").write_text("3")
    return Path("weights.txt")


@step
def read(folder: Path) -> dict:
    return {path.name: json.loads(path.read_text()) for path in folder.iterdir()}


@pytest.fixture
def inference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with inference code, in the working directory."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "inference"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "__pycache__" / "x.pyc").write_bytes(b"")
    (folder / "helpers.py").write_text("OFFSET = 1\n")
    (folder / "requirements.txt").write_text("numpy\n")
    (folder / "inference.py").write_text(
        "from helpers import OFFSET\n"
        "def predict_fn(rows, model):\n    return [OFFSET + y for y in model.predict(rows)]\n"
    )
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(*steps: Any, **folders: Path) -> Execution:
        app = cdk.App(analytics_reporting=False, outdir=str(tmp_path / "cdk.out"))
        stack = cdk.Stack(app, "Stack")
        made = [one(stack) if callable(one) and not hasattr(one, "step") else one for one in steps]
        Pipeline(stack, "P", steps=made)
        return run_app(app, tmp_path, buckets=folders)

    return run


def unpacked(execution: Execution, name: str, folder: Path) -> list[str]:
    """Unpack a step's archive and return what is in it, without our own code."""
    record = execution.step(name)
    assert record.status == "Succeeded", record.reason
    (path,) = execution.folder.rglob(f"buckets/*/*/{name}/*/output/model/model.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(folder)
        names = archive.getnames()
    assert names == record.result["content"]
    return [one for one in names if not one.startswith("code/_constructs_lib_runtime/")]


def serve(folder: Path, *more: str) -> Any:
    command = [sys.executable, "-I", "-c", SERVE, str(folder), *more]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def test_python_object_is_loaded_by_code_in_the_archive(run: Run, tmp_path: Path) -> None:
    """Nothing of the project or of this library is in the container."""
    model = package_model(train(2.0), name="pack")
    folder = tmp_path / "model"
    names = unpacked(run(model), "pack", folder)
    assert "result/value.pkl" in names
    assert names[-1] == "code/constructs_lib_entry.py"
    assert serve(folder) == [4.0, 6.0]


def test_inference_code_goes_along(run: Run, inference: Path, tmp_path: Path) -> None:
    """All of its folder; what it does not define is completed."""
    model = package_model(
        train(2.0), entry_point="inference.py", source_dir="inference", name="pack"
    )
    folder = tmp_path / "model"
    names = unpacked(run(model), "pack", folder)
    assert [one for one in names if one.startswith("code/")] == [
        "code/constructs_lib_entry.py",
        "code/helpers.py",
        "code/inference.py",
        "code/requirements.txt",
    ]
    assert serve(folder, "predict") == [5.0, 7.0]


def test_element_of_a_result_is_packed_alone(run: Run, tmp_path: Path) -> None:
    """Without the rest."""
    folder = tmp_path / "model"
    unpacked(run(package_model(train_with_metrics(3.0)["model"], name="pack")), "pack", folder)
    assert serve(folder) == [6.0, 9.0]


def test_files_are_packed_as_they_are(run: Run, tmp_path: Path) -> None:
    """For images that know them."""
    model = package_model(write_files(), name="pack")
    assert "Environment" not in model.container(IMAGE)
    assert unpacked(run(model), "pack", tmp_path / "model") == ["weights.txt", "deep/vocabulary"]


def test_archive_is_packed_again_with_other_code(run: Run, inference: Path, tmp_path: Path) -> None:
    """As for a model of another training job; its own code is left out."""
    data = tmp_path / "data"
    data.mkdir()
    with tarfile.open(data / "model.tar.gz", "w:gz") as archive:
        for name in ("weights.txt", "code/old.py"):
            entry = tarfile.TarInfo(name)
            entry.size = 1
            archive.addfile(entry, io.BytesIO(b"3"))

    def pack(stack: cdk.Stack) -> Any:
        bucket = s3.Bucket(stack, "Models")
        source = S3Input(bucket, "model.tar.gz")
        return package_model(source, entry_point="inference/inference.py", name="pack")

    names = unpacked(run(pack, Models=data), "pack", tmp_path / "model")
    assert names == ["weights.txt", "code/constructs_lib_entry.py", "code/inference.py"]


def test_packed_model_transforms_data(run: Run, inference: Path, tmp_path: Path) -> None:
    """From the function that trains to the predictions of a batch transform, and on to a step."""
    (tmp_path / "data" / "in").mkdir(parents=True)
    (tmp_path / "data" / "in" / "rows.json").write_text("[2, 3]")

    def score(stack: cdk.Stack) -> Any:
        bucket = s3.Bucket(stack, "Data")
        model = package_model(train(2.0), entry_point="inference.py", source_dir="inference")
        create = ModelStep("Create", {"PrimaryContainer": model.container(IMAGE)})
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket.bucket_name}/in/"}
        transform = TransformStep(
            "Score",
            {
                "ModelName": create.properties.ModelName,
                "TransformInput": {
                    "DataSource": {"S3DataSource": source},
                    "ContentType": "application/json",
                },
                "TransformOutput": {"S3OutputPath": f"s3://{bucket.bucket_name}/out"},
                "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            },
        )
        return read(S3Input.from_uri(transform.properties.TransformOutput.S3OutputPath))

    execution = run(score, Data=tmp_path / "data")
    assert execution.status == "Succeeded", execution.reason
    assert execution.step("read").result == {"rows.json.out": [5.0, 7.0]}


def test_archive_depends_on_its_content_only(run: Run, tmp_path: Path) -> None:
    """So that equal models are seen to be equal."""
    packed = [package_model(train(2.0), name=f"pack-{number}") for number in (1, 2)]
    execution = run(*packed)
    first, second = (execution.step(f"pack-{number}").result for number in (1, 2))
    assert first["sha256"] == second["sha256"]


def test_unloadable_models_fail_when_they_are_packed(run: Run) -> None:
    """And not in the container that serves them."""
    execution = run(package_model(write_unannotated(), name="pack"))
    assert "give an entry_point with model_fn" in str(execution.step("pack").reason)


def definition(stack: cdk.Stack) -> str:
    template = cdk.assertions.Template.from_stack(stack)
    return json.dumps(template.find_resources("AWS::SageMaker::Pipeline"))


def test_requests_get_the_archive(inference: Path) -> None:
    """In a model, a model package and its metrics; their roles may read it."""
    stack = cdk.Stack(cdk.App(), "Stack")
    trained = train_with_metrics(1.0)
    model = package_model(
        trained["model"],
        entry_point="inference.py",
        source_dir="inference",
        instance_type="ml.c5.xlarge",
    )
    container = model.container(IMAGE, {"A": ParameterString("A", "b")})
    assert container["Environment"]["SAGEMAKER_PROGRAM"] == "constructs_lib_entry.py"
    create = ModelStep("Create", {"PrimaryContainer": container})
    statistics = {"ContentType": "application/json", "S3Uri": get_result_uri(trained)}
    register = RegisterModel(
        "Register",
        {
            "ModelPackageGroupName": "group",
            "InferenceSpecification": {
                "Containers": [container],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            "ModelMetrics": {"ModelQuality": {"Statistics": statistics}},
        },
    )
    pipeline = Pipeline(
        stack,
        "P",
        steps=[create, register],
        parameters=[ParameterString("A", "b")],
        pipeline_name="p",
        artifacts_bucket=s3.Bucket(stack, "Encrypted", encryption=s3.BucketEncryption.KMS),
    )
    text = definition(stack)
    assert text.count('\\"output/model/model.tar.gz') == 2
    assert "output/model/results.json" in text
    template = cdk.assertions.Template.from_stack(stack)
    roles = template.find_resources("AWS::IAM::Role")
    role = next(one for name, one in roles.items() if "StepsCreate" in name)
    assert "/p/package_model/*" in json.dumps(role)
    keys = json.dumps(template.find_resources("AWS::IAM::Policy"))
    assert "PStepsCreateRole" in keys
    assert "kms:Decrypt" in keys
    assert pipeline.step("package_model") is not None


def test_output_of_another_training_job_is_packed() -> None:
    """Its role may read what that job writes, and nothing else."""
    stack = cdk.Stack(cdk.App(), "Stack")
    trained = TrainingStep(
        "Classic",
        {
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "OutputDataConfig": {"S3OutputPath": "s3://models/classic"},
            "ResourceConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 1,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        },
    )
    uri = trained.properties.ModelArtifacts.S3ModelArtifacts
    Pipeline(stack, "P", steps=[package_model(uri)], pipeline_name="p")
    assert "Steps.Classic.ModelArtifacts.S3ModelArtifacts" in definition(stack)
    roles = cdk.assertions.Template.from_stack(stack).find_resources("AWS::IAM::Role")
    role = json.dumps(next(one for name, one in roles.items() if "Stepspackage" in name))
    assert ":s3:::models/classic" in role


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": 3}, "unusable model"),
        ({"model": "s3://bucket/key"}, "unusable model"),
        ({"entry_point": "nowhere.py"}, "unusable entry_point: found 'nowhere.py'"),
        ({"source_dir": "inference"}, "unusable entry_point: found None"),
        ({"entry_point": "inference.py", "source_dir": "nowhere"}, "unusable source_dir"),
        ({"entry_point": "other.py", "source_dir": "inference"}, "at the root of source_dir"),
        ({"instance": "ml.m5.large"}, "instance_type"),
    ],
)
def test_wrong_arguments_are_refused_where_they_are_written(
    arguments: dict[str, Any], message: str, inference: Path
) -> None:
    """With what is allowed."""
    with pytest.raises(StepError, match=message):
        package_model(**{"model": train(1.0), **arguments})


def test_several_models_are_refused() -> None:
    """One of them is to be chosen first."""
    with pytest.raises(StepError, match="one model"):
        package_model(train.map([1.0, 2.0]))
    assert package_model(train.map([1.0, 2.0])[1]) is not None
