"""Files that others may have written: no hang, no traceback of ours, no write outside the folder."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from constructs_lib import LocalRunError
from constructs_lib.local.assembly import Assembly
from constructs_lib.local.engine import Options
from constructs_lib.local.execution import load_execution
from constructs_lib.runtime.acceptance import Acceptance
from constructs_lib.runtime.arguments import Arguments
from constructs_lib.runtime.collecting import load_collection
from constructs_lib.runtime.failure import StepFailure
from constructs_lib.runtime.hosts import read_hosts
from constructs_lib.runtime.loading import load_result, stored_in
from constructs_lib.runtime.plan import read_plan
from constructs_lib.runtime.results import store
from tests.functional.local.assemblies import (
    condition,
    equals,
    job,
    make_engine,
    result_of,
    run_steps,
    write_assembly,
)
from tests.functional.runtime.bundles import make_bundle
from tests.security.fuzzing import altered, altered_bytes, cases, files_in, one_case

FOR_EACH = {
    "Name": "each",
    "Type": "ForEach",
    "Arguments": {
        "IterableItems": [1, 2],
        "MaxConcurrency": 2,
        "ForEachBody": [job("inner", values={"i": {"Get": "ForEach.CurrentItem"}})],
    },
}
STEPS: list[dict[str, Any]] = [
    job("a", values={"p": {"Get": "Parameters.P"}}, channels={"raw": "s3://raw/x"}),
    job(
        "b",
        depends_on=["a"],
        CheckpointConfig={"S3Uri": "s3://raw/points", "LocalPath": "/opt/ml/checkpoints"},
        StoppingCondition={"MaxRuntimeInSeconds": 20},
        Environment={"WORD": "x"},
        RetryStrategy={"MaximumRetryAttempts": 1},
    ),
    condition("c", [equals({"Get": "Parameters.P"}, "x")], [job("d")], [job("e")]),
    {"Name": "f", "Type": "Fail", "DependsOn": ["e"], "Arguments": {"ErrorMessage": "no"}},
    FOR_EACH,
    {**job("g"), "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}},
    {
        **job("h", values={"r": {"Std:Join": {"On": "", "Values": [result_of("a")]}}}),
        "RetryPolicies": [{"ExceptionType": ["Step.SERVICE_FAULT"], "MaxAttempts": 1}],
    },
    {"Name": "i", "Type": "Model", "Arguments": {"PrimaryContainer": {"ModelDataUrl": "s3://r/m"}}},
]
PARAMETERS = [{"Name": "P", "Type": "String", "DefaultValue": "x"}]


def harmless(value: Any) -> Any:
    """Return steps whose programs do nothing, whatever they have become."""
    if isinstance(value, list):
        return [harmless(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        key: ["true"] if key == "ContainerEntrypoint" and entry else harmless(entry)
        for key, entry in value.items()
    }


@pytest.mark.filterwarnings("ignore")
def test_definitions(tmp_path: Path) -> None:
    """Any definition runs, or is refused, or a step of it fails with a reason."""
    (tmp_path / "raw" / "x").mkdir(parents=True)
    (tmp_path / "raw" / "x" / "1.csv").write_text("1")
    before = files_in(tmp_path)
    options = Options(parallel=2, grace_seconds=1)
    for number, chance in cases():
        steps = altered(harmless(STEPS), chance)
        parameters = altered(PARAMETERS, chance) if number % 4 == 0 else PARAMETERS
        work = tmp_path / "work"
        with one_case(number, LocalRunError):
            engine = make_engine(
                work,
                harmless(steps),
                {"P": "y"} if number % 3 == 0 else {},
                parameters=parameters,
                options=options,
                buckets={"raw": tmp_path / "raw"},
            )
            execution = engine.run()
            assert execution.end_time is not None
            assert all(r.status not in {"Waiting", "Executing"} for r in execution.steps)
        found = files_in(tmp_path, "work")
        # Checkpoints may be stored in a bucket that the caller gave.
        kept = {name: data for name, data in found.items() if not name.startswith("raw/")}
        assert set(kept) <= set(before), f"case {number} has written {set(kept) - set(before)}"
        shutil.rmtree(work, ignore_errors=True)


def test_assemblies(tmp_path: Path) -> None:
    """Any manifest, template or list of assets is read, or refused as a whole."""
    path = write_assembly(tmp_path / "cdk.out", STEPS[:2], files={"k": "Stack.assets.json"})
    names = ("manifest.json", "Stack.template.json", "Stack.assets.json")
    originals = {name: (path / name).read_bytes() for name in names}
    for number, chance in cases():
        name = chance.choice(names)
        data = altered_bytes(originals[name], chance)
        if number % 2:
            data = json.dumps(altered(json.loads(originals[name]), chance)).encode()
        (path / name).write_bytes(data)
        with one_case(number, LocalRunError):
            found = Assembly(path)
            assert all(isinstance(p.definition, dict) for p in found.pipelines)
        (path / name).write_bytes(originals[name])


def test_records_of_runs(tmp_path: Path) -> None:
    """Any ``run.json`` is read, or refused with the error that its readers expect."""
    run_steps(tmp_path, [job("a")], options=Options(parallel=1))
    path = tmp_path / "run" / "run.json"
    original = path.read_bytes()
    for number, chance in cases(1):
        data = altered_bytes(original, chance)
        if number % 2:
            data = json.dumps(altered(json.loads(original), chance)).encode()
        path.write_bytes(data)
        with one_case(number, ValueError):
            load_execution(path.parent)


HYPERPARAMETERS = {"j": '[1, {"a": null}]', "s": "größe $HOME", "i": "3", "f": "1e3", "b": "true"}
KINDS = {"j": "json", "s": "string", "i": "integer", "f": "float", "b": "boolean"}


def test_hyperparameters(tmp_path: Path) -> None:
    """Any ``hyperparameters.json`` gives values of the declared types, or a reason."""
    path = tmp_path / "input" / "config" / "hyperparameters.json"
    path.parent.mkdir(parents=True)
    original = json.dumps(HYPERPARAMETERS).encode()
    types = {"s": str, "i": int, "f": float, "b": bool}
    for number, chance in cases(2):
        data = altered_bytes(original, chance)
        if number % 2:
            data = json.dumps(altered(HYPERPARAMETERS, chance)).encode()
        path.write_bytes(data)
        for key, kind in KINDS.items():
            with one_case(number, StepFailure):
                value = Arguments("none.zip", str(tmp_path), True).value(
                    {"kind": "hyperparameter", "key": key, "type": kind}, "x"
                )
                assert isinstance(value, types.get(key, object))


def test_hosts(tmp_path: Path) -> None:
    """Any ``resourceconfig.json`` names hosts that can be arguments, or is refused."""
    path = tmp_path / "input" / "config" / "resourceconfig.json"
    path.parent.mkdir(parents=True)
    content = {
        "current_host": "algo-1",
        "hosts": ["algo-1", "algo-2"],
        "network_interface_name": "eth0",
    }
    for number, chance in cases(1):
        data = altered_bytes(json.dumps(content).encode(), chance)
        if number % 2:
            data = json.dumps(altered(content, chance)).encode()
        path.write_bytes(data)
        with one_case(number, StepFailure):
            hosts = read_hosts(str(tmp_path))
            for name in (*hosts.names, hosts.interface):
                assert not set(name) & set(" ,:;$'\"\n\0/")
                assert not name.startswith("-")


def test_plans(tmp_path: Path) -> None:
    """Any plan is read, or refused; it is pinned with the code, so that it is that of the owner."""
    plan = {"protocol": 1, "python": {"minimum": [3, 9]}, "function": {}, "args": [], "kwargs": {}}
    plan["data_only"] = True
    for number, chance in cases(1):
        text = altered_bytes(json.dumps(plan).encode(), chance)
        path = tmp_path / f"{number}.zip"
        path.write_bytes(make_bundle({}, {}).replace(b"plan.json", b"none.json"))
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("plan.json", text)
        with one_case(number, StepFailure):
            read_plan(str(path))
        path.unlink()


PLAN: Any = {"elements": None, "serializer": None, "data_only": True}


def stored_results(folder: Path) -> dict[str, Any]:
    """Store results of many kinds; returns each by the name of its folder."""
    import numpy as np
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    (folder / "file.txt").write_text("text")
    frame = {"a": [1, 2], "b": ["x", None], "c": pd.to_datetime(["2020-01-01", None])}
    values = {
        "json": {"a": [1, "x", None]},
        "parts": {"a": np.arange(3), "b": 1},
        "tuple": (1, np.ones((2, 2))),
        "npy": np.arange(6).reshape(2, 3),
        "pandas": pd.DataFrame(frame).assign(d=pd.Categorical(["u", "v"])),
        "polars": pl.DataFrame({"a": [1, 2], "b": ["x", None]}),
        "arrow": pa.table({"a": [1, 2]}),
        "path": folder / "file.txt",
    }
    for name, value in values.items():
        store(value, PLAN, "/none/0.zip", str(folder / name / "job" / "output" / "model"), 0)
    return values


def chained(folder: Path, chance: random.Random) -> None:
    """Alter a result as somebody would who can write all of it: the hashes are right again."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for part in manifest["parts"]:
        path = folder / part["folder"] / "payload.json"
        payload = json.loads(path.read_text())
        file = folder / part["folder"] / payload["file"]
        if chance.random() < 0.6:
            file.write_bytes(altered_bytes(file.read_bytes(), chance))
            payload["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
        else:
            payload = altered(payload, chance)
        text = json.dumps(payload).encode()
        path.write_bytes(text)
        part["sha256"] = hashlib.sha256(text).hexdigest()
    if chance.random() < 0.3:
        manifest = altered(manifest, chance)
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("consistent", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_results(tmp_path: Path, consistent: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any result is loaded, or refused with a reason; one whose hashes are wrong is always refused."""
    monkeypatch.chdir(tmp_path)
    values = stored_results(tmp_path)
    names = sorted(values)
    outside = files_in(tmp_path, *names)
    for number, chance in cases():
        name = chance.choice(names)
        copy = tmp_path / "copy"
        shutil.copytree(tmp_path / name, copy)
        model = copy / "job" / "output" / "model"
        if consistent:
            chained(model, chance)
        else:
            file = chance.choice(sorted(p for p in model.rglob("*") if p.is_file()))
            data = file.read_bytes()
            file.write_bytes(altered_bytes(data, chance) or b"x")
            if file.read_bytes() == data:
                file.write_bytes(data + b" ")
        with one_case(number, StepFailure):
            load_result(str(model), [], "x", Acceptance(None, True))
            assert consistent or file.name == "manifest.json", f"case {number}: {file}"
        with one_case(number, StepFailure):
            stored_in(str(model), [], "x")
        with one_case(number, StepFailure):
            load_collection(str(copy), None, None, "x", Acceptance(None, True))
        shutil.rmtree(copy)
        assert files_in(tmp_path, *names) == outside, f"case {number}"
