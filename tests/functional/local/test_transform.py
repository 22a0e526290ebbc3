"""Transform steps whose model is a module of functions."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from constructs_lib.local.execution import Execution
from tests.functional.local.assemblies import job, run_steps

# Multiplies; tells how many lines came at once.
MODULE = """
import os, pathlib
def model_fn(model_dir):
    return int((pathlib.Path(model_dir) / "factor").read_text())
def input_fn(body, content_type):
    return [[float(x) for x in line.split(",")] for line in body.splitlines()]
def predict_fn(data, model):
    return [[x * model for x in row] for row in data]
def output_fn(prediction, accept):
    rows = [",".join(str(x) for x in row) for row in prediction]
    return ";".join([*rows, accept, str(len(rows))])
"""
DEFAULTS = """
import pathlib
class Model:
    def __init__(self, factor): self.factor = factor
    def predict(self, data): return data * self.factor
def model_fn(model_dir):
    return Model(int((pathlib.Path(model_dir) / "factor").read_text()))
"""


def trained(module: str, name: str = "inference.py") -> dict[str, Any]:
    """Return a job whose model has a factor, and a module beside it."""
    program = f"""
(base / 'model' / 'code').mkdir(parents=True)
(base / 'model' / 'code' / {name!r}).write_text({module!r})
(base / 'model' / 'factor').write_text('3')
"""
    out = {"S3OutputPath": "s3://artifacts/p/train"}
    return job("train", program, OutputDataConfig=out)


def model(**container: Any) -> dict[str, Any]:
    """Return a Model step of what the job has left."""
    data = {"Get": "Steps.train.ModelArtifacts.S3ModelArtifacts"}
    primary = {"Image": "image", "ModelDataUrl": data, **container}
    arguments = {"ModelName": "p-make", "PrimaryContainer": primary}
    return {"Name": "make", "Type": "Model", "Arguments": arguments}


def transform(source: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a Transform step; ``source`` are more members of TransformInput."""
    data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://raw/in"}}
    return {
        "Name": "apply",
        "Type": "Transform",
        "Arguments": {
            "ModelName": {"Get": "Steps.make.ModelName"},
            "TransformInput": {"DataSource": data, "ContentType": "text/csv", **(source or {})},
            "TransformOutput": {"S3OutputPath": "s3://artifacts/out", "Accept": "text/csv"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            **more,
        },
    }


def accepting(kind: str, **more: Any) -> dict[str, Any]:
    return {"TransformOutput": {"S3OutputPath": "s3://artifacts/out/", "Accept": kind, **more}}


def run(
    folder: Path, *steps: dict[str, Any], content: bytes = b"1,2\n3,4\n", **more: Any
) -> Execution:
    raw = folder / "raw" / "in" / "sub"
    raw.mkdir(parents=True)
    (raw / "a.csv").write_bytes(content)
    return run_steps(folder, steps, buckets={"raw": folder / "raw"}, **more)


def answer(folder: Path) -> bytes:
    return (folder / "run/buckets/artifacts/out/sub/a.csv.out").read_bytes()


def test_module_answers_for_each_object(tmp_path: Path) -> None:
    """The answers lie below the output path, under the object's name and ``.out``."""
    uri = {"Get": "Steps.apply.TransformOutput.S3OutputPath"}
    last = job("last", "give(values['uri'])", values={"uri": uri})
    execution = run(tmp_path, trained(MODULE), model(), transform(), last)
    record = execution.step("apply")
    assert (record.status, record.is_stub) == ("Succeeded", False), record.reason
    assert answer(tmp_path) == b"3.0,6.0;9.0,12.0;text/csv;2"
    assert execution.step("last").result == "s3://artifacts/out"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, b"3.0,6.0;9.0,12.0;text/csv;2\n"),
        ({"BatchStrategy": "MultiRecord"}, b"3.0,6.0;9.0,12.0;text/csv;2\n"),
        ({"BatchStrategy": "SingleRecord"}, b"3.0,6.0;text/csv;1\n9.0,12.0;text/csv;1\n"),
    ],
)
def test_lines_are_split_and_assembled(
    tmp_path: Path, more: dict[str, Any], expected: bytes
) -> None:
    """One request a line, or as many lines as the payload may have."""
    step = transform({"SplitType": "Line"}, **accepting("text/csv", AssembleWith="Line"), **more)
    run(tmp_path, trained(MODULE), model(), step)
    assert answer(tmp_path) == expected


@pytest.mark.parametrize(("most", "counts"), [(1, [1, 1, 1, 1]), (2, [2, 2]), (0, [4])])
def test_payload_limits_the_lines_of_a_request(
    tmp_path: Path, most: int, counts: list[int]
) -> None:
    """MaxPayloadInMB; 0 is no limit. A line alone is never split."""
    line = b"1," * 400_000 + b"1\n"
    output = accepting("text/csv", AssembleWith="Line")
    step = transform({"SplitType": "Line"}, **output, MaxPayloadInMB=most)
    execution = run(tmp_path, trained(MODULE), model(), step, content=line * 4)
    assert execution.status == "Succeeded", execution.reason
    assert [int(row[-1:]) for row in answer(tmp_path).splitlines()] == counts


def npy(*rows: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array(rows))
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("text/csv", b"1,2\n3,4\n", b"3.0,6.0\n9.0,12.0\n"),
        ("application/json", b"[[1, 2], [3, 4]]", b"[[3, 6], [9, 12]]"),
        ("application/x-npy", npy([1, 2], [3, 4]), npy([3, 6], [9, 12])),
    ],
)
def test_missing_functions_have_the_toolkits_defaults(
    tmp_path: Path, kind: str, content: bytes, expected: bytes
) -> None:
    """CSV, JSON and npy become arrays and the other way round; the model's predict is called."""
    step = transform({"ContentType": kind}, **accepting(kind))
    execution = run(tmp_path, trained(DEFAULTS), model(), step, content=content)
    assert execution.status == "Succeeded", execution.reason
    assert answer(tmp_path) == expected


def test_transform_fn_answers_alone(tmp_path: Path) -> None:
    """With the module that SAGEMAKER_PROGRAM names, and the variables of model and job."""
    module = (
        "import os\nimport helper\ndef model_fn(model_dir): return 2\n"
        "def transform_fn(model, body, content_type, accept):\n"
        " return helper.join(str(model), body, os.environ['A'], os.environ['B']), accept"
    )
    train = trained(module, "serve.py")
    extra = "(base / 'model/code/helper.py').write_text('def join(*a): return \"|\".join(a)')"
    train["Arguments"]["AlgorithmSpecification"]["ContainerEntrypoint"][2] += extra
    made = model(Environment={"SAGEMAKER_PROGRAM": "serve.py", "A": "a", "B": "model"})
    execution = run(tmp_path, train, made, transform(Environment={"B": "job"}), content=b"x")
    assert execution.status == "Succeeded", execution.reason
    assert answer(tmp_path) == b"2|x|a|job"


def test_model_data_may_be_a_folder(tmp_path: Path) -> None:
    """ModelDataSource without compression."""
    files = tmp_path / "model"
    (files / "m" / "code").mkdir(parents=True)
    (files / "m" / "code" / "inference.py").write_text(MODULE)
    (files / "m" / "factor").write_text("5")
    source = {"S3Uri": "s3://models/m/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    made = model(ModelDataSource={"S3DataSource": source})
    del made["Arguments"]["PrimaryContainer"]["ModelDataUrl"]
    raw = tmp_path / "raw" / "in"
    raw.mkdir(parents=True)
    (raw / "a").write_text("1")
    buckets = {"raw": tmp_path / "raw", "models": files}
    execution = run_steps(tmp_path, [made, transform()], buckets=buckets)
    assert execution.status == "Succeeded", execution.reason
    out = tmp_path / "run/buckets/artifacts/out/a.out"
    assert out.read_bytes() == b"5.0;text/csv;1"


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("def model_fn(model_dir): raise OSError('no weights')", "OSError: no weights"),
        ("x = 1", "NotImplementedError: the module has no model_fn"),
        (
            "def model_fn(d): 0\ndef transform_fn(*a): 0\ndef input_fn(*a): 0",
            "the module has transform_fn and input_fn: one or the other",
        ),
    ],
)
def test_failing_module_fails_the_step(tmp_path: Path, module: str, reason: str) -> None:
    """With the end of its traceback."""
    record = run(tmp_path, trained(module), model(), transform()).step("apply")
    assert record.status == "Failed"
    assert str(record.reason).endswith(reason)


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (transform({"SplitType": "RecordIO"}), "SplitType RecordIO"),
        (transform({"CompressionType": "Gzip"}), "CompressionType Gzip"),
        (transform(DataProcessing={"JoinSource": "Input"}), "JoinSource Input"),
        (transform(DataProcessing={"InputFilter": "$[1:]"}), "InputFilter $[1:]"),
    ],
)
def test_what_is_not_run_here_is_named(tmp_path: Path, step: dict[str, Any], name: str) -> None:
    """Nothing is made up, or left out, for what should have run."""
    record = run(tmp_path, trained(MODULE), model(), step).step("apply")
    assert f"transform jobs with {name} cannot be run here" in str(record.reason)
    assert "--stub" in str(record.reason)


def test_another_execution_has_another_model(tmp_path: Path) -> None:
    """So the step cache never hits, although the model's name is the same here."""
    cached = {"CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}}
    steps = [trained(MODULE), model(), {**transform(), **cached}]
    run(tmp_path, *steps, run="first")
    second = run_steps(tmp_path, steps, buckets={"raw": tmp_path / "raw"}, run="second")
    assert second.step("apply").cached_from is None


@pytest.mark.parametrize("case", ["no module", "no data", "several containers"])
def test_model_without_a_module_is_answered_by_a_stub(tmp_path: Path, case: str) -> None:
    """As before, for images that serve a model in their own way."""
    train, made = trained(MODULE), model()
    if case == "no module":
        train = trained(MODULE, "other.py")
    elif case == "no data":
        made = model(ModelDataUrl="s3://elsewhere/model.tar.gz")
    else:
        primary = made["Arguments"].pop("PrimaryContainer")
        made["Arguments"]["Containers"] = [primary, primary]
    record = run(tmp_path, train, made, transform()).step("apply")
    assert (record.status, record.is_stub) == ("Succeeded", True)


def test_archive_writes_nothing_outside(tmp_path: Path) -> None:
    """A model is data of somebody."""
    models = tmp_path / "models"
    models.mkdir()
    with tarfile.open(models / "model.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../../../outside"), io.BytesIO())
    made = model(ModelDataUrl="s3://models/model.tar.gz")
    raw = tmp_path / "raw"
    raw.mkdir()
    buckets = {"raw": raw, "models": models}
    record = run_steps(tmp_path, [made, transform()], buckets=buckets).step("apply")
    assert "the model data cannot be extracted" in str(record.reason)
    assert not list(tmp_path.rglob("outside"))
