"""The tamper table: what was altered is named, and the function never runs.

Each line alters one thing that a consumer is given, by a byte or as a whole. What nobody can notice
stands at the end, as docs/explanation/security.md says it.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.functional.runtime.bundles import Outcome, make_bundle, run_bundle

RETURNS = """
import numpy
def f():
    return {{"weights": numpy.arange(4), "auc": {auc}, "words": ["a", "b"]}}
"""
MODEL = "class Model:\n    n = 3\n    def predict(self):\n        return self.n\n"
RETURNS_MODEL = "from shop import Model\ndef f():\n    return Model()\n"
RUNS = "def f(*values):\n    open('ran', 'w').close()\n    return 1\n"
LITERAL = {"kind": "literal", "value": "a literal"}
PICKLE = {"kind": "pickle", "file": "pickles/0.pkl"}


def produce(base: Path, auc: float = 0.5) -> Path:
    """Return the folder of a stored result with three parts."""
    outcome = run_bundle(base, make_bundle({"m.py": RETURNS.format(auc=auc)}, {}))
    assert outcome.code == 0, outcome.output
    return base / "model"


def consume(base: Path, channel: Path, **plan: Any) -> Outcome:
    """Run a step that gets a result."""
    node = {"kind": "result", "channel": "x", "path": [], "serializer": None, **plan}
    bundle = make_bundle({"m.py": RUNS}, {"kwargs": {}, "args": [node]})
    return run_bundle(base, bundle, channels={"x": channel})


def assert_refused(outcome: Outcome, *named: str) -> None:
    assert outcome.code != 0, outcome.output
    assert not (outcome.base / "ran").exists()
    for text in named:
        assert text in f"{outcome.failure}\n{outcome.output}"


def flip(path: Path) -> None:
    """Change the last byte."""
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


FILES = {
    "payload": ("0/value.npy", "value.npy was changed"),
    "payload of JSON": ("1/value.json", "value.json was changed"),
    "payload file": ("1/payload.json", "1/payload.json was changed"),
    "JSON view": ("results.json", "results.json was changed"),
    "lists": ("lists.json", "lists.json was changed"),
}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("how", ["byte", "whole", "gone"])
def test_upstream_result(tmp_path: Path, file: str, how: str) -> None:
    """Every file of a result is checked before the function runs."""
    name, message = FILES[file]
    model = produce(tmp_path / "p")
    if how == "byte":
        flip(model / name)
    elif how == "whole":
        (model / name).write_bytes(b'["quite", "something", "else"]')
    else:
        (model / name).unlink()
        message = Path(name).name
    assert_refused(consume(tmp_path / "c", model), "argument '1'", message)


def test_one_part_of_another_run(tmp_path: Path) -> None:
    """A part that is right in itself, but of another result, does not fit the manifest."""
    model, other = produce(tmp_path / "p"), produce(tmp_path / "q", auc=0.9)
    shutil.rmtree(model / "1")
    shutil.copytree(other / "1", model / "1")
    assert_refused(consume(tmp_path / "c", model), "1/payload.json was changed")


@pytest.mark.parametrize("how", ["byte", "whole", "malformed", "list", "large"])
def test_manifest(tmp_path: Path, how: str) -> None:
    """A manifest that does not fit its parts is refused, and so is none at all."""
    model, other = produce(tmp_path / "p"), produce(tmp_path / "q", auc=0.9)
    path = model / "manifest.json"
    if how == "byte":
        digest = json.loads(path.read_text())["parts"][1]["sha256"].encode()
        path.write_bytes(path.read_bytes().replace(digest, b"0" * 64))
    elif how == "whole":
        path.write_bytes((other / "manifest.json").read_bytes())
    else:
        texts = {"malformed": "{", "list": "[" * 100_000, "large": " " * (1 << 24) + "{}"}
        path.write_text(texts[how])
    named = "manifest.json is too large" if how == "large" else "manifest.json"
    assert_refused(consume(tmp_path / "c", model), named)


@pytest.mark.parametrize("folder", ["..", ".", "/etc", "a/b", "../x", "\0"])
def test_manifest_leads_nowhere_else(tmp_path: Path, folder: str) -> None:
    """The folders of parts are its own."""
    model = produce(tmp_path / "p")
    manifest = json.loads((model / "manifest.json").read_text())
    manifest["parts"][0]["folder"] = folder
    (model / "manifest.json").write_text(json.dumps(manifest))
    assert_refused(consume(tmp_path / "c", model), "names a folder outside its own")


def test_added_view(tmp_path: Path) -> None:
    """A JSON view beside a result that has none was not written by the producer."""
    text = "def f():\n    return {1, 2}\n"
    model = run_bundle(tmp_path / "p", make_bundle({"m.py": text}, {})).base / "model"
    (model / "results.json").write_text('{"Result": 1}')
    assert_refused(consume(tmp_path / "c", model), "results.json was added")


@pytest.mark.parametrize("how", ["byte", "added", "cached"])
def test_source_beside_a_result(tmp_path: Path, how: str) -> None:
    """The producer's classes, which the consumer would import, are checked like the rest."""
    source = {"shop.py": MODEL, "m.py": RETURNS_MODEL}
    model = run_bundle(tmp_path / "p", make_bundle(source, {})).base / "model"
    folder = model / "value" / "source"
    if how == "byte":
        flip(folder / "shop.py")
    elif how == "added":
        (folder / "sitecustomize.py").write_text("open('ran', 'w').close()")
    else:
        (folder / "__pycache__").mkdir()
        (folder / "__pycache__" / "shop.cpython-311.pyc").write_bytes(b"code")
    assert_refused(consume(tmp_path / "c", model), "source was changed")


def test_result_of_one_producer_is_read_twice(tmp_path: Path) -> None:
    """Reading leaves nothing behind that would be taken for a change."""
    source = {"shop.py": MODEL, "m.py": RETURNS_MODEL}
    model = run_bundle(tmp_path / "p", make_bundle(source, {})).base / "model"
    node = {"kind": "result", "channel": "x", "path": [], "serializer": None}
    show = "def f(a, b):\n    return [a.predict(), b.predict()]\n"
    bundle = make_bundle({"m.py": show}, {"args": [node, node]})
    outcome = run_bundle(tmp_path / "c", bundle, channels={"x": model})
    assert outcome.result == [3, 3], outcome.output
    assert not list((tmp_path / "c" / "input").rglob("__pycache__"))


def code_of(text: bytes) -> Callable[[bytes], bytes]:
    return lambda bundle: bundle.replace(text, text[:-1] + b"X")


BUNDLES: dict[str, Callable[[bytes], bytes]] = {
    "code": code_of(b"return 1"),
    "shim": code_of(b"def main()"),
    "literal": code_of(b"a literal"),
    "pickled literal": code_of(b"pickled text"),
    "plan": code_of(b'"protocol": 1'),
    "last byte": lambda bundle: bundle[:-1] + b"\1",
    "added byte": lambda bundle: bundle + b"\0",
    "whole": lambda _: make_bundle({"m.py": RUNS}, {}),
    "nothing": lambda _: b"",
}


@pytest.mark.parametrize("part", BUNDLES)
def test_code_bundle(tmp_path: Path, part: str) -> None:
    """Code and literals are one file, whose hash is in the definition."""
    files = {"pickles/0.pkl": pickle.dumps("pickled text")}
    bundle = make_bundle({"m.py": RUNS}, {"args": [LITERAL, PICKLE]}, files)
    assert run_bundle(tmp_path / "right", bundle).code == 0
    digest = hashlib.sha256(bundle).hexdigest()
    changed = BUNDLES[part](bundle)
    assert changed != bundle
    outcome = run_bundle(tmp_path / "wrong", changed, digest=digest)
    assert_refused(outcome, f"{digest}.zip: bad sha256")


def test_result_of_another_job(tmp_path: Path) -> None:
    """Among the results of iterations, each names the job in whose folder it is."""
    folder = tmp_path / "channel"
    for job in ("job-0", "job-1"):
        bundle = make_bundle({"m.py": "def f():\n    return 1\n"}, {"item": LITERAL})
        produced = run_bundle(tmp_path / job, bundle, TRAINING_JOB_NAME="job-0")
        shutil.copytree(produced.base / "model", folder / job / "output" / "model")
    outcome = consume(tmp_path / "c", folder, kind="collection")
    assert_refused(outcome, "the result of the job job-1 was stored by another: job-0")


class Harm:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> Any:
        return open, ("ran", "w")


def forge(model: Path, serializer: str = "pickle", **more: Any) -> None:
    """Replace a result by a pickle, with every hash right."""
    part = model / "value"
    shutil.rmtree(model)
    part.mkdir(parents=True)
    data = pickle.dumps(Harm())
    (part / "value.pkl").write_bytes(data)
    common = {"protocol": 1, "producer": {"job": "", "code": ""}}
    digest = hashlib.sha256(data).hexdigest()
    payload = {**common, "serializer": serializer, "file": "value.pkl", "sha256": digest, **more}
    text = json.dumps(payload).encode()
    (part / "payload.json").write_bytes(text)
    parts = [{"key": None, "folder": "value", "sha256": hashlib.sha256(text).hexdigest()}]
    manifest = {**common, "structure": "value", "parts": parts, "item": None, "views": {}}
    (model / "manifest.json").write_text(json.dumps(manifest))


READERS = [
    ("pickle", {}),
    ("joblib", {}),
    ("custom", {"reader": {"module": "shelve", "qualname": "Shelf"}}),
]


@pytest.mark.parametrize(("serializer", "more"), READERS)
@pytest.mark.parametrize("declared", ["arrow", "json", {"module": "m", "qualname": "Own"}])
def test_other_format_than_declared(
    tmp_path: Path, serializer: str, more: Any, declared: Any
) -> None:
    """A consumer loads what its producer has chosen, whatever the result says of itself."""
    model = produce(tmp_path / "p")
    forge(model, serializer, **more)
    outcome = consume(tmp_path / "c", model, serializer=declared)
    assert_refused(outcome, "must not be loaded", f"stored as {'files' if more else serializer}")


@pytest.mark.parametrize(("serializer", "more"), READERS[1:])
def test_format_that_no_type_has(tmp_path: Path, serializer: str, more: Any) -> None:
    """Where the type decides, nothing is loaded that is only ever chosen."""
    model = produce(tmp_path / "p")
    forge(model, serializer, **more)
    assert_refused(consume(tmp_path / "c", model), "must not be loaded")


@pytest.mark.parametrize(("serializer", "more"), READERS)
@pytest.mark.parametrize("part", ["", "value"])
def test_forged_pickle_where_results_are_data(
    tmp_path: Path, serializer: str, more: Any, part: str
) -> None:
    """With ``results="data-only"`` no pickle is loaded, whoever has written it."""
    model = produce(tmp_path / "p")
    forge(model, serializer, **more)
    node = {"kind": "result", "channel": "x", "path": []}
    bundle = make_bundle({"m.py": RUNS}, {"args": [node], "data_only": True})
    outcome = run_bundle(tmp_path / "c", bundle, channels={"x": model / part})
    assert_refused(outcome, "must not be loaded", "results='data-only'")


def test_all_of_a_result_replaced_is_not_noticed(tmp_path: Path) -> None:
    """Who may write the producer's whole output can put another value there: IAM has to stop them."""
    model, other = produce(tmp_path / "p"), produce(tmp_path / "q", auc=0.9)
    shutil.rmtree(model)
    shutil.copytree(other, model)
    assert consume(tmp_path / "c", model).code == 0


def test_part_replaced_is_not_noticed_by_who_gets_only_that(tmp_path: Path) -> None:
    """A part that is mounted alone comes without the manifest that knows its hash."""
    model, other = produce(tmp_path / "p"), produce(tmp_path / "q", auc=0.9)
    shutil.rmtree(model / "1")
    shutil.copytree(other / "1", model / "1")
    assert consume(tmp_path / "c", model / "1").code == 0
