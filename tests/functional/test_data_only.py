"""``results="data-only"``: what is no data is refused when it is known, at the latest when it is stored."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import aws_cdk as cdk
import numpy as np
import pytest

from constructs_lib import Pipeline, PipelineError, StepDefaults, step
from constructs_lib.authoring.delayed import get_step
from constructs_lib.model.placement import place
from constructs_lib.packaging.bundle import build_bundle
from tests.functional.synthesized import run_app


@dataclass
class Model:
    depth: int


class Scores(TypedDict):
    auc: float


class Weights:
    """A serializer of the user's."""

    def write(self, value: Any, folder: Path) -> None:
        (folder / "depth.txt").write_text(str(value.depth))

    def read(self, folder: Path) -> Any:
        return Model(int((folder / "depth.txt").read_text()))


@step
def any_value(what: str) -> Any:
    values: dict[str, Any] = {
        "data": {"auc": 0.5, "weights": np.arange(3), "names": ["a"]},
        "set": {"auc": 0.5, "deep": [{"labels": {1, 2}}]},
        "model": Model(3),
        "objects": np.array([{1}, None], dtype=object),
        "nan": [0.5, float("nan")],
        "tuple": {"pair": (1, 2)},
        "keys": {"by": {1: "one"}},
    }
    return values[what]


@step
def show(value: Any) -> str:
    return repr(value)


@step
def declared_set() -> set[int]:
    return {1}


@step
def declared_model() -> Model:
    return Model(3)


@step
def declared_pair() -> tuple[float, Model]:
    return 0.5, Model(3)


@step
def declared_data() -> tuple[Scores, np.ndarray]:
    return {"auc": 0.5}, np.arange(3)


@step
def declared_unknown() -> OnlyForCheckers:  # noqa: F821
    return 1


@step(serializer=Weights)
def declared_with_class() -> Model:
    return Model(3)


def pipeline(*results: Any, **settings: Any) -> cdk.App:
    app = cdk.App()
    Pipeline(
        cdk.Stack(app, "S"),
        "P",
        steps=list(results),
        pipeline_name="p",
        **{"results": "data-only", **settings},
    )
    return app


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (declared_set, "annotated to return set"),
        (declared_model, "annotated to return Model"),
        (declared_pair, "annotated to return Model"),
    ],
)
def test_annotation_that_is_no_data_is_refused_at_synth(call: Any, found: str) -> None:
    """The message has the step, the class and what can be returned."""
    with pytest.raises(PipelineError, match=found) as refused:
        pipeline(call())
    assert "can only be pickled" in str(refused.value)
    assert "arrays, frames, tensors" in str(refused.value)
    assert "test_data_only.py" in str(refused.value)


@pytest.mark.parametrize("call", [declared_data, declared_unknown, declared_with_class])
def test_what_may_be_data_is_not_refused(call: Any) -> None:
    """Annotations may be for type checkers only, and a class of one's own decides for itself."""
    pipeline(call())


@pytest.mark.parametrize("name", ["pickle", "joblib"])
@pytest.mark.parametrize("where", ["step", "defaults"])
def test_pickling_serializers_are_refused_at_synth(name: str, where: str) -> None:
    """Whether the step or its pipeline chooses them."""

    @step(serializer=name if where == "step" else None)
    def returns() -> Any: ...

    defaults = StepDefaults(serializer=name) if where == "defaults" else None
    with pytest.raises(PipelineError, match=f"serializer='{name}'"):
        pipeline(returns(), step_defaults=defaults)


def test_one_element_that_is_pickled_is_refused_at_synth() -> None:
    """Of a tuple with a serializer for each element."""

    @step(serializer=("json", "pickle"))
    def returns() -> tuple[int, Any]: ...

    with pytest.raises(PipelineError, match="serializer='pickle'"):
        pipeline(returns())


def test_unknown_setting_is_refused() -> None:
    """A misspelt promise would be none."""
    with pytest.raises(PipelineError, match="unusable results") as refused:
        pipeline(show(1), results="data only")
    assert "'data-only', or None" in str(refused.value)


@step(serializer=("npy", Weights, None))
def three() -> tuple[np.ndarray, Model, Any]: ...


@step(serializer="arrow")
def one() -> Any: ...


def test_consumer_knows_what_its_producer_declares() -> None:
    """Of the whole, or of the element that it gets; a class goes along with its code."""
    own = {"module": __name__, "qualname": "Weights"}
    whole = three()
    declared = {
        show(whole): ["npy", own, None],
        show(whole[0]): "npy",
        show(whole[1]): own,
        show(whole[2]): None,
        show(one()["x"]): "arrow",
        show(any_value("data")): None,
    }
    for call, expected in declared.items():
        found: Any = get_step(call)
        bundle = build_bundle(found, "show", place(found))
        with zipfile.ZipFile(io.BytesIO(bundle.data)) as archive:
            plan = json.loads(archive.read("plan.json"))
            source = [archive.read(n) for n in archive.namelist() if n.startswith("source/")]
        assert plan["kwargs"]["value"]["serializer"] == expected
        assert any(b"class Weights" in text for text in source) == (
            own in [expected, *(expected or [])]
        )


def test_data_passes(tmp_path: Path) -> None:
    """What is data is stored and read as in any pipeline."""
    execution = run_app(pipeline(show(any_value("data"))), tmp_path)
    assert execution.status == "Succeeded", execution.reason
    shown = execution.step("show").result
    assert shown == "{'auc': 0.5, 'weights': array([0, 1, 2]), 'names': ['a']}"


def test_class_of_ones_own_passes(tmp_path: Path) -> None:
    """The consumer has it in its own bundle: nothing beside the result is imported."""
    execution = run_app(pipeline(show(declared_with_class())), tmp_path)
    assert execution.status == "Succeeded", execution.reason
    assert execution.step("show").result == "Model(depth=3)"
    assert not list((tmp_path / "run" / "buckets").rglob("source"))


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("set", "there is a set at [0]['labels'] of it"),
        ("model", "Model, which can only be pickled"),
        ("objects", "there is a numpy.ndarray (its dtype is object)"),
        ("nan", "there is a float"),
        ("tuple", "there is a tuple"),
        ("keys", "there is a int at a key of it"),
    ],
)
def test_what_is_no_data_fails_the_step_that_returns_it(
    tmp_path: Path, what: str, found: str
) -> None:
    """With its type and place, before anybody could load it."""
    execution = run_app(pipeline(show(any_value(what))), tmp_path)
    reason = str(execution.step("any_value").reason)
    assert "cannot be stored as data" in reason
    assert found in reason, reason
    assert what != "set" or "part 'deep'" in reason
    assert "results='data-only'" in reason
    assert execution.step("show").status == "NotRun"
    assert not list((tmp_path / "run" / "buckets").rglob("*.pkl"))


def test_without_the_setting_the_same_is_pickled(tmp_path: Path) -> None:
    """It is a promise that one makes, not the default."""
    execution = run_app(pipeline(show(any_value("set")), results=None), tmp_path)
    assert execution.status == "Succeeded", execution.reason
