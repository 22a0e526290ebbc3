"""What a step returns, from the producer's disk to the consumer's argument."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.functional.runtime.bundles import Outcome, make_bundle, run_bundle, run_function
from tests.interpreters import interpreters

SHOW = "def f(x):\n    return [type(x).__name__, repr(x)]\n"


def consume(
    base: Path, produced: Path, path: list | None = None, source: dict[str, str] | None = None
) -> Outcome:
    """Run a consumer with a channel ``x`` that holds what was produced."""
    node = {"kind": "result", "channel": "x", "path": path or []}
    bundle = make_bundle(source or {"m.py": SHOW}, {"kwargs": {"x": node}})
    return run_bundle(base, bundle, channels={"x": produced})


def returning(base: Path, expression: str, **plan: Any) -> Outcome:
    return run_function(base, f"import math, pathlib\ndef f():\n    return {expression}\n", **plan)


@pytest.mark.parametrize(
    "value",
    [
        "None",
        "True",
        "3",
        "'größe\\n'",
        "'\\ud800'",
        "1.5",
        "math.nan",
        "[1, [2, {'a': None}]]",
        "{'a': {'b': [1.5]}}",
        "{}",
        "[]",
        "()",
        "(1, 'a')",
        "[(1,), {2}]",
        "{'x': (1, 2), 'y': b'bytes'}",
        "{1: 'a', (2, 3): 'b'}",
        "{'a', 'b'} - {'b'}",
        "b'x' * 10",
        "10 ** 400",
        "1j",
        "list(range(100)) + [(1,)]",
    ],
)
def test_value_arrives_as_it_was(tmp_path: Path, value: str) -> None:
    """The consumer gets an equal value of the same types, whatever JSON can hold of it."""
    produced = returning(tmp_path / "p", value)
    assert produced.code == 0, produced.output
    consumed = consume(tmp_path / "c", tmp_path / "p" / "model")
    expected = eval(value, {"math": __import__("math")})
    assert consumed.result == [type(expected).__name__, repr(expected)]


@pytest.mark.parametrize(
    ("value", "path", "expected"),
    [
        ("{'a': [1, (2, 3)]}", ["a", 1], "(2, 3)"),
        ("({'k': 1j}, 'b')", [0, "k"], "1j"),
        ("[5, 1j]", [-1], "1j"),
        ("{'a': 1}", ["a"], "1"),
    ],
)
def test_element_of_a_whole(tmp_path: Path, value: str, path: list, expected: str) -> None:
    """Indices are applied, and only the part that the first one names is read."""
    returning(tmp_path / "p", value)
    assert consume(tmp_path / "c", tmp_path / "p" / "model", path).result[1] == expected


@pytest.mark.parametrize(
    ("value", "path", "found"),
    [
        ("{'a': 1}", ["b"], "no element 'b': it is a dict with ['a']"),
        ("(1j, 2)", [5], "no element 5"),
        ("3", [0], "no element 0: it is a int"),
    ],
)
def test_missing_element_is_named(tmp_path: Path, value: str, path: list, found: str) -> None:
    """An index that the result does not have fails the consumer with the argument's name."""
    returning(tmp_path / "p", value)
    outcome = consume(tmp_path / "c", tmp_path / "p" / "model", path)
    assert outcome.code == 1
    assert "argument 'x'" in outcome.failure
    assert found in outcome.failure


def test_declared_tuple_is_stored_by_element(tmp_path: Path) -> None:
    """Each element is a folder of its own, which a consumer mounts alone."""
    produced = returning(tmp_path / "p", "[{'a': 1}, (2, 3)]", elements=2)
    assert produced.code == 0
    assert consume(tmp_path / "c", tmp_path / "p" / "model" / "0", ["a"]).result == ["int", "1"]
    assert consume(tmp_path / "d", tmp_path / "p" / "model" / "1").result[1] == "(2, 3)"
    assert consume(tmp_path / "e", tmp_path / "p" / "model").result[1] == "({'a': 1}, (2, 3))"


@pytest.mark.parametrize("value", ["(1, 2, 3)", "1", "None"])
def test_result_that_is_not_the_declared_tuple_fails(tmp_path: Path, value: str) -> None:
    """The annotation is a promise to the consumers: the producer is held to it."""
    outcome = returning(tmp_path, value, elements=2)
    assert outcome.code == 1
    assert "annotated to return 2 values" in outcome.failure


@pytest.mark.parametrize(
    ("value", "view"),
    [
        ("{'auc': 0.9, 'model': object}", {"auc": 0.9}),
        ("{'auc': math.nan, 'n': 3}", {"n": 3}),
        ("(1, math.inf, 'a')", [1, None, "a"]),
        ("{(1, 2): 'x', 'k': 1}", {"k": 1}),
        ("[{'deep': {1, 2}}, 5]", [{}, 5]),
        ("True", True),
        ("{}", {}),
    ],
)
def test_view_holds_what_json_can(tmp_path: Path, value: str, view: object) -> None:
    """A good step never fails for its view: what JSON cannot hold is left out."""
    outcome = returning(tmp_path, value)
    assert outcome.code == 0, outcome.output
    assert outcome.result == view


@pytest.mark.parametrize(
    "value", ["b'x'", "object", "math.nan", "[object, {1}]", "list(range(200_000))", "10 ** 5000"]
)
def test_no_view_where_there_is_nothing_to_show(tmp_path: Path, value: str) -> None:
    """A result without a JSON form, or too large for one, has no view and is stored all the same."""
    outcome = returning(tmp_path, value)
    assert outcome.code == 0, outcome.output
    if value != "10 ** 5000":
        assert not outcome.has_view
    assert (tmp_path / "model" / "manifest.json").exists()


def test_circular_result_is_stored(tmp_path: Path) -> None:
    """A list that holds itself has no JSON view, and arrives."""
    text = "def f():\n    x = [1]\n    x.append(x)\n    return x\n"
    produced = run_function(tmp_path / "p", text)
    assert (produced.code, produced.has_view) == (0, False)
    show = {"m.py": "def f(x):\n    return x[1][1][0]\n"}
    assert consume(tmp_path / "c", tmp_path / "p" / "model", source=show).result == 1


def test_numpy_travels_as_npy_and_shows_as_numbers(tmp_path: Path) -> None:
    """Arrays are not pickled; scalars are numbers in the view."""
    text = (
        "import numpy as np\n"
        "def f():\n    return {'a': np.arange(4).reshape(2, 2), 'loss': np.float32(0.5), 'n': np.int64(3)}\n"
    )
    produced = run_function(tmp_path / "p", text)
    assert produced.code == 0, produced.output
    assert produced.result == {"loss": 0.5, "n": 3}
    payload = json.loads((tmp_path / "p" / "model" / "0" / "payload.json").read_text())
    assert payload["serializer"] == "npy"
    show = {"m.py": "def f(x):\n    return [x['a'].tolist(), x['loss'].dtype.name]\n"}
    assert consume(tmp_path / "c", tmp_path / "p" / "model", source=show).result == [
        [[0, 1], [2, 3]],
        "float32",
    ]


def test_buffers_inside_a_pickle_are_written_as_they_are(tmp_path: Path) -> None:
    """Pickle hands large buffers over without making bytes of them."""
    text = "import pickle\nclass B:\n    def __reduce_ex__(self, p):\n        return bytes, (pickle.PickleBuffer(b'x' * 100_000),)\ndef f():\n    return B()\n"
    for version, python in interpreters().items():
        produced = run_bundle(tmp_path / version, make_bundle({"m.py": text}, {}), python=python)
        assert produced.code == 0, produced.output
    show = {"m.py": "def f(x):\n    return [type(x).__name__, len(x)]\n"}
    outcome = consume(tmp_path / "c", tmp_path / version / "model", source=show)
    assert outcome.result == ["bytes", 100_000]


@pytest.mark.parametrize("folder", [False, True])
def test_path_is_shipped_with_what_is_there(tmp_path: Path, folder: bool) -> None:
    """A returned path is the file or folder itself; the consumer gets a path to it."""
    write = "p.mkdir(); (p / 'x.txt').write_text('hi')" if folder else "p.write_text('hi')"
    text = f"import pathlib\ndef f():\n    p = pathlib.Path('out'); {write}\n    return p\n"
    produced = run_function(tmp_path / "p", text)
    assert produced.code == 0, produced.output
    read = "(x / 'x.txt')" if folder else "x"
    show = {"m.py": f"def f(x):\n    return [x.name, {read}.read_text()]\n"}
    outcome = consume(tmp_path / "c", tmp_path / "p" / "model", source=show)
    assert outcome.result == ["out", "hi"]


def test_path_that_is_not_there_fails(tmp_path: Path) -> None:
    """A path to nothing would be found out too late by the consumer."""
    assert "nothing is there" in returning(tmp_path, "pathlib.Path('missing')").failure


MODELS = "class Model:\n    def __init__(self, n):\n        self.n = n\n    def predict(self):\n        return scale(self.n)\ndef scale(n):\n    return n * 10\n"
PRODUCER = {
    "shop/__init__.py": "",
    "shop/models.py": MODELS,
    "m.py": "from shop.models import Model\ndef f():\n    return Model(3)\n",
}


def produce_model(base: Path) -> Path:
    outcome = run_bundle(base, make_bundle(PRODUCER, {}))
    assert outcome.code == 0, outcome.output
    return base / "model"


def test_class_of_the_project_arrives_where_it_is_never_mentioned(tmp_path: Path) -> None:
    """The producer's source goes along with a pickle that needs it."""
    produced = produce_model(tmp_path / "p")
    show = {"m.py": "def f(x):\n    return [type(x).__module__, x.predict()]\n"}
    outcome = consume(tmp_path / "c", produced, source=show)
    assert outcome.result == ["shop.models", 30]


def test_class_arrives_where_its_module_is_there_in_part(tmp_path: Path) -> None:
    """Names that the consumer's own slice has stay its own; the missing ones are added."""
    produced = produce_model(tmp_path / "p")
    show = {
        "shop/__init__.py": "",
        "shop/models.py": "def scale(n):\n    return -n\n",
        "m.py": "from shop.models import scale\nimport shop.models\n"
        "def f(x):\n    return [x.predict(), scale(1), shop.models.scale is scale, "
        "shop.models.Model is type(x)]\n",
    }
    outcome = consume(tmp_path / "c", produced, source=show)
    assert outcome.result == [30, -1, True, True], outcome.output


def test_class_that_both_have_is_one_class(tmp_path: Path) -> None:
    """``isinstance`` holds between steps."""
    produced = produce_model(tmp_path / "p")
    show = {
        **PRODUCER,
        "m.py": "from shop.models import Model\ndef f(x):\n    return isinstance(x, Model)\n",
    }
    assert consume(tmp_path / "c", produced, source=show).result is True


@pytest.mark.parametrize(
    "expression",
    ["(i for i in ())", "__import__('threading').Lock()", "open(__file__ and 'm', 'w')"],
)
def test_result_that_cannot_be_stored_fails_the_step(tmp_path: Path, expression: str) -> None:
    """An unpicklable result is a failure that names its type and what to return instead."""
    outcome = returning(tmp_path, expression)
    assert outcome.code == 1
    assert "the step's result cannot be stored" in outcome.failure
    assert "return plain data" in outcome.failure
    assert not (tmp_path / "model" / "manifest.json").exists()


def test_changed_result_is_refused(tmp_path: Path) -> None:
    """A payload that is not what was written is refused before it is read."""
    returning(tmp_path / "p", "{1, 2}")
    stored = tmp_path / "p" / "model" / "value" / "value.pkl"
    stored.write_bytes(stored.read_bytes() + b".")
    outcome = consume(tmp_path / "c", tmp_path / "p" / "model")
    assert outcome.code == 1
    assert "was changed after it was written" in outcome.failure


def test_payload_cannot_name_files_outside_its_folder(tmp_path: Path) -> None:
    """A forged payload does not lead the consumer elsewhere."""
    returning(tmp_path / "p", "1")
    payload = tmp_path / "p" / "model" / "value" / "payload.json"
    payload.write_text(json.dumps({**json.loads(payload.read_text()), "file": "../../../secret"}))
    outcome = consume(tmp_path / "c", payload.parent)
    assert "outside its folder" in outcome.failure


def test_empty_channel_is_named(tmp_path: Path) -> None:
    """A channel without a result says so."""
    (tmp_path / "nothing").mkdir()
    assert "holds no step's result" in consume(tmp_path / "c", tmp_path / "nothing").failure
